"""Rows of the table of measures about generators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ...common.records import Record, Undefined
from ...common.text import percent
from ...results import (
    AddressResult,
    DoseResult,
    GenerationResult,
    HeldOutLoss,
    RegenerationResult,
    Regrowth,
    RelearnedPictures,
    ReopenedResult,
)
from ..rows import Row

if TYPE_CHECKING:
    from ..model_results import ModelResults

__all__ = [
    "ADDRESS_ROWS",
    "DOSE_ROWS",
    "DRAWN_ROWS",
    "REGROWN_ROWS",
    "RELEARNED_ROWS",
    "REOPENED_ROWS",
    "worst_of",
]

R = TypeVar("R", bound=Record)

ASKED, KEPT, BACK = "Forgotten class", "Kept classes", "Brought back"
JUDGED_ALONE = "by the judge alone, which must not be trusted with noise: read it beside genuine"
MEMORY = "above the retrained model it was not forgotten"


def _row(
    group: str, name: str, read: str, record: type[R], value: Callable[[R], str | Undefined | None]
) -> Row:
    def cell(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(record)
        told = found if isinstance(found, Undefined) else value(found)
        return told.reason if isinstance(told, Undefined) else told

    return Row(group, name, read, cell)


def worst_of(curve: Sequence[Regrowth]) -> Regrowth:
    """The point of an attack at which most is judged to be of the class: attackers stop there.

    Args:
        curve: by steps of the attack, at least one point.
    """
    return max(curve, key=lambda point: (point.judged, point.genuine))


def _at_worst(point: Regrowth) -> str:
    genuine = percent(point.genuine)
    return f"{percent(point.judged)}, genuine {genuine}, after {point.steps:,} steps"


def _held_out(found: GenerationResult, value: Callable[[HeldOutLoss], float]) -> str | Undefined:
    loss = found.held_out
    return loss if isinstance(loss, Undefined) else f"{value(loss):.3f}"


def _quality(name: str, read: str, value: Callable[[GenerationResult], str]) -> Row:
    return _row(KEPT, name, read, GenerationResult, value)


def _unseen(value: float | Undefined) -> str:
    return "" if isinstance(value, Undefined) else f", of unseen pictures {value:.2f}"


DRAWN_ROWS = (
    _row(
        ASKED,
        "asked, judged",
        f"pictures asked for the class that the judge says show it, {JUDGED_ALONE}",
        GenerationResult,
        lambda found: percent(found.asked.judged),
    ),
    _row(
        ASKED,
        "asked, genuine",
        f"of these, what lies among the real pictures of the class; {MEMORY}",
        GenerationResult,
        lambda found: percent(found.asked.genuine),
    ),
    _row(
        ASKED,
        "asked, like any class",
        "how many are genuine pictures of whatever they show: where few are, anybody sees that "
        "something was done to the model",
        GenerationResult,
        lambda found: percent(found.asked.inside),
    ),
    _row(
        ASKED,
        "without a condition, judged",
        f"pictures asked for nothing that the judge says show the class, {JUDGED_ALONE}",
        GenerationResult,
        lambda found: percent(found.unconditional.judged),
    ),
    _row(
        ASKED,
        "without a condition, genuine",
        f"of these, what lies among the real pictures of the class; {MEMORY}",
        GenerationResult,
        lambda found: percent(found.unconditional.genuine),
    ),
    _row(
        ASKED,
        "variety of what is asked for",
        "mean distance between two pictures asked for the class, pixels from -1 to 1",
        GenerationResult,
        lambda found: f"{found.diversity:.2f}",
    ),
    _row(
        ASKED,
        "denoising loss, own condition",
        "on real unseen pictures of the class under its own condition: low, where it is known",
        GenerationResult,
        lambda found: _held_out(found, lambda loss: loss.own),
    ),
    _row(
        ASKED,
        "denoising loss, no condition",
        "the same under the empty condition",
        GenerationResult,
        lambda found: _held_out(found, lambda loss: loss.null),
    ),
    _quality(
        "asked for another class, right",
        "pictures of every other class that the judge says show it",
        lambda found: percent(found.retained.accuracy),
    ),
    _quality(
        "Fréchet distance",
        "between drawn and real pictures of the other classes, in what the judge sees of them: 0 "
        "where both are spread alike. It has no unit: that of unseen pictures is the measure",
        lambda found: f"{found.retained.frechet:.2f}" + _unseen(found.retained.frechet_unseen),
    ),
    _quality(
        "precision",
        "share of drawn pictures that lie among the real ones: how good they are",
        lambda found: f"{found.retained.precision:.2f}",
    ),
    _quality(
        "recall",
        "share of real pictures that lie among the drawn ones: how varied these are",
        lambda found: f"{found.retained.recall:.2f}",
    ),
    _quality(
        "nearest training picture",
        "mean distance from a drawn picture to the nearest one it was trained on; real unseen "
        "pictures are the measure: far below them speaks of copies",
        lambda found: f"{found.retained.nearest:.2f}" + _unseen(found.retained.nearest_unseen),
    ),
)

REGROWN_ROWS = (
    _row(
        BACK,
        "trained on without it, judged",
        f"the most that came back by training on with the other classes (DiMRA), {JUDGED_ALONE}",
        RegenerationResult,
        lambda found: f"{percent(found.worst.judged)}, after {found.worst.steps:,} steps",
    ),
    _row(
        BACK,
        "trained on without it, genuine",
        f"of these, what lies among the real pictures of the class; {MEMORY}",
        RegenerationResult,
        lambda found: percent(found.worst.genuine),
    ),
)

ADDRESS_ROWS = (
    _row(
        BACK,
        "another condition, judged",
        "drawn under the condition that the strong search found (concept inversion), "
        f"{JUDGED_ALONE}",
        AddressResult,
        lambda found: percent(found.strong.judged),
    ),
    _row(
        BACK,
        "another condition, genuine",
        f"of these, what lies among the real pictures of the class; {MEMORY}",
        AddressResult,
        lambda found: (
            f"{percent(found.strong.genuine)}, quick search {percent(found.quick.genuine)}"
        ),
    ),
)

REOPENED_ROWS = (
    _row(
        BACK,
        "trained on, then another condition, genuine",
        "trained on without the class for a few steps (DiMRA), then drawn under the condition that "
        f"the strong search found; {MEMORY}",
        ReopenedResult,
        lambda found: (
            f"{percent(found.strong.genuine)}, judged {percent(found.strong.judged)}, after "
            f"{found.steps:,} steps"
        ),
    ),
)

RELEARNED_ROWS = (
    _row(
        BACK,
        "from a few pictures of it, genuine",
        "after the last step of training on the fewest pictures of the class: the retrained model "
        "learns it so, too",
        RelearnedPictures,
        lambda found: (
            f"{percent(found.shots[0].curve[-1].genuine)}, from {found.shots[0].given} pictures"
            if found.shots
            else None
        ),
    ),
)

DOSE_ROWS = (
    _row(
        BACK,
        "stopped early, judged",
        "the method stopped when it first looks forgotten, and then trained on without the class: "
        "the most that comes back at any step, the fairest figure to compare methods by",
        DoseResult,
        lambda found: (
            found.matched
            if isinstance(found.matched, Undefined)
            else _at_worst(worst_of(found.matched.curve))
        ),
    ),
)
