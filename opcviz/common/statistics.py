"""Confidence intervals, cross-validation and subsampling: the statistics that every room shares.

One kind of interval for each kind of number: Wilson's for the rate of a finite sample, Newcombe's
for the difference of two rates, on the same samples or on others, and for an AUC, the percentile
bootstrap for a mean. They say how far a figure could move had other samples of the same kind been
scored. They hold for the model and the fitted attack at hand: how far another training seed would
move it, only other seeds can tell.

SciPy and scikit-learn are imported inside the functions that need them: together they take about a
second and 100 MB. What a page asks, Wilson's interval, needs neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Literal, Protocol

import numpy as np

__all__ = [
    "FEWEST",
    "LEVEL",
    "RESAMPLES",
    "Interval",
    "auc_interval",
    "cross_fits",
    "difference",
    "mcnemar",
    "mean_interval",
    "paired_difference",
    "rate_interval",
    "subsample",
    "wilson",
]

Interval = tuple[float, float]
"""Lower and upper end."""

LEVEL = 95.0
"""Confidence of all intervals, in percent."""
RESAMPLES = 1000
"""Of a bootstrap."""
FEWEST = 20
"""Samples on a side without which no membership or outlier rate is reported."""


def rate_interval(
    hits: int,
    count: int,
    *,
    level: float = LEVEL,
    method: Literal["wilson", "exact"] = "wilson",
) -> Interval:
    """The interval of a rate in percent: Wilson (1927), or Clopper and Pearson (1934, "exact").

    Wilson's covers about `level` percent on average over rates; the exact one covers at least
    that much for every rate and is wider. Neither vanishes at 0 or 100 %.

    Args:
        hits: right answers, 0 to `count`.
        count: answers in all.
        level: confidence in percent, between 0 and 100.
        method: which of the two.

    Raises:
        ValueError: without samples, for hits beyond them, or for a level that makes no sense.
    """
    if count < 1:
        raise ValueError("interval: there are no samples")
    if not 0 <= hits <= count:
        raise ValueError(f"interval: {hits} right answers of {count}")
    if not 0 < level < 100:
        raise ValueError(f"interval: the level is percent between 0 and 100, not {level}")
    if method == "exact":
        from scipy.stats import binomtest

        found = binomtest(hits, count).proportion_ci(level / 100, "exact")
        return 100 * float(found.low), 100 * float(found.high)
    z, rate = NormalDist().inv_cdf((1 + level / 100) / 2), hits / count
    centre = (rate + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * math.sqrt(rate * (1 - rate) / count + (z / (2 * count)) ** 2) / (1 + z**2 / count)
    low = 0.0 if hits == 0 else centre - half
    return 100 * low, 100.0 if hits == count else 100 * (centre + half)


@lru_cache(maxsize=4096)
def wilson(percent: float, count: int) -> Interval:
    """The 95 % interval of an accuracy given in percent over `count` samples."""
    return rate_interval(round(percent * count / 100), count)


def difference(a: float, b: float, of_a: Interval | None, of_b: Interval | None) -> Interval | None:
    """The interval of a − b from the intervals of a and b; None without both.

    Newcombe's hybrid score interval for independent samples (1998, Statistics in Medicine 17:873,
    method 10). Two models scored on the same samples are paired; their answers mostly agree, and
    then this interval is wider than `paired_difference`, which counts the pairs.
    """
    if of_a is None or of_b is None:
        return None
    low = a - b - math.hypot(a - of_a[0], of_b[1] - b)
    high = a - b + math.hypot(of_a[1] - a, b - of_b[0])
    return low, high


def paired_difference(both: int, first: int, second: int, neither: int) -> Interval:
    """The 95 % interval, in points, of the difference of two rates on the same samples.

    Newcombe's score interval for paired proportions (1998, Statistics in Medicine 17:2635, method
    10): Wilson's intervals of either rate, joined by the pairs' correlation, which is corrected
    for continuity where it is positive.

    Args:
        both: samples that both models answer right.
        first: those that the first alone does.
        second: those that the second alone does.
        neither: those that neither does.

    Returns:
        Of the first rate less the second.

    Raises:
        ValueError: for a negative count, or none at all.
    """
    counts = (both, first, second, neither)
    total = sum(counts)
    if min(counts) < 0 or not total:
        raise ValueError(f"paired difference: {counts} are no counts of pairs")
    one, two = both + first, both + second
    rates = 100 * one / total, 100 * two / total
    (low_1, high_1), (low_2, high_2) = (rate_interval(hits, total) for hits in (one, two))
    spread = math.sqrt(one * (total - one) * two * (total - two))
    excess = both * neither - first * second
    corrected = max(excess - total / 2, 0) if excess > 0 else excess
    phi = corrected / spread if spread else 0.0

    def joined(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))

    apart = rates[0] - rates[1]
    low = apart - joined(rates[0] - low_1, high_2 - rates[1])
    return low, apart + joined(high_1 - rates[0], rates[1] - low_2)


def mcnemar(first: int, second: int) -> float:
    """The exact two-sided p-value that two models are right equally often on the same samples.

    McNemar's test (1947) by the binomial distribution: of the samples that one model alone answers
    right, half should be either's.

    Args:
        first: samples that the first model alone answers right.
        second: those that the second alone does.

    Returns:
        0 to 1; 1 where the models never differ.

    Raises:
        ValueError: for a negative count.
    """
    if min(first, second) < 0:
        raise ValueError(f"McNemar: {first} and {second} are no counts")
    if not first + second:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(first, first + second, 0.5).pvalue)


def auc_interval(auc: float, members: int, nonmembers: int) -> list[float]:
    """95 % confidence interval of an AUC in 0..1, [low, high]; it does not vanish at 0 or 1.

    The ends are the θ with |θ − auc| = z·√V(θ), V Hanley and McNeil's variance with the harmless
    symmetric sample size: Newcombe 2006, Statistics in Medicine 25:559, method 5.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    auc = min(max(auc, 0.0), 1.0)  # a sum over a curve may exceed it by rounding
    z = float(ndtri((1 + LEVEL / 100) / 2))
    mean_size = (members + nonmembers) / 2 - 1

    def excess(theta: float) -> float:
        pairs = 1 + mean_size * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(theta - auc) - z * math.sqrt(theta * (1 - theta) * pairs / members / nonmembers)

    def end(outer: float) -> float:
        near = auc + 1e-12 * (outer - auc)  # where the AUC is 0 or 1, it is a root itself
        return auc if excess(near) >= 0 else float(brentq(excess, near, outer))

    return [end(0.0), end(1.0)]


