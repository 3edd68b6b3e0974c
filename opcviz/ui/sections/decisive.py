"""The attack by which a model was found to hide the data: whose figure a bar ends with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...artefacts import ModelResults
from ...artefacts.kind import kinds
from ...results import PLANTED, Attempt, Attempts
from ...verdict import Verdict
from ..charts.bands import Band
from ..charts.player_component import Bar
from .films_rebuilt import never
from .plainly import attacker_plainly

__all__ = ["Decisive"]

ASKS = "answers"  # whoever just asks: the bar of answers shows that


@dataclass(frozen=True)
class Decisive:
    """One declared attack, and what the verdict held its figure against.

    Attributes:
        attempt: on the model that hides.
        band: what the same attack gets from the retrained models, percent.
        pixels: what a map of the bare pixels gets, percent, where that raises the line.
    """

    attempt: Attempt
    band: Band
    pixels: float | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> Decisive | None:
        """The attack that decided that a model hides; None under any other verdict."""
        figures = verdict.numbers[0].figures if verdict.numbers else None
        attempt = figures.attempt if figures else None
        if verdict.gone != "hidden" or figures is None or attempt is None:
            return None
        if attempt.attacker in (*PLANTED, ASKS):
            return None
        return cls(attempt, Band(figures.low, figures.high, figures.band), figures.pixels)

    @classmethod
    def first(cls, verdicts: Iterable[Verdict]) -> Decisive | None:
        """That of the first model that hides: figures side by side are of one attack."""
        return next((found for verdict in verdicts if (found := cls.of(verdict))), None)

    def on(self, results: ModelResults) -> Attempt | None:
        """The same attack on a model; None where it was not made.

        Args:
            results: what is known of the model.
        """
        answers = (results.answer(kind.name) for kind in kinds("classification"))
        made = (a for found in answers if isinstance(found, Attempts) for a in found.attempts())
        same = [each for each in made if each.key == self.attempt.key]
        return max(same, key=lambda each: each.recovered, default=None)

    def ends(self, bar: Bar, made: Attempt) -> Bar:
        """A bar that ends with this attack's figure, beside what is known of that.

        Args:
            bar: with the figures of the epochs.
            made: the attack on the bar's model.
        """
        count = f"{made.scored:,}"
        marks = (("constant", made.constant), ("pixels", self.pixels))
        return replace(
            bar,
            final=made.recovered,
            none="",
            band=self.band,
            marks=tuple((name, value) for name, value in marks if value is not None),
            words=f"{self.who}; {never(self.band)}",
            on=bar.on if bar.on[1].startswith(f"{count} ") else (bar.on[0], f"{count} pictures"),
        )

    @property
    def who(self) -> str:
        """The attacker in plain words, as short as a bar has room for."""
        return attacker_plainly(self.attempt).rstrip(",").replace(", given ", ", ")
