"""How far each attacker and each judge came, by the rule that the verdict goes by."""

from __future__ import annotations

from collections.abc import Sequence

from ..results import Attempt, Sign
from .check import Check
from .dossier import Band, Dossier
from .questions import Questions
from .words import Thresholds

__all__ = ["Ranked", "rank"]

Ranked = tuple[Attempt | Sign, Check]
"""What somebody found, and the comparison that the verdict makes of it."""


def rank(
    model: Dossier,
    original: Dossier | None,
    band: Sequence[Dossier],
    thresholds: Thresholds | None = None,
) -> tuple[Ranked, ...]:
    """Every attempt and sign that can be compared, those furthest beyond their lines first.

    Args:
        model, original, band, thresholds: as of `judge`; without retrained models nothing can be
            compared.
    """
    others = [each for each in band if not each.failed]
    if model.failed or not others:
        return ()
    q = Questions(model, original, Band(others), thresholds or Thresholds())
    found: list[Ranked] = [*q.gained, *q.judged]
    return tuple(sorted(found, key=lambda each: -each[1].margin))
