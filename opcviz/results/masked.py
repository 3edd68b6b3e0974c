"""Results of masked answers."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record, Undefined
from .attempts import Attempt

__all__ = ["MaskedResult"]


@dataclass(frozen=True)
class MaskedResult(Record):
    """What each rule gets from the answers for the forgotten classes alone.

    Attributes:
        rules: an attempt a rule, or why there is no such attack.
    """

    rules: tuple[Attempt, ...] | Undefined

    def attempts(self) -> tuple[Attempt, ...]:
        """What every rule got."""
        return () if isinstance(self.rules, Undefined) else self.rules

    def best(self) -> Attempt | None:
        """Of the rule that got most; None where there is none."""
        return max(self.attempts(), key=lambda each: each.recovered, default=None)
