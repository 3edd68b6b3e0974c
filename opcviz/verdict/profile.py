"""The verdict on one model as a record: three answers, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..common.records import Record
from ..results import Attempt
from .check import Check
from .words import in_words

__all__ = ["Confidence", "Doubt", "Flip", "Verdict", "no_verdict"]


@dataclass(frozen=True)
class Confidence(Record):
    """How sure a verdict is.

    Attributes:
        level: high, medium or low.
        closest: name of the closest call.
        basis: why.
    """

    level: str
    closest: str
    basis: str


@dataclass(frozen=True)
class Flip(Record):
    """A threshold that would change the verdict.

    Attributes:
        threshold: its name in `Thresholds`.
        value: what it would have to be.
        words: the verdict then.
    """

    threshold: str
    value: float
    words: str


@dataclass(frozen=True)
class Doubt(Record):
    """A retrained model that knows more than one that never saw the forgotten data would.

    Attributes:
        who: the model in words.
        check: what gives it away, beside the other retrained models.
        beside: those others in words, as in "the 2 others"; empty where none is asked.
    """

    who: str
    check: Check
    beside: str


@dataclass(frozen=True)
class Verdict(Record):
    """What the evidence on one model adds up to.

    Attributes:
        gone: one of `GONE`, or None.
        noticeable: one of `NOTICEABLE`, or None.
        kept: one of `KEPT`, or None.
        depth: the earliest block from which on no declared attacker gets more than from the band;
            None where there is none, or where it was not tried.
        furthest: the attacker who came furthest beyond the band; None where none was tried.
        band: how many retrained models there are.
        why: a sentence an answer, with the figures.
        numbers: the checks that decided.
        checks: all that were made on the way.
        notes: how to read it.
        confidence: None without a verdict.
        sensitivity: which thresholds, halved or doubled, change a word.
        missing: what an answer wants that is not there.
        doubted: retrained models that look as if they had seen the forgotten data.
        with_doubted: the words beside all retrained models, where some are doubted.
        without_doubted: the words beside those that are not; the worse of the two profiles is this
            record.
        place: of models that draw: where forgetting lives, with "conspicuous" behind it where what
            is drawn instead belongs to no class; they have none of the three answers.
    """

    gone: str | None
    noticeable: str | None
    kept: str | None
    depth: str | None
    furthest: Attempt | None
    band: int
    why: str
    numbers: tuple[Check, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    confidence: Confidence | None
    sensitivity: tuple[Flip, ...]
    missing: tuple[str, ...]
    doubted: tuple[Doubt, ...] = ()
    with_doubted: str = ""
    without_doubted: str = ""
    place: str | None = None

    @property
    def words(self) -> str:
        """The answers in one line, as in "hidden, noticeable"; "none" without an answer."""
        return self.place or in_words(self.gone, self.noticeable, self.kept)


def no_verdict(missing: Sequence[str]) -> Verdict:
    """No answer to any question, and what they want."""
    why = f"No verdict: the evidence is incomplete. Missing: {'; '.join(missing)}."
    empty: tuple[Check, ...] = ()
    return Verdict(None, None, None, None, None, 0, why, empty, empty, (), None, (), tuple(missing))
