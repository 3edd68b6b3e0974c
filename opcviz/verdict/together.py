"""All seeds of a method beside all retrained models: what no single model shows."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from ..results import Attempt
from .check import Check
from .dossier import Band, Dossier
from .words import Thresholds

__all__ = ["together"]


def together(
    models: Sequence[Dossier], band: Sequence[Dossier], thresholds: Thresholds | None = None
) -> Check | None:
    """The attacker who gets most beyond the retrained models from all seeds of a method together.

    Args:
        models: one method's models, one a seed, none of them retrained.
        band: the retrained models.
        thresholds: where the lines are drawn.

    Returns:
        The check of means, which holds where he passes the line of `Thresholds.together`; None with
        fewer than two seeds or retrained models, or where nobody attacked them all.
    """
    t = thresholds or Thresholds()
    usable, others = [m for m in models if not m.failed], [m for m in band if not m.failed]
    if len(usable) < 2 or len(others) < 2:
        return None
    retrained, ours = Band(others), Band(usable).tried
    checks = [
        _beyond(usable, attempts, retrained, t)
        for key, attempts in ours.items()
        if key in retrained.tried
    ]
    return max(checks, key=lambda check: check.margin, default=None)


def _beyond(
    models: Sequence[Dossier], attempts: Sequence[Attempt], band: Band, t: Thresholds
) -> Check:
    theirs = band.tried[attempts[0].key]
    mean, bar = (fmean(each.recovered for each in found) for found in (attempts, theirs))
    pairs = list(zip(attempts, models, strict=True))
    luck = fmean(max(model.luck(each), model.floor(each)) for each, model in pairs)
    line = band.spread.bound(attempts[0].key, t.together, attempts) or 0.0
    return Check.above(
        "recovered beyond the retrained models, seeds together",
        mean - bar,
        max(t.points, line - bar, luck + t.points - bar),
        (
            f"{attempts[0].words} gets {mean:.1f} % {attempts[0].of} on average over "
            f"{len(attempts)} seeds",
            f"from {band.words} {bar:.1f} %",
        ),
        width=t.points or 1.0,
    )
