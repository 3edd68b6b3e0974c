"""Architectures, the body|head split, and safe checkpoint files."""

from .architectures import Architecture, build_network, list_architectures
from .checkpoint import CheckpointError, load_weights, save_weights
from .classifier import Activations, Classifier, build_classifier

__all__ = [
    "Activations",
    "Architecture",
    "CheckpointError",
    "Classifier",
    "build_classifier",
    "build_network",
    "list_architectures",
    "load_weights",
    "save_weights",
]
