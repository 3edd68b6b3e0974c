"""A claim, the stronger attacker, his figures as reported and as measured, and what is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Literal

from opcviz.artefacts import ModelResults
from opcviz.study import ModelResult, StudyResult
from opcviz.verdict import Verdict

__all__ = ["NO_SEED", "Claim", "Figure", "Measured", "Shown", "Studies", "of", "per_seed", "shown"]

NO_SEED = -1  # of a figure that no model is behind

Sense = Literal["about", "at least", "at most"]
Reading = Callable[[ModelResults], "Measured | None"]


@dataclass(frozen=True)
class Measured:
    """One number of one model, with the 95 % interval of the samples behind it."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Measured:
        """A number that no other sample of pictures would move."""
        return cls(value, value, value)


@dataclass(frozen=True)
class Figure:
    """One figure of a stronger attacker.

    Attributes:
        what: whose, by which attacker.
        reported: least and greatest in the independent review; None where it gave none.
        seeds: what this project measures, by seed; empty where the store has no such model.
        sense: whether the measured number should be about the reported one, at least it (attacks:
            a stronger one still reaches it) or at most it (what should be small).
        form: how numbers are written.
        note: what is measured otherwise than in the review.
    """

    what: str
    reported: tuple[float, float] | None
    seeds: Mapping[int, Measured]
    sense: Sense = "about"
    form: str = ".1f"
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the spread of seeds and samples meets the reported range; None without figures.

        The spread is from the least lower to the greatest upper end of the seeds' 95 % intervals.
        """
        if self.reported is None or not self.seeds:
            return None
        low = min(each.low for each in self.seeds.values())
        high = max(each.high for each in self.seeds.values())
        enough, little = high >= self.reported[0], low <= self.reported[1]
        return {"about": enough and little, "at least": enough, "at most": little}[self.sense]

    @property
    def told(self) -> str:
        """As in `OPC, surrogate: reported 45.0, measured 44.1 (41.9 to 46.0, 3 seeds): reached`."""
        text = self.what
        if self.reported is not None:
            text += f": reported {_range(*self.reported, self.form)}"
        text += f", measured {self._measured}" if self.seeds else ", not in the store"
        if self.reached is not None:
            text += ": reached" if self.reached else ": differs"
        return f"{text} ({self.note})" if self.note else text

    @property
    def _measured(self) -> str:
        values = [each.value for each in self.seeds.values()]
        mean = f"{fmean(values):{self.form}}"
        if len(values) == 1:
            return mean if NO_SEED in self.seeds else f"{mean} (seed {next(iter(self.seeds))})"
        least, most = format(min(values), self.form), format(max(values), self.form)
        spread = "" if least == most else f"{least} to {most}, "
        return f"{mean} ({spread}{len(values)} seeds)"


@dataclass(frozen=True)
class Shown:
    """What a page says of a model beside the figures.

    Attributes:
        what: whose words, and what they should be.
        seeds: the words by seed, and whether they are so.
    """

    what: str
    seeds: Mapping[int, tuple[str, bool]]

    @property
    def agrees(self) -> bool | None:
        """Whether every seed says so; None where nothing is shown."""
        return all(fits for _, fits in self.seeds.values()) if self.seeds else None

    @property
    def told(self) -> str:
        """As in `opc should be hidden: "hidden, noticeable" (seeds 0, 1): agrees`."""
        if not self.seeds:
            return f"{self.what}: not in the store"
        by_words: dict[str, list[int]] = {}
        for seed, (words, _) in sorted(self.seeds.items()):
            by_words.setdefault(words, []).append(seed)
        said = "; ".join(f"“{words}”{_seeds(found)}" for words, found in by_words.items())
        return f"{self.what}: {said}: {'agrees' if self.agrees else 'differs'}"


@dataclass(frozen=True)
class Claim:
    """One row.

    Attributes:
        claim: what was said.
        attacker: who overturned it, and which kind of artefact and setting he is here.
        figures: his.
        shown: what the pages and tables say now.
    """

    claim: str
    attacker: str
    figures: tuple[Figure, ...]
    shown: tuple[Shown, ...] = field(default=())


@dataclass(frozen=True)
class Studies:
    """The stored studies, None for one that the store lacks.

    Attributes:
        classes: three classes forgotten.
        one: one class.
        samples: a random tenth.
    """

    classes: StudyResult | None
    one: StudyResult | None
    samples: StudyResult | None


def per_seed(study: StudyResult | None, method: str, read: Reading) -> dict[int, Measured]:
    """A number of every stored model of one method, by seed; without those that have none."""
    found = {model.seed: read(model.results) for model in of(study, method)}
    return {seed: value for seed, value in sorted(found.items()) if value is not None}


def shown(
    study: StudyResult | None, method: str, should: str, fits: Callable[[Verdict], bool]
) -> Shown:
    """The verdict's words on one method, and whether they fit.

    A verdict of "hidden" must also name its attacker in its sentence.
    """
    seeds = {}
    for model in of(study, method):
        verdict = study.verdict(model) if study else None
        if verdict is None or verdict.gone is None:
            continue
        named = verdict.gone != "hidden" or (
            verdict.furthest is not None and verdict.furthest.words in verdict.why
        )
        seeds[model.seed] = verdict.words, fits(verdict) and named
    return Shown(f"{method} should be {should}", seeds)


def of(study: StudyResult | None, method: str) -> list[ModelResult]:
    """The stored models of one method."""
    return [m for m in study.models if m.method.info.name == method] if study else []


def _seeds(found: list[int]) -> str:
    if found == [NO_SEED]:
        return ""
    return f" (seed{'s' if len(found) > 1 else ''} {', '.join(map(str, found))})"


def _range(low: float, high: float, form: str) -> str:
    first, last = format(low, form), format(high, form)
    return first if first == last else f"{first} to {last}"
