"""What the verdict is given about each model, and the band of the retrained ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

from ..common.parts import Part
from ..common.records import Undefined, defined
from ..common.statistics import Interval, wilson
from ..results import PLANTED, AccuracyReport, Attempt, Sign
from .spread import Key, Spread

__all__ = ["FAMILIES", "FULL", "MEMBERSHIP", "Band", "Dossier", "Missing", "lacking"]

FAMILIES = {
    "recovery": "maps from every block",
    "relearning": "relearning",
    "separability": "separability on unseen pictures",
}
"""Families of attackers without which nobody can say that nothing is left."""

FULL = "the full suite of attacks"
"""What is lacking where quick attacks alone were made: what those do not find, others may."""

MEMBERSHIP = "membership"
"""The judge who says how like training data forgotten samples look; his `place` is the statistic,
the strongest first."""


ANSWERED_BY_MODEL = (
    "relearning",
    "own_head",
    "own_head_centred",
    "own_head_standardised",
    "own_head_rbf",
)
"""Attackers whose answers are the model's own weights' work: the same data without it give none."""


class Missing(Exception):
    """A figure that the verdict needs is not there; the message says which and why."""


@dataclass(frozen=True, eq=False)
class Dossier:
    """What is known of one model; two of them are the same only if they are one.

    Attributes:
        who: the model in words.
        accuracy: by part of the data, or why it is not known.
        sizes: samples by part of the data.
        radius_ratio: width of the forgotten features over that of the retained ones.
        attempts, signs: of all attacks that were made.
        floors: what the same attackers get from the pixels alone, without the model.
        blocks: names of the blocks that recovery was tried at, from input to output.
        lacking: families of attackers that were not made, and why.
        failed: why there is no such model, None where there is one.
    """

    who: str
    accuracy: AccuracyReport | Undefined
    sizes: Mapping[str, int] = field(default_factory=dict)
    radius_ratio: float | Undefined = field(default_factory=Undefined)
    attempts: tuple[Attempt, ...] = ()
    signs: tuple[Sign, ...] = ()
    floors: tuple[Attempt, ...] = ()
    blocks: tuple[str, ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)
    failed: str | None = None

    def part(self, part: Part) -> tuple[float, Interval | None]:
        """Accuracy in percent on a part of the data, and its interval where sizes are known.

        Raises:
            Missing: when it is not known.
        """
        what = f"{self.who}: accuracy {part.replace('_', ' ')}"
        if self.failed:
            raise Missing(f"{self.who}: {self.failed}")
        if isinstance(self.accuracy, Undefined):
            raise Missing(f"{what}{_because(self.accuracy)}")
        value = getattr(self.accuracy, part)
        if not defined(value) or not math.isfinite(value):
            raise Missing(f"{what}{_because(value)}")
        size = self.sizes.get(part)
        return float(value), wilson(value, size) if size else None

    def width(self) -> float:
        """`radius_ratio`.

        Raises:
            Missing: when it is not known.
        """
        value = self.radius_ratio
        if not defined(value) or not math.isfinite(value):
            what = "width of the forgotten features over that of the retained ones"
            raise Missing(f"{self.who}: {what}{_because(value)}")
        return float(value)

    @property
    def of_samples(self) -> bool:
        """Whether samples were forgotten, not classes: then no test data belong to them."""
        return isinstance(self.accuracy, AccuracyReport) and not defined(self.accuracy.forget_test)

    @property
    def flawed(self) -> bool:
        """Whether the forgotten data were planted: then the original is no measure of the rest."""
        return any(each.attacker in PLANTED for each in self.attempts)

    def answers(self) -> tuple[float, Interval | None]:
        """How many forgotten pictures it still answers right: unseen ones where there are any.

        Raises:
            Missing: when that is not known.
        """
        return self.part("forget_train" if self.of_samples else "forget_test")

    def recalls(self) -> dict[str, float]:
        """Test recall in percent by class name, for those that are known."""
        if isinstance(self.accuracy, Undefined):
            return {}
        found = self.accuracy.per_class.get("test", {})
        return {name: value for name, value in found.items() if isinstance(value, float | int)}

    def as_tried(self, other: Dossier) -> Dossier:
        """The same model as if only what another one was under had been made of it."""
        return replace(
            self,
            attempts=tuple(each for each in self.attempts if other.attempt(each.key)),
            signs=tuple(each for each in self.signs if other.sign(each.key)),
        )

    def attempt(self, key: Key) -> Attempt | None:
        """The best attempt of one attacker, None where he made none."""
        return self._by_attacker.get(key)

    def best(self) -> list[Attempt]:
        """The best attempt of every attacker."""
        return list(self._by_attacker.values())

    @cached_property
    def _by_attacker(self) -> Mapping[Key, Attempt]:
        """Sorted once: a profile asks for every attacker, and its thresholds' ranges 16 times."""
        ordered = sorted(self.attempts, key=lambda each: (each.key, -each.recovered))
        return {key: next(same) for key, same in groupby(ordered, key=lambda each: each.key)}

    def luck(self, attempt: Attempt) -> float:
        """What an attacker who never held a forgotten picture gets by luck; 0 of the others.

        He may guess a forgotten class, or give its name to anything as the model itself does, from
        which he starts; one answer for all of them, as a point forces it, may be theirs.
        """
        if attempt.given or attempt.holds not in ("nothing", "retain", "other"):
            return 0.0
        guessed = max(attempt.luck, self._guessing)
        # one class alone always gets one answer
        one = attempt.one_answer and attempt.constant < 100
        return max(guessed, attempt.constant) if one else guessed

    @cached_property
    def _guessing(self) -> float:
        """What whoever names a forgotten class gets, or gives its name as the model does."""
        answers = max((a.luck for a in self.attempts if a.attacker == "answers"), default=0.0)
        return max(answers, 100 / max(len(self.recalls()), 2))

    def finds_the_same(self, attempt: Attempt, place: str) -> bool:
        """Whether the same attack gets the same at another place, too."""

        def about(each: Attempt) -> tuple[object, ...]:
            return each.attacker, each.holds, each.given, each.recovered

        return any(about(each) == about(attempt) for each in self.attempts if each.place == place)

    def floor(self, attempt: Attempt) -> float:
        """The most that a map gets from the pixels with the same data; 0 of other attackers."""
        if attempt.holds not in ("all", "retain", "shots") or attempt.attacker in ANSWERED_BY_MODEL:
            return 0.0
        held = attempt.holds, attempt.given
        same = (each.recovered for each in self.floors if (each.holds, each.given) == held)
        return max(same, default=0.0)

    def sign(self, key: tuple[str, str]) -> Sign | None:
        """What one judge says, None where he was not asked."""
        return self._by_judge.get(key)

    @cached_property
    def _by_judge(self) -> Mapping[tuple[str, str], Sign]:
        return {each.key: each for each in reversed(self.signs)}  # the first of a judge stands