def mean_interval(values: Sequence[float] | np.ndarray, *, seed: int = 0) -> Interval | None:
    """The 95 % bootstrap interval of a mean (percentile method; Efron & Tibshirani 1993).

    Args:
        values: (n,) numbers; what is not finite is left out.
        seed: of the `RESAMPLES` resamples.

    Returns:
        Its ends; None with fewer than two finite values, which have no spread.
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if len(known) < 2:
        return None
    from scipy.stats import bootstrap

    found = bootstrap(
        (known,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL / 100,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def subsample(count: int, limit: int, generator: np.random.Generator) -> np.ndarray:
    """At most `limit` of `count` positions, drawn without replacement, in ascending order."""
    if count <= limit:
        return np.arange(count)
    return np.sort(generator.choice(count, limit, replace=False))


class Fitted(Protocol):
    """A fitted scikit-learn classifier."""

    def predict(self, x: np.ndarray, /) -> np.ndarray:
        """(n,) labels of (n, d) features."""

    def predict_proba(self, x: np.ndarray, /) -> np.ndarray:
        """(n, C) shares of the labels."""


def cross_fits(
    make: Callable[[], object], x: np.ndarray, y: np.ndarray, *, folds: int, seed: int
) -> Iterator[tuple[Fitted, np.ndarray]]:
    """Fit an estimator on each part of a stratified cross-validation.

    Features are standardised (mean 0 and deviation 1, by the part learned from) before the
    estimator sees them. Where they do not vary in a part, its most frequent label is the answer:
    some estimators refuse such data. A caller stops early, for a cancelled run, by leaving the
    loop.

    Args:
        make: gives a new scikit-learn estimator.
        x: (n, d) features.
        y: (n,) labels, each of at least `folds` samples.
        folds: parts.
        seed: of the parts.

    Yields:
        The fitted pipeline, and the positions of the samples it has not seen.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for learn, unseen in parts.split(x, y):
        model = make() if np.ptp(x[learn], axis=0).any() else DummyClassifier()
        yield make_pipeline(StandardScaler(), model).fit(x[learn], y[learn]), unseen
