"""Results of worst-case recovery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Percent, Record, Undefined
from .attempts import Attempt

__all__ = ["PIXELS", "Rung", "StrongestResult"]

PIXELS = "pixels"
"""The first rung, below the network: what can be told without it, the same for every model."""


@dataclass(frozen=True)
class Rung(Record):
    """One attacker at one place.

    Attributes:
        attempt: who, where, from what, and how far he came.
        balanced_accuracy: percent, mean recall over the forgotten classes.
        recall: percent by forgotten class.
        retain_accuracy: percent of unseen retained pictures that the same map answers right: a map
            that gives every picture to the forgotten class recovers it and knows nothing.
        low, high: 95 % of `attempt.recovered` (Wilson).
        width: numbers a sample at this place; the map sees no more than the settings' `width`.
        fitted: samples that the map was fitted on.
    """

    attempt: Attempt
    balanced_accuracy: Percent
    recall: Mapping[str, Percent]
    retain_accuracy: Percent | Undefined
    low: Percent
    high: Percent
    width: int
    fitted: int


@dataclass(frozen=True)
class StrongestResult(Record):
    """All rungs from the pixels to the logits.

    Attributes:
        answers: the model asked as it is, on the same pictures.
        rungs: by place from input to output, then by threat model, then by map.
        scored_on: `forget_test`, or `cross-fitted` on the forget part of the train set where no
            test data belong to the forgotten.
        constant: percent that the best constant answer scores there.
    """

    answers: Attempt | Undefined
    rungs: tuple[Rung, ...] | Undefined
    scored_on: str
    constant: Percent | Undefined

    def attempts(self) -> tuple[Attempt, ...]:
        """What everybody got, the model's own answers first; none where nothing was scored.

        The floor, `PIXELS`, is no attack on the model and not among them.
        """
        own = () if isinstance(self.answers, Undefined) else (self.answers,)
        return own + tuple(r.attempt for r in self._climbed if r.attempt.place != PIXELS)

    def floors(self) -> tuple[Attempt, ...]:
        """What everybody gets from the pixels alone."""
        return tuple(r.attempt for r in self._climbed if r.attempt.place == PIXELS)

    def floor(self, holds: str) -> Rung | None:
        """The most that anybody with these data gets from the pixels alone."""
        return _best([r for r in self._by(holds) if r.attempt.place == PIXELS])

    def worst(self, holds: str | None = None, place: str | None = None) -> Rung | None:
        """The rung on which most was recovered; None where there is none.

        Args:
            holds: of attackers with these data alone, see `HOLDS`.
            place: of attackers at this place alone; unless it is named, the floor does not count.
        """
        found = [
            rung
            for rung in self._by(holds)
            if (rung.attempt.place != PIXELS if place is None else rung.attempt.place == place)
        ]
        return _best(found)

    def places(self) -> tuple[str, ...]:
        """The places from input to output, `PIXELS` first."""
        return tuple(dict.fromkeys(rung.attempt.place for rung in self._climbed))

    @property
    def _climbed(self) -> tuple[Rung, ...]:
        return () if isinstance(self.rungs, Undefined) else self.rungs

    def _by(self, holds: str | None) -> list[Rung]:
        return [rung for rung in self._climbed if holds in (None, rung.attempt.holds)]


def _best(rungs: list[Rung]) -> Rung | None:
    return max(rungs, key=lambda rung: rung.attempt.recovered, default=None)
