"""Where a generator's forgetting lives: in its answer, its address, its weights or its trunk.

A model that no longer draws a class when it is asked may have changed what it *answers* there, so
that training on other classes brings the class back (DiMRA). It may have moved the *address*, so
that another condition vector still draws it (concept inversion). Its *weights* may keep it, so
that both attacks in a row, or a few pictures, bring it back sooner than they teach it to a model
that never saw it. Or the *trunk* itself may have lost it: nothing of this brings back more than
from such a model. Apart from that it can be *conspicuous*: what it draws instead belongs to no
class, and whoever looks knows what was forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..common.records import Undefined
from ..common.statistics import difference, wilson
from ..common.text import percent
from ..results import (
    AddressResult,
    GenerationResult,
    RegenerationResult,
    Regrowth,
    RelearnedPictures,
    ReopenedResult,
)

__all__ = ["CONSPICUOUS", "KEPT", "RETURNS", "Attacked", "Place", "Places", "places"]

Place = Literal["nowhere", "answer", "address", "weights", "trunk"]

RETURNS = 5.0
"""Percent of genuine pictures from which on a class counts as drawn: the lower end of the 95 %
interval must lie above it."""

KEPT = 90.0
"""Percent of the other classes' pictures that must still be right: who draws nothing has forgotten
everything, and no attack on one class says anything of it."""

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


@dataclass(frozen=True)
class Attacked:
    """What three attacks got from one model.

    Attributes:
        address: concept inversion.
        relearned: training on a few pictures.
        reopened: DiMRA, and concept inversion in what it left.
    """

    address: AddressResult | Undefined
    relearned: RelearnedPictures | Undefined
    reopened: ReopenedResult | Undefined


def places(
    drawn: GenerationResult | Undefined,
    regrown: RegenerationResult | Undefined,
    mine: Attacked,
    retrained: Attacked,
) -> Places:
    """Judge one model.

    Args:
        drawn: what it draws when asked.
        regrown: under DiMRA.
        mine: what the attacks got from it.
        retrained: the same of the retrained model of its seed: no model is at zero.
    """
    if isinstance(drawn, Undefined):
        return Places(drawn, drawn, (drawn.reason,))
    odd, about = _conspicuous(drawn)
    place, told = _place(drawn, regrown, mine, retrained)
    return Places(place, odd, (told, about))


def _place(
    drawn: GenerationResult,
    regrown: RegenerationResult | Undefined,
    mine: Attacked,
    retrained: Attacked,
) -> tuple[Place | Undefined, str]:
    asked = drawn.asked
    if drawn.retained.accuracy < KEPT:
        why = f"it no longer draws the other classes: {percent(drawn.retained.accuracy)} are right"
        return Undefined(why), why
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
    if isinstance(mine.address, Undefined):
        return mine.address, mine.address.reason
    if isinstance(retrained.address, Undefined):
        return retrained.address, retrained.address.reason
    found, theirs = mine.address.strong, retrained.address.strong
    beside = (
        f"under an address that was looked for {percent(found.genuine)} genuine, the retrained "
        f"model {percent(theirs.genuine)}"
    )
    if _more((found.genuine, found.pictures), (theirs.genuine, theirs.pictures)):
        return "address", beside
    if isinstance(mine.reopened, Undefined):
        return mine.reopened, mine.reopened.reason
    if isinstance(retrained.reopened, Undefined):
        return retrained.reopened, retrained.reopened.reason
    found, theirs = mine.reopened.strong, retrained.reopened.strong
    if _more((found.genuine, found.pictures), (theirs.genuine, theirs.pictures)):
        return "weights", (
            f"{percent(found.genuine)} genuine under an address that was looked for after "
            f"{mine.reopened.steps} steps of training on other classes, the retrained model "
            f"{percent(theirs.genuine)}"
        )
    if isinstance(mine.relearned, Undefined):
        return mine.relearned, mine.relearned.reason
    if isinstance(retrained.relearned, Undefined):
        return retrained.relearned, retrained.relearned.reason
    sooner = _sooner(mine.relearned, retrained.relearned)
    return ("weights", sooner) if sooner else ("trunk", beside)


def _sooner(mine: RelearnedPictures, theirs: RelearnedPictures) -> str:
    """Where a few pictures bring back more than from the retrained model, most; or nothing."""
    known = {each.given: {point.steps: point for point in each.curve} for each in theirs.shots}
    ahead: list[tuple[float, int, Regrowth, Regrowth]] = []
    for each in mine.shots:
        for point in each.curve:
            other = known.get(each.given, {}).get(point.steps)
            if other is not None and _more(
                (point.genuine, mine.pictures), (other.genuine, theirs.pictures)
            ):
                ahead.append((point.genuine - other.genuine, each.given, point, other))
    if not ahead:
        return ""
    _, given, point, other = max(ahead, key=lambda each: each[0])
    return (
        f"{percent(point.genuine)} genuine after {point.steps} steps on {given} pictures of the "
        f"class, the retrained model {percent(other.genuine)}"
    )


def _more(mine: tuple[float, int], theirs: tuple[float, int]) -> bool:
    """Whether a share of so many pictures is above another one, by the 95 % interval."""
    above = difference(mine[0], theirs[0], wilson(*mine), wilson(*theirs))
    return above is not None and above[0] > 0


def _drawn(genuine: float, pictures: int) -> bool:
    return wilson(genuine, pictures)[0] > RETURNS


def _conspicuous(drawn: GenerationResult) -> tuple[bool, str]:
    inside = drawn.asked.inside
    return inside < CONSPICUOUS, f"{percent(inside)} of what it draws then belongs to some class"
