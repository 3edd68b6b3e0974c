"""Bootstrap confidence intervals (Efron & Tibshirani 1993), percentile method.

They say how far a figure could move had other samples of the same kind been scored. They hold for
the model and the fitted attack at hand: how far another training seed would move it, only other
seeds can tell.

A resample of n right-or-wrong outcomes with h of them right holds Binomial(n, h/n) right ones, so
for accuracies the resamples are drawn from that law itself, whatever n is. Where all outcomes agree
every resample is the sample and the bootstrap knows no doubt; there the exact interval of Clopper
& Pearson 1934 stands in: with 0 of n right its upper end is 1 − (α/2)^(1/n), mirrored for n of n.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["LEVEL", "RESAMPLES", "accuracy_interval", "mean_interval"]

LEVEL = 95.0
"""Percent of the resamples that lie inside."""
RESAMPLES = 1000


def accuracy_interval(
    hits: int, count: int, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """The interval of an accuracy, in percent.

    Args:
        hits: right answers.
        count: answers in all.
        level: percent, between 0 and 100.
        resamples: how many.
        seed: of the resamples.

    Returns:
        JSON-ready: `low` and `high` in percent, `method` ("bootstrap" or "clopper-pearson").

    Raises:
        ValueError: without samples, or for a level or number of resamples that makes no sense.
    """
    _check(count, level, resamples)
    if not 0 <= hits <= count:
        raise ValueError(f"interval: {hits} right answers of {count}")
    if hits in (0, count):
        doubt = 100 * (1 - ((1 - level / 100) / 2) ** (1 / count))
        low, high = (0.0, doubt) if hits == 0 else (100 - doubt, 100.0)
        return {"low": low, "high": high, "method": "clopper-pearson"}
    drawn = np.random.default_rng(seed).binomial(count, hits / count, resamples)
    low, high = np.percentile(100 * drawn / count, _ends(level))
    return {"low": float(low), "high": float(high), "method": "bootstrap"}


def mean_interval(
    values: Tensor | Sequence[float],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any] | None:
    """The interval of a mean over samples; what is not finite is left out.

    Args:
        values: (n,) numbers.
        level, resamples, seed: as `accuracy_interval` takes them.

    Returns:
        `low`, `high` and `method`; None with fewer than two finite values, which have no spread.

    Raises:
        ValueError: as `accuracy_interval`, but for an empty sample.
    """
    known = torch.as_tensor(values, dtype=torch.float64).flatten()
    known = known[known.isfinite()].numpy(force=True)
    _check(max(1, len(known)), level, resamples)
    if len(known) < 2:
        return None
    rows = np.random.default_rng(seed).integers(len(known), size=(resamples, len(known)))
    low, high = np.percentile(known[rows].mean(1), _ends(level))
    return {"low": float(low), "high": float(high), "method": "bootstrap"}


def _ends(level: float) -> tuple[float, float]:
    return (100 - level) / 2, (100 + level) / 2


def _check(count: int, level: float, resamples: int) -> None:
    if count < 1:
        raise ValueError("interval: there are no samples")
    if not 0 < level < 100:
        raise ValueError(f"interval: the level is percent between 0 and 100, not {level}")
    if resamples < 1:
        raise ValueError(f"interval: wants at least one resample, not {resamples}")
