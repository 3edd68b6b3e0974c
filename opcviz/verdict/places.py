"""Where a generator's forgetting lives: in its answer, in its address, or in its trunk.

A model that no longer draws a class when it is asked may have changed what it *answers* there, so
that training on other classes brings the class back (DiMRA). It may have moved the *address*, so
that another condition vector still draws it (concept inversion). Or the *trunk* itself may have
lost it: neither brings back more than from a model that never saw the class. Apart from that it
can be *conspicuous*: what it draws instead belongs to no class, and whoever looks knows what was
forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..common.records import Undefined
from ..common.statistics import difference, wilson
from ..common.text import percent
from ..results import AddressResult, GenerationResult, RegenerationResult

__all__ = ["CONSPICUOUS", "RETURNS", "Place", "Places", "places"]

Place = Literal["nowhere", "answer", "address", "trunk"]

RETURNS = 5.0
"""Percent of genuine pictures from which on a class counts as drawn: the lower end of the 95 %
interval must lie above it."""

CONSPICUOUS = 50.0
"""Percent of the asked pictures that must belong to some class for nobody to notice."""


@dataclass(frozen=True)
class Places:
    """Where forgetting lives, with the figures that say so.

    Attributes:
        place: the deepest that no attack here reached; `nowhere` where the class is still drawn.
        conspicuous: whether what is drawn instead belongs to no class.
        told: a sentence for each finding, the deciding one first.
    """

    place: Place | Undefined
    conspicuous: bool | Undefined
    told: tuple[str, ...]


def places(
    drawn: GenerationResult | Undefined,
    regrown: RegenerationResult | Undefined,
    address: AddressResult | Undefined,
    retrained: AddressResult | Undefined,
) -> Places:
    """Judge one model.

    Args:
        drawn: what it draws when asked.
        regrown: under DiMRA.
        address: under concept inversion.
        retrained: concept inversion of the retrained model of its seed: no model is at zero.
    """
    if isinstance(drawn, Undefined):
        return Places(drawn, drawn, (drawn.reason,))
    odd, about = _conspicuous(drawn)
    place, told = _place(drawn, regrown, address, retrained)
    return Places(place, odd, (told, about))


def _place(
    drawn: GenerationResult,
    regrown: RegenerationResult | Undefined,
    address: AddressResult | Undefined,
    retrained: AddressResult | Undefined,
) -> tuple[Place | Undefined, str]:
    asked = drawn.asked
    if _drawn(asked.genuine, asked.pictures):
        return "nowhere", f"asked for the class it still draws it: {percent(asked.genuine)} genuine"
    if isinstance(regrown, Undefined):
        return regrown, regrown.reason
    worst = regrown.worst
    if _drawn(worst.genuine, regrown.pictures):
        return "answer", (
            f"{percent(worst.genuine)} genuine again after {worst.steps} steps of training on "
            "other classes"
        )
    if isinstance(address, Undefined):
        return address, address.reason
    if isinstance(retrained, Undefined):
        return retrained, retrained.reason
    mine, theirs = address.strong, retrained.strong
    of_mine, of_theirs = (wilson(each.genuine, each.pictures) for each in (mine, theirs))
    above = difference(mine.genuine, theirs.genuine, of_mine, of_theirs)
    beside = (
        f"under an address that was looked for {percent(mine.genuine)} genuine, the retrained "
        f"model {percent(theirs.genuine)}"
    )
    return ("address" if above and above[0] > 0 else "trunk"), beside


def _drawn(genuine: float, pictures: int) -> bool:
    return wilson(genuine, pictures)[0] > RETURNS


def _conspicuous(drawn: GenerationResult) -> tuple[bool, str]:
    inside = drawn.asked.inside
    return inside < CONSPICUOUS, f"{percent(inside)} of what it draws then belongs to some class"
