"""Results of few-shot recovery."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Percent, Record, Undefined
from .attempts import Attempt
from .strongest import PIXELS

__all__ = ["FewShotResult", "FewShotRung"]


@dataclass(frozen=True)
class FewShotRung(Record):
    """One rule at one place, from one number of pictures.

    Attributes:
        attempt: who, where, from how many, and how far he came: the mean over draws. Its interval
            is that of the pictures scored, for draws share these.
        deviation: of the draws, in points.
        least, most: of the draws, in percent.
        retain_accuracy: percent of unseen retained pictures that the same rule answers right.
        width: numbers a sample at this place; the rule sees no more than the settings' `width`.
    """

    attempt: Attempt
    deviation: float
    least: Percent
    most: Percent
    retain_accuracy: Percent | Undefined
    width: int


@dataclass(frozen=True)
class FewShotResult(Record):
    """All rungs from the pixels to the logits.

    Attributes:
        rungs: by place from input to output, then by pictures given, then by rule; or why there is
            no such attack.
        draws: of the pictures given.
        left_out: numbers of pictures that were asked for and that some forgotten class has not.
    """

    rungs: tuple[FewShotRung, ...] | Undefined
    draws: int
    left_out: tuple[int, ...]

    def attempts(self) -> tuple[Attempt, ...]:
        """What everybody got from the fewest pictures, for the verdict.

        From more of them a network that never saw the class does as well as one that hides it: what
        they tell is what the pictures tell. And the fewer comparisons, the fewer honest models pass
        some line by luck. The floor, `PIXELS`, is no attack on the model and not among them.
        """
        fewest = self.given()[:1]
        return tuple(
            r.attempt for r in self._made if r.attempt.place != PIXELS and r.attempt.given in fewest
        )

    def floors(self) -> tuple[Attempt, ...]:
        """What everybody gets from the pixels alone."""
        return tuple(r.attempt for r in self._made if r.attempt.place == PIXELS)

    def best(self, given: int | None = None, place: str | None = None) -> FewShotRung | None:
        """The rung on which most was recovered; None where there is none.

        Args:
            given: from so many pictures alone.
            place: at this place alone; unless it is named, the floor does not count.
        """
        found = [
            rung
            for rung in self._made
            if given in (None, rung.attempt.given)
            and (rung.attempt.place != PIXELS if place is None else rung.attempt.place == place)
        ]
        return max(found, key=lambda rung: rung.attempt.recovered, default=None)

    def places(self) -> tuple[str, ...]:
        """The places from input to output, `PIXELS` first."""
        return tuple(dict.fromkeys(rung.attempt.place for rung in self._made))

    def given(self) -> tuple[int, ...]:
        """The numbers of pictures, ascending."""
        return tuple(sorted({rung.attempt.given for rung in self._made}))

    @property
    def _made(self) -> tuple[FewShotRung, ...]:
        return () if isinstance(self.rungs, Undefined) else self.rungs