@dataclass(frozen=True)
class Band:
    """The retrained models: the range of any figure over them.

    Attributes:
        models: none where nobody retrained; then there is nothing to compare with.
    """

    models: Sequence[Dossier]

    @property
    def words(self) -> str:
        """As in "3 retrained models"."""
        return (
            "1 retrained model" if len(self.models) == 1 else f"{len(self.models)} retrained models"
        )

    def accuracy(self, part: Part) -> list[tuple[float, Interval | None]]:
        """Of every model.

        Raises:
            Missing: when it is not known of one.
        """
        return [model.part(part) for model in self.models]

    def answers(self) -> tuple[float, float]:
        """Lowest and highest share of the forgotten pictures answered right.

        Raises:
            Missing: when it is not known of one.
        """
        values = [model.answers()[0] for model in self.models]
        return min(values), max(values)

    def widths(self) -> list[float]:
        """`Dossier.width` of those of whom it is known.

        Raises:
            Missing: when it is known of none.
        """
        found, unknown = [], []
        for model in self.models:
            try:
                found.append(model.width())
            except Missing as why:
                unknown.append(why)
        if not found:
            raise unknown[0] if unknown else Missing("a retrained model")
        return found

    @cached_property
    def tried(self) -> Mapping[Key, Sequence[Attempt]]:
        """The attempts on all of them, by attacker; who did not try every one is not there."""
        by_model = [{each.key: each for each in model.best()} for model in self.models]
        first = by_model[0] if by_model else {}
        shared = (key for key in first if all(key in found for found in by_model))
        return {key: [found[key] for found in by_model] for key in shared}  # in an order of its own

    @cached_property
    def spread(self) -> Spread:
        """How far a further retrained model may lie above these."""
        return Spread(self.tried)

    def signs(self, key: tuple[str, str]) -> list[Sign]:
        """One judge's signs of all of them; empty unless he saw every one."""
        found = [sign for model in self.models if (sign := model.sign(key))]
        return found if len(found) == len(self.models) else []


def lacking(models: Sequence[Dossier]) -> list[str]:
    """The families of attackers that some of the models were not under, and why."""
    told = (
        f"{family} of {model.who} ({why})"
        for model in models
        for family, why in model.lacking.items()
    )
    return list(dict.fromkeys(told))


def _because(value: object) -> str:
    return f" ({value.reason})" if isinstance(value, Undefined) and value.reason else ""
