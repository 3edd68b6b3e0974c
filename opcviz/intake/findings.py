"""What a look at a brought model found; needs no torch to be read."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.ranges import Percent
from ..common.records import Record

__all__ = ["Sanity", "Trial"]


@dataclass(frozen=True)
class Trial(Record):
    """How a model answers its own data when they are prepared in one way.

    Attributes:
        architecture: as which the weights were read.
        preparation: how the pictures were normalised, in words.
        mean, std: the same in numbers, one a channel, for pictures in [0, 1].
        reversed_channels: the network was given blue, green, red in place of red, green, blue.
        accuracy: percent of the samples.
        samples: looked at.
    """

    architecture: str
    preparation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    reversed_channels: bool
    accuracy: Percent
    samples: int


@dataclass(frozen=True)
class Sanity(Record):
    """Whether a model that was brought answers the data that it is said to have learnt.

    Attributes:
        chance: percent right of an answer that is the most frequent class.
        expected: as the model would be used without this look.
        best: as it answers best.
        trials: all, the most accurate first; those of few samples only tell where to look.
        matched: percent right of `best` if its classes are renumbered as suits other samples best.
        labels: the class of the data for each output of the network, where only a renumbering makes
            it right; None where the order is as it should be.
        warnings: what looks wrong and the likely cause, a sentence each.
    """

    chance: Percent
    expected: Trial
    best: Trial
    trials: tuple[Trial, ...]
    matched: Percent
    labels: tuple[int, ...] | None
    warnings: tuple[str, ...]
