"""The figures of a check, and the sentence that is made from them.

Whoever shows a verdict reads the figures; nobody cuts them out of the sentence. They are no part of
the verdict's JSON, which has had the sentence alone since reports were first written: a report of
an older version is then still repeated to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record
from ..results import Attempt, MembershipTest

__all__ = ["Figures", "apart", "at_most", "gets", "membership", "right", "spread_of", "would_count"]

MOST = {"%": 100.0, "AUC": 1.0}
"""The greatest value there is, by unit."""


@dataclass(frozen=True)
class Figures(Record):
    """Who found what in a model, and what that is held against; all in one unit.

    Attributes:
        who: the attacker or the test, in words.
        value: what he found in the model.
        low, high: the least and the greatest of the retrained models; of a figure that is good when
            it is low, `low` alone may be told.
        band: how many retrained models those are.
        unit: "%" or "AUC".
        of: what the value is a share of; of a judge, what he finds.
        attempt: the attack, where it is one.
        test: the test of membership, where it is one; `who` is its name.
        also: the second test that is needed, where two of different kinds must agree.
        original: the same of the original model; None where it is not known, or not compared.
        luck, pixels: what he would get by luck, and from the pixels alone; None where neither
            raises the line.
        line: more than this counts as a difference; None where something else is asked.
        share: percent of the way from a single retrained model to the original that must be left;
            None where there is a band, or where the two lie too near to each other to decide.
    """

    who: str
    value: float
    low: float
    high: float
    band: int
    unit: str = "%"
    of: str = ""
    attempt: Attempt | None = None
    original: float | None = None
    luck: float | None = None
    pixels: float | None = None
    line: float | None = None
    share: float | None = None
    test: MembershipTest | None = None
    also: Figures | None = None

    @property
    def most(self) -> float:
        """The greatest value that there is in this unit."""
        return MOST[self.unit]

    @property
    def undecidable(self) -> bool:
        """Whether not even that value would count as a difference."""
        return self.line is not None and self.line >= self.most

    @property
    def beside(self) -> str:
        """The band in words, as in "3 retrained models"."""
        return "1 retrained model" if self.band == 1 else f"{self.band} retrained models"

    @property
    def spread(self) -> str:
        """The band's figures, as in "10.3 to 17.8 %"."""
        return f"{spread_of(self.low, self.high, self.form)}{self.sign}"

    @property
    def form(self) -> str:
        """How a figure in this unit is written."""
        return ".2f" if self.unit == "AUC" else ".1f"

    @property
    def sign(self) -> str:
        """What follows a figure in this unit."""
        return " %" if self.unit == "%" else ""

    @property
    def in_vain(self) -> str:
        """What would not count, as in "not even 100 %"; empty where something would."""
        most = format(self.most, "g" if self.unit == "%" else self.form)
        return f"not even {most}{self.sign}" if self.undecidable else ""

    def written(self, value: float) -> str:
        """A value in this unit, as in "88.8 %" or "0.67"."""
        return f"{value:{self.form}}{self.sign}"


def gets(f: Figures) -> tuple[str, ...]:
    """What an attacker gets from the model, from the retrained ones, and what would count."""
    comma = "," if ", " in f.who else ""
    luck = "" if f.luck is None else f", luck {f.written(f.luck)}"
    pixels = "" if f.pixels is None else f", and from the pixels alone {f.written(f.pixels)}"
    return (
        f"{f.who}{comma} gets {f.written(f.value)} {f.of}",
        f"from {f.beside} it gets {f.spread}{luck}{_way(f)}{pixels}",
        would_count(f),
    )


def would_count(f: Figures) -> str:
    """From where on a figure counts as a difference; empty where no line is drawn."""
    if f.line is None:
        return ""
    if f.undecidable:
        return f"{f.in_vain} would count as a difference: this figure alone cannot tell"
    return f"more than {f.written(f.line)} counts as a difference"


def _way(f: Figures) -> str:
    """What is asked beside a single retrained model, which has no spread."""
    if f.original is None:
        return ""
    if f.share is None:
        return f", too near to the original's {f.written(f.original)} to decide"
    return (
        f", beside which alone more than {f.share:g} % of the way to the original's "
        f"{f.written(f.original)} must be left, beyond chance"
    )


def at_most(f: Figures) -> tuple[str, ...]:
    """That attackers get less from the model than from every retrained one."""
    least = f"from {f.beside} at least {f.written(f.low)}"
    return (f"at most {f.written(f.value)} ({f.who}), {least}",)


def right(f: Figures) -> tuple[str, ...]:
    """How many forgotten pictures the model answers, beside original and retrained models."""
    first = f"not known, at most {f.written(100)}" if f.original is None else f.written(f.original)
    return (
        f"{f.written(f.value)} {f.of} are right",
        f"of the original it is {first}, of {f.beside} {f.spread}",
    )


def membership(f: Figures) -> tuple[str, ...]:
    """How well tests tell forgotten pictures from unseen ones, beside the same models."""
    tests = [f] if f.also is None else [f, f.also]
    first, *second = (f"by {each.who} is {each.written(each.value)}" for each in tests)
    firsts = ["not known" if t.original is None else t.written(t.original) for t in tests]
    return (
        " and ".join([f"membership AUC {first}", *second]),
        f"of the original it is {' and '.join(firsts)}, of {f.beside} "
        f"{' and '.join(each.spread for each in tests)}",
    )


def apart(f: Figures) -> tuple[str, ...]:
    """How well a judge tells forgotten pictures by the model, and by the retrained ones."""
    who = f"membership by {f.who}" if f.test else f.who
    told = f"{f.of} with AUC {f.written(f.value)} ({who}), in {f.beside} with {f.spread}"
    return (told, would_count(f)) if f.undecidable else (told,)


def spread_of(low: float, high: float, form: str = ".1f") -> str:
    """As in "87.1 to 90.2"; one number where they are the same."""
    first, last = format(low, form), format(high, form)
    return first if first == last else f"{first} to {last}"
