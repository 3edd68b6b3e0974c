"""Architectures, the body|head split, and safe checkpoint files."""

from .architectures import Architecture, build_network, list_architectures
from .checkpoint import CheckpointError, load_weights, save_weights
from .classifier import Classifier, Taps

__all__ = [
    "Architecture",
    "CheckpointError",
    "Classifier",
    "Taps",
    "build_classifier",
    "build_network",
    "list_architectures",
    "load_weights",
    "save_weights",
]


def build_classifier(spec: Architecture, images, seed: int) -> Classifier:
    """A freshly initialised `Classifier` for a data set, the same for the same seed.

    Args:
        spec: which network.
        images: an `opcviz.data.Images`; gives shape, classes and pixel statistics.
        seed: of the initial weights; torch's global generator is left as it was.

    Raises:
        ConfigError: if the name is unknown or the network does not fit the pictures.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build_network(spec, images.shape[0], images.classes)
    mean, std = (value.cpu() for value in images.mean_std())
    return Classifier(net, mean, std, images.shape, spec.resize).to(images.x_train.device)
