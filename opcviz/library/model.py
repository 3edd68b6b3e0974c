"""A trained model in hand, and how work on it begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import nn

from ..attacks.inversion import flushed_denormals
from ..common.bars import bar
from ..common.devices import fitting_threads
from ..common.progress import Progress
from ..data import DataIdentity, Images, Split
from ..models import BodyHead
from ..training import Outcome, Training
from .checks import check_same_data, check_split, instance

__all__ = ["Model", "check_model", "check_models", "examining", "working"]


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
        trained_on: which data set: its name, the shape of its samples and its digest.

    Example:
        >>> original
        Model(Original, seed 0, finished after 23 steps)
        >>> original.network.head
        Linear(in_features=64, out_features=10, bias=True)
    """

    network: BodyHead
    title: str
    training: Training
    seed: int
    outcome: Outcome
    method: str
    fresh: Callable[[int], BodyHead] | None
    trained_on: DataIdentity

    def __repr__(self) -> str:
        ended = f"{self.outcome.status} after {self.outcome.step} steps"
        return f"Model({self.title}, seed {self.seed}, {ended})"


@contextmanager
def examining(
    doing: str, data: Images, split: Split, progress: bool | Progress, **models: Model
) -> Iterator[Progress]:
    """Begin to examine a model: what was given is checked, and a bar shows what is being done.

    Args:
        doing: what is done to the model, as in "recovering from" (OPC).
        data, split: what it is examined with.
        progress: see `opcviz.common.bars.bar`.
        **models: `model`, and the others that take part, by the names of their arguments.

    Raises:
        DataError: for a split or a model of another data set.
        TypeError: for an argument of another type.
    """
    check_models(data, split, **models)
    model = models["model"]
    with working(f"{doing} {model.title}", model.network, data, progress) as told:
        yield told


def check_models(data: Images, split: Split, **models: Model) -> None:
    """That a split and models, by the names of their arguments, are all of these data.

    Raises:
        DataError: naming the one that is of another data set, and both sets.
        TypeError: for an argument of another type.
    """
    check_split(data, split)
    for name, model in models.items():
        check_model(name, model)
        check_same_data(name, model.trained_on, data)


def check_model(name: str, model: Model) -> None:
    """That it is a model of this library.

    Raises:
        TypeError: when it is something else, a network without its story for example.
    """
    instance(name, model, Model, "a Model that train(), wrap() or unlearn() gives")


@contextmanager
def working(
    title: str, network: nn.Module, data: Images, shown: bool | Progress
) -> Iterator[Progress]:
    """A bar, with as many threads as the network can use and no denormal numbers."""
    positions = max(math.prod(data.shape[1:]), getattr(network, "resize", 0) ** 2)
    with fitting_threads(network, positions), flushed_denormals(), bar(title, shown) as told:
        yield told
