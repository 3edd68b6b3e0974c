"""Results of masked answers, and of masked units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record, Undefined
from .attempts import Attempt

__all__ = ["MaskedResult"]

OLDER = Undefined("not computed by the version that made this; run the study again")


@dataclass(frozen=True)
class MaskedResult(Record, reasons="table"):
    """What each rule gets from the answers for the forgotten classes alone, and from dead units.

    Attributes:
        rules: an attempt a rule, or why there is no such attack.
        with_slope: an attempt a place and map, of the model with a slope for its dead units.
        head_cosine: by forgotten class the cosine, -1 to 1, of its row of the last layer with the
            original's row; a measure, which decides nothing.
    """

    rules: tuple[Attempt, ...] | Undefined
    with_slope: tuple[Attempt, ...] | Undefined = OLDER
    head_cosine: Mapping[str, float] | Undefined = OLDER

    def attempts(self) -> tuple[Attempt, ...]:
        """What every rule and every map got."""
        return (*self._told, *(() if isinstance(self.with_slope, Undefined) else self.with_slope))

    def best(self) -> Attempt | None:
        """Of the rule that got most; None where there is none."""
        return _best(self._told)

    def best_with_slope(self) -> Attempt | None:
        """Of the map that got most from the model with a slope; None where there is none."""
        return None if isinstance(self.with_slope, Undefined) else _best(self.with_slope)

    @property
    def _told(self) -> tuple[Attempt, ...]:
        return () if isinstance(self.rules, Undefined) else self.rules


def _best(attempts: tuple[Attempt, ...]) -> Attempt | None:
    return max(attempts, key=lambda each: each.recovered, default=None)
