"""Whether a model of records forgot, or only answers otherwise: its worst case, not its first look.

A model may err as the retrained model does when it is asked, and err no more after some training on
retained records (DiMRA): then what it forgot lives in its *answer* alone, and returns. The word for
a model is that of the worst point that the attack led to. The retrained model is given the same
attack beside: what returns there, too, the retained records tell anybody.

Both borders are for intervals, not for points: a model is called by what it says at once only where
the whole interval of its F lies below, and it returns only where that under the attack does. F is
measured by arrivals of S: that something returns says nothing of amplitudes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..common.records import Undefined, defined
from ..results import (
    ForgettingResult,
    ForgettingWord,
    WaveformRegrowth,
    WaveformRegrowthResult,
)

__all__ = ["AS_RETRAINED", "OVER", "RETURNED", "Returning", "returning"]

Place = Literal["nowhere", "answer", "stays"]
Word = ForgettingWord | Literal["returns"]
RETURNED: Literal["returns"] = "returns"
"""What is called so under the attack, whatever F says at once."""

AS_RETRAINED = 0.7
"""F from which on a model errs as the retrained one: what `as retrained` asks. Another draw of the
noise moves F by 0.1 and more, so no interval is asked to lie above."""
OVER = 2.0
"""F above which the error grew more than twice as much as the retrained model's."""


@dataclass(frozen=True)
class Returning:
    """What a model is called, with the figures that say so.

    Attributes:
        place: where its forgetting lives: `nowhere` (asked at once it clearly errs less than the
            retrained model), in the `answer` (training on brings it back), or it `stays` under the
            attack that was made.
        word: in a word: `returns`, or what F at once is called.
        at_once: F of the S error when it is asked.
        least: F at the least point of the attack, where that was made; not that after its last
            step.
        steps: of the attack at that point.
        retrained: F of the retrained model after as many steps of the same attack.
        over: the measure by which it is over-forgotten at once, with its F; None where it is not.
        told: a sentence for each finding, the deciding one first.
    """

    place: Place | Undefined
    word: Word | Undefined
    at_once: float | Undefined
    least: float | None = None
    steps: int | None = None
    retrained: float | None = None
    over: tuple[str, float] | None = None
    told: tuple[str, ...] = ()


def returning(
    forgetting: ForgettingResult | Undefined,
    regrown: WaveformRegrowthResult | Undefined,
    retrained: WaveformRegrowthResult | Undefined,
) -> Returning:
    """Judge one model.

    Args:
        forgetting: F when it is asked.
        regrown: under DiMRA.
        retrained: the retrained model of its seed under the same attack.
    """
    if isinstance(forgetting, Undefined):
        return Returning(forgetting, forgetting, forgetting, told=(forgetting.reason,))
    first = forgetting.s_error
    if isinstance(first.index, Undefined) or isinstance(first.word, Undefined):
        lacks = first.index if isinstance(first.index, Undefined) else Undefined()
        return Returning(lacks, lacks, lacks, told=(lacks.reason,))
    over = _over(forgetting)
    odd = () if over is None else (f"over-forgotten by {over[0]}: F {over[1]:.1f}",)
    # without an interval, as in answers of an earlier version, the value itself stands in
    if (first.high if defined(first.high) else first.index) < AS_RETRAINED:
        told = f"asked at once its F is {first.index:.2f}: {first.word}"
        return Returning("nowhere", first.word, first.index, over=over, told=(told, *odd))
    if isinstance(regrown, Undefined):
        return Returning(regrown, first.word, first.index, over=over, told=(regrown.reason, *odd))
    if isinstance(retrained, Undefined):
        why = retrained.reason
        return Returning(retrained, first.word, first.index, over=over, told=(why, *odd))
    return _attacked(first.index, first.word, regrown, retrained, over, odd)


def _attacked(
    at_once: float,
    word: ForgettingWord,
    regrown: WaveformRegrowthResult,
    retrained: WaveformRegrowthResult,
    over: tuple[str, float] | None,
    odd: tuple[str, ...],
) -> Returning:
    least = regrown.least
    if least is None:
        why = Undefined(regrown.reason or "the attack has no point after its first step")
        return Returning(why, word, at_once, over=over, told=(why.reason, *odd))
    beside = next((p for p in retrained.curve if p.steps == least.steps), None)
    theirs = None if beside is None or not defined(beside.index) else beside.index
    high = least.high if defined(least.high) else _index(least)
    back = high < AS_RETRAINED and (theirs is None or high < theirs)
    about = "" if theirs is None else f", the retrained model {theirs:.2f}"
    told = (
        f"F {at_once:.2f} at once, {_index(least):.2f} after {least.steps} steps of training on "
        f"with retained records{about}"
    )
    return Returning(
        "answer" if back else "stays",
        RETURNED if back else word,
        at_once,
        _index(least),
        least.steps,
        theirs,
        over,
        (told, *odd),
    )


def _index(point: WaveformRegrowth) -> float:
    return point.index if defined(point.index) else float("inf")


def _over(found: ForgettingResult) -> tuple[str, float] | None:
    """The measure with the greatest F, where that is above `OVER`."""
    if found.worst is None or not defined(found.worst[1].index):
        return None
    name, index = found.worst[0], found.worst[1].index
    return (name, index) if index > OVER else None
