"""F: how far a model went from the original towards the retrained model, and beyond."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...common.records import Undefined
from ...results import ForgettingIndex, ForgettingWord

__all__ = ["CLEAR", "forgetting_index", "word_of"]

CLEAR = 3.0
"""Standard errors that must lie between original and retrained for F to mean anything."""
DRAWS = 1000  # of the bootstrap
LIMITS: tuple[tuple[float, ForgettingWord], ...] = (
    (0.3, "knows"),
    (0.7, "partly"),
    (1.4, "as retrained"),
    (2.0, "beyond retrained"),
    (math.inf, "over-forgotten"),
)


class _Means(NamedTuple):
    original: float
    retrained: float
    model: float


def word_of(index: float) -> ForgettingWord:
    """What an F is called, see `opcviz.results.FORGOTTEN_WORDS`."""
    return next(word for limit, word in LIMITS if index <= limit)


def forgetting_index(
    original: np.ndarray, retrained: np.ndarray, model: np.ndarray, seed: int = 0
) -> ForgettingIndex:
    """F = (model − original) / (retrained − original) of the mean of a measure.

    Args:
        original, retrained, model: (N,) the measure of each forgotten record, the same records.
        seed: of the bootstrap over records.
    """
    means = _Means(*(float(each.mean()) for each in (original, retrained, model)))
    if reason := _unclear(original, retrained):
        lacks = Undefined(reason)
        return ForgettingIndex(*means, lacks, lacks, lacks, lacks)
    random = np.random.RandomState(seed)
    drawn = random.randint(len(model), size=(DRAWS, len(model)))
    a, b, m = (each[drawn].mean(1) for each in (original, retrained, model))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.nanpercentile((m - a) / (b - a), [2.5, 97.5])
    # a zero without a sign, whichever way the measure goes
    index = (means.model - means.original) / (means.retrained - means.original) + 0.0
    return ForgettingIndex(*means, index, float(low), float(high), word_of(index))


def _unclear(original: np.ndarray, retrained: np.ndarray) -> str:
    """Why original and retrained cannot be told apart, or nothing."""
    gap = retrained - original
    error = gap.std(ddof=1) / math.sqrt(len(gap)) if len(gap) > 1 else math.inf
    if abs(gap.mean()) >= CLEAR * error and abs(gap.mean()) > 0:
        return ""
    return (
        f"original and retrained differ by {abs(gap.mean()):.3f}, less than {CLEAR:g} standard "
        "errors: there is no scale to measure forgetting on"
    )
