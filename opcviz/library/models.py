"""Trained models: training one, bringing one, unlearning."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from ..attacks.inversion import flushed_denormals
from ..common.bars import bar
from ..common.config import ConfigError
from ..common.devices import fitting_threads
from ..common.plugins import loader
from ..common.progress import Progress
from ..data import Images, Split
from ..methods import Method, NotDefined, Request, create
from ..methods import list_methods as registered_methods
from ..models import Architecture, Classifier
from ..study.trainer import RETRAINED_SEED_OFFSET
from ..tasks import get_task
from ..tasks.classification import ModelOutputs
from ..training import Outcome, Training

__all__ = ["Model", "list_methods", "observe", "train", "unlearn", "wrap"]

Maker = Callable[[], nn.Module]


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A trained network with what is known of its training; `train`, `wrap` and `unlearn` make it.

    Attributes:
        network: the classifier, in eval mode, on the device of its data. Takes samples as the data
            set gives them (pictures in [0, 1]) and has `head`, `features(x)`, `activations(x)`;
            `network.net` is your own module.
        title: what made it: "Original", or the unlearning method's title.
        method: registered name of what made it, `own` of a wrapped one.
        fresh: from a seed to a newly initialised network, or None where nobody said how.
        training: how the original was trained.
        seed: of everything random.
        outcome: `status` (finished or diverged), `gradients` evaluated, `seconds`.

    Example:
        >>> original
        Model(Original, seed 0, finished after 23 steps)
        >>> original.network.head
        Linear(in_features=64, out_features=10, bias=True)
    """

    network: Classifier
    title: str
    training: Training
    seed: int
    outcome: Outcome
    method: str
    fresh: Callable[[int], Classifier] | None

    def __repr__(self) -> str:
        ended = f"{self.outcome.status} after {self.outcome.step} steps"
        return f"Model({self.title}, seed {self.seed}, {ended})"


def train(
    data: Images,
    architecture: str | Architecture | Maker = "resnet8",
    *,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: object,
) -> Model:
    """Train a network on a whole data set: the original model.

    Args:
        data: the data set.
        architecture: `resnet8`, `resnet20`, `resnet18`, `torchvision:NAME`, an
            `opcviz.models.Architecture`, or what makes a network of your own: its class, or a
            function without arguments. Its last step must be an `nn.Linear`; samples come
            normalised to mean 0 and deviation 1 by channel.
        seed: of the initial weights, the order and the augmentation.
        progress: a progress bar; False for none, or a `Progress` that is told the steps.
        **settings: `epochs`, `lr`, `batch_size`, `optimizer`, `schedule`, `augment` and the rest of
            `opcviz.training.Training`, whose defaults these are.

    Raises:
        ConfigError: for an unknown architecture or setting, or a network that does not fit.

    Example:
        >>> opcviz.train(data, "resnet8", epochs=1, lr=0.05, progress=False)
        Model(Original, seed 0, finished after 23 steps)
    """
    training = Training.from_dict(settings)
    fresh = _maker(data, architecture)
    network, outcome = _ask(
        create("original"), data, _nothing(data), None, fresh, training, seed, "training", progress
    )
    return Model(network, "Original", training, seed, outcome, "original", fresh)


def wrap(
    net: nn.Module,
    data: Images,
    *,
    fresh: Maker | None = None,
    mean: Tensor | None = None,
    std: Tensor | None = None,
    title: str = "Original",
    seed: int = 0,
    **settings: object,
) -> Model:
    """A trained network of your own; it is copied and never changed.

    As the original it can be unlearned; as what somebody else's unlearning left it can be attacked.

    Args:
        net: any module whose last step is an `nn.Linear`; it is given samples as the data set has
            them, bytes as floats in [0, 1].
        data: the data set that it was trained on.
        fresh: makes a newly initialised network of the same kind, its class for example; wanted by
            methods that start anew (`retrain`).
        mean, std: (channels,) that the samples are normalised with before they reach the network;
            none: they are not.
        title: its name in messages.
        seed: of everything random in what is made of it.
        **settings: how it was trained, see `train`: some methods train the same way.

    Raises:
        ConfigError: for a network that does not fit the samples or has no linear head.

    Example:
        >>> from torch import nn
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        >>> opcviz.wrap(net, data, epochs=5)
        Model(Original, seed 0, finished after 0 steps)
    """

    def classifier(module: nn.Module) -> Classifier:
        return _classifier(module, data, mean, std)

    training = Training.from_dict(settings)
    network = classifier(copy.deepcopy(net)).eval().requires_grad_(True)
    maker = None if fresh is None else _seeded(fresh, classifier)
    return Model(network, title, training, seed, Outcome(), "own", maker)


