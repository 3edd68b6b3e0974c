"""What is known of every sample of the probe set, in numbers about all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record, Undefined

__all__ = ["CoincidentGroup", "SamplesResult"]


@dataclass(frozen=True)
class CoincidentGroup(Record):
    """Samples of the probe set whose features are too near to be drawn apart.

    Attributes:
        count: how many.
        forgotten: how many of them are to be forgotten.
        shares: part of them by true class, by the class's number.
        width: root mean square distance to their mean, over that of all kept samples.
    """

    count: int
    forgotten: int
    shares: Mapping[str, float]
    width: float | Undefined


@dataclass(frozen=True)
class SamplesResult(Record, reasons="table"):
    """What the arrays in `samples.npz` are in units of, and what they amount to.

    Attributes:
        radius: median class radius of the probe set in this model's feature space: of the kept
            classes, or of all classes' kept samples where single samples are forgotten.
            Of a model that diverged there are no arrays, and this says so.
        groups: those of coincident samples, in the order of their numbers in the array `groups`.
        member_limit: membership score that one in twenty samples reaches that the model never saw.
    """

    radius: float | Undefined
    groups: tuple[CoincidentGroup, ...] = ()
    member_limit: float | Undefined | None = None
