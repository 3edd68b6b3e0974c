"""One comparison of the verdict: a value, its threshold, and how clearly it lies beyond."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..common.json_types import Json
from ..common.records import Record
from ..common.statistics import Interval
from .told import Figures, spread_of

__all__ = ["Check", "spread_of"]

CLOSE = 0.2  # of the threshold


@dataclass(frozen=True)
class Check(Record):
    """One comparison: it holds when the value is above the threshold.

    Attributes:
        name: what is compared.
        value, threshold: in the unit.
        unit: "points", "%", "AUC" or "times".
        margin: signed distance to the threshold in widths of the threshold; > 0 when it holds.
        interval: 95 % of the value, or None.
        says: the figures in words.
        clauses: the same, a statement each; `says` as a whole where it was read from JSON.
        figures: what the words were made from; None of a check that has none, or read from JSON.
    """

    name: str
    value: float
    threshold: float
    unit: str
    margin: float
    says: str
    interval: Interval | None
    clauses: tuple[str, ...] = field(default=(), compare=False)
    figures: Figures | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Without clauses the sentence is one."""
        if not self.clauses:
            object.__setattr__(self, "clauses", (self.says,))

    def _written(self) -> Json:
        """Without what the sentence is made of: it says the same, and reports have had it alone."""
        unsaid = ("clauses", "figures")
        return {name: value for name, value in super()._written().items() if name not in unsaid}

    @classmethod
    def above(
        cls,
        name: str,
        value: float,
        threshold: float,
        says: str | tuple[str, ...],
        *,
        unit: str = "points",
        width: float | None = None,
        interval: Interval | None = None,
        figures: Figures | None = None,
    ) -> Check:
        """A check whose margin counts in `width` (default: the threshold itself)."""
        margin = (value - threshold) / (width or threshold or 1.0)
        clauses = (says,) if isinstance(says, str) else says
        said = "; ".join(clauses)
        return cls(name, value, threshold, unit, margin, said, interval, clauses, figures)

    @classmethod
    def times(cls, name: str, value: float, threshold: float, says: str) -> Check:
        """A check of a ratio, whose margin counts in powers of the threshold."""
        margin = math.log(value / threshold) / math.log(max(threshold, 2.0))
        return cls(name, value, threshold, "times", margin, says, None)

    @property
    def holds(self) -> bool:
        """Whether the value is above the threshold."""
        return self.margin > 0

    @property
    def undecidable(self) -> bool:
        """Whether not even the greatest value that there is would count as a difference."""
        return self.figures is not None and self.figures.undecidable

    @property
    def close(self) -> bool:
        """Whether the interval reaches the line; without one, nearer than a fifth of its width."""
        if self.interval:
            return self.interval[0] <= self.threshold <= self.interval[1]
        return abs(self.margin) < CLOSE

    @property
    def near(self) -> bool:
        """Whether the value itself lies within a fifth of the threshold from it."""
        return abs(self.value - self.threshold) < CLOSE * self.threshold