def unlearn(
    original: Model,
    data: Images,
    split: Split,
    method: str | Method = "opc",
    *,
    seed: int | None = None,
    progress: bool | Progress = True,
    **settings: object,
) -> Model:
    """Make the model forget; the original is left as it was.

    A run that diverges is a result, too: see `outcome.status`.

    Args:
        original: the trained model.
        data: the data set that it was trained on.
        split: what is to be forgotten.
        method: a name that `list_methods` gives, or a method made before. `retrain` trains anew
            without the forget data: what unlearning is compared with.
        seed: of everything random; the original's unless given.
        progress: a progress bar; False for none, or a `Progress` that is told the steps.
        **settings: of the method, in place of those tuned for the data set where there are (today
            for digits), else of the paper's; `opcviz.methods.get_method(name)` lists them.

    Raises:
        ConfigError: for an unknown method or setting; the known ones are listed.
        NotDefined: when the method cannot forget what is asked, or needs what is not there.

    Example:
        >>> opcviz.unlearn(original, data, split, "rl", epochs=1, progress=False)
        Model(Random labels, seed 0, finished after 8 steps)
        >>> opcviz.unlearn(original, data, split, "amnesia")
        Traceback (most recent call last):
        ...
        opcviz.common.config.ConfigError: no method is called 'amnesia'; there are: ...
    """
    own_files()
    if isinstance(method, str):
        method = create(method, dataset=data.name, scenario=split.forgets, **settings)
    elif settings:
        method = method.replace(**settings)
    title = method.info.title
    chosen = original.seed if seed is None else seed
    network, outcome = _ask(
        method,
        data,
        split,
        original.network,
        original.fresh,
        original.training,
        chosen,
        title,
        progress,
    )
    return Model(
        network, title, original.training, chosen, outcome, method.info.name, original.fresh
    )


def list_methods() -> list[str]:
    """Names of all unlearning methods, the references `original` and `retrain` first.

    Methods of your own count, see `OPCVIZ_PLUGINS` in the README.

    Example:
        >>> methods = opcviz.list_methods()
        >>> methods[:2], "opc" in methods, "salun" in methods
        (['original', 'retrain'], True, True)
    """
    own_files()
    return [cls.info.name for cls in registered_methods()]


def observe(model: Model, data: Images, *, progress: bool | Progress = True) -> ModelOutputs:
    """Features and logits of every sample: what attacks and maps start from.

    Args:
        model: the model, in eval mode, in full precision.
        data: the data set.
        progress: a progress bar; False for none.

    Returns:
        `train` and `test`, each with `features` (N, d), the input of the last linear layer,
        `logits` (N, C) and `labels` (N,).

    Example:
        >>> outputs = opcviz.observe(original, data, progress=False)
        >>> outputs.train.features.shape, outputs.test.logits.shape
        (torch.Size([1437, 64]), torch.Size([360, 10]))
    """
    with working(f"observing {model.title}", model.network, data, progress) as told:
        found = get_task("classification").observe(model.network, data, progress=told)
    return cast(ModelOutputs, found)


@contextmanager
def working(
    title: str, network: nn.Module, data: Images, shown: bool | Progress
) -> Iterator[Progress]:
    """A bar, with as many threads as the network can use and no denormal numbers."""
    positions = max(math.prod(data.shape[1:]), getattr(network, "resize", 0) ** 2)
    with fitting_threads(network, positions), flushed_denormals(), bar(title, shown) as told:
        yield told


def _ask(
    method: Method,
    data: Images,
    split: Split,
    original: Classifier | None,
    fresh: Callable[[int], Classifier] | None,
    training: Training,
    seed: int,
    title: str,
    progress: bool | Progress,
) -> tuple[Classifier, Outcome]:
    """Put the request to the method, as a study does."""
    start = seed if original is None else seed + RETRAINED_SEED_OFFSET

    def new() -> Classifier:
        if fresh is None:
            raise NotDefined(
                f"method '{method.info.name}' starts from new weights: tell wrap() how a new "
                "network is made, as in wrap(net, data, fresh=MyNet)"
            )
        return fresh(start)

    shape_giver = original if original is not None else new()
    with working(title, shape_giver, data, progress) as told:
        network, outcome = method.unlearn(
            Request(
                task=get_task("classification"),
                data=data,
                split=split,
                original=original,
                fresh=new,
                training=training,
                seed=seed,
                progress=told,
            )
        )
    return network.eval(), outcome


def _maker(data: Images, architecture: str | Architecture | Maker) -> Callable[[int], Classifier]:
    """From a seed to a new classifier."""
    if isinstance(architecture, nn.Module):
        raise ConfigError(
            f"architecture is a {type(architecture).__name__} whose weights are made already; give "
            "what makes one (its class, or a function), or wrap() it if it is trained"
        )
    if isinstance(architecture, str):
        architecture = Architecture(architecture)
    if isinstance(architecture, Architecture):
        spec, task = architecture, get_task("classification")
        return lambda seed: cast(Classifier, task.build(spec, data, seed))
    return _seeded(architecture, lambda net: _classifier(net, data, *data.mean_std()))


def _seeded(
    make: Maker, classifier: Callable[[nn.Module], Classifier]
) -> Callable[[int], Classifier]:
    def fresh(seed: int) -> Classifier:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return classifier(make())

    return fresh


def _classifier(
    net: nn.Module, data: Images, mean: Tensor | None, std: Tensor | None
) -> Classifier:
    channels = data.shape[0]
    mean = torch.zeros(channels) if mean is None else torch.as_tensor(mean).cpu()
    std = torch.ones(channels) if std is None else torch.as_tensor(std).cpu()
    network = Classifier(net.cpu(), mean, std, data.shape).to(data.device)
    if network.classes != data.classes:
        raise ConfigError(
            f"{type(net).__name__} answers {network.classes} classes, and {data.name} has "
            f"{data.classes}"
        )
    return network


def _nothing(data: Images) -> Split:
    """Nothing is forgotten: what the original is trained on."""
    none = torch.empty(0, dtype=torch.int64, device=data.device)
    train, test = (torch.arange(len(y), device=data.device) for y in (data.y_train, data.y_test))
    return Split(none, train, none, test)


def own_files() -> None:
    """Load a user's own methods; what is wrong with one is a warning."""
    for refused in loader.load():
        warnings.warn(str(refused), stacklevel=3)
