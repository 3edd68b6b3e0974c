"""Numbers with a range, as `Record` checks them when it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

__all__ = ["Between", "Percent", "Share", "check_all"]

ROUNDING = 1e-6  # relative: by which a stored number may lie outside its range


@dataclass(frozen=True)
class Between:
    """The range in which a number that is read must lie: `Annotated[float, Between(0, 100)]`.

    Attributes:
        low, high: ends, both included.
    """

    low: float
    high: float

    def check(self, value: float, where: str) -> None:
        """Refuse what lies outside, and what is no number.

        Raises:
            ValueError: naming where.
        """
        slack = ROUNDING * (self.high - self.low)
        if not self.low - slack <= value <= self.high + slack:
            raise ValueError(f"{where}: {value!r} does not lie in {self.low:g} to {self.high:g}")


Percent = Annotated[float, Between(0, 100)]
"""A rate in percent."""
Share = Annotated[float, Between(0, 1)]
"""A rate, a probability or an area under a ROC curve."""


def check_all(ranges: Sequence[Between], values: Sequence[float | None], where: str) -> None:
    """Refuse a row with a number outside one of its ranges; None has none.

    Raises:
        ValueError: naming where.
    """
    for each in ranges:
        for i, value in enumerate(values):
            if value is not None:
                each.check(value, f"{where}[{i}]")
