"""How far one more retrained model could lie above those in hand, attacker by attacker.

The largest of a few retrained models is a poor line: a further one passes it by luck, and with
dozens of attackers some line is nearly always passed. So each attacker's line is a prediction
bound, m + t·s·√(1 + 1/n). Three models tell little about the spread of one attacker's figures; the
spreads of all attackers steady it, as in the moderated t statistic (Smyth 2004, "Linear models and
empirical Bayes methods"): s² = (d₀·s₀² + (n − 1)·s_k²) / (d₀ + n − 1), where s_k² is the variance
of attacker k over n models and s₀² the mean of these over all attackers. Those whose figure is the
mean over many draws of given pictures vary less than others, and those who read the order of a few
logits more, since whole classes change places; each such group has an s₀² of its own.

Percentages are compared on Anscombe's scale, arcsin √((x + 3/8) / (n + 3/4)), where the variance of
a rate does not depend on the rate.

Where luck can be told otherwise, it is: to a model that never saw the forgotten classes the names
of their outputs mean nothing, and a rule that weighs these outputs alike (`Attempt.renamed`) could
as well have had what it gets with the names in any other order. The figures under all k orders of n
models are pooled: m their mean, s their deviation from it, the line m + t·s·√(1 + 1/(kn)), with a
degree of freedom a model for each forgotten class but one. Not so for rules that do not weigh the
outputs alike: there one output mostly answers all, most orders give the same, and s says little of
the few that do not.

`python -m benchmarks.calibration` measures how often a retrained model passes these lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from statistics import fmean

from ..results import Attempt

__all__ = ["Key", "Spread"]

Key = tuple[str, str, str, str, int]
"""Of an attacker, see `Attempt.key`."""
ALIKE = {
    "few_shot": "averaged",
    "few_shot_cosine": "averaged",
    "masked_greatest": "masked",
    "masked_least": "masked",
    "masked_greatest_centred": "masked",
    "masked_least_centred": "masked",
    "own_head": "own_head",
    "own_head_centred": "own_head",
    "slope_affine": "slope",
    "slope_rbf": "slope",
}
"""Attackers whose figures do not vary as those of the others, by whom they vary like."""
PRIOR = 4
"""Degrees of freedom that the spread of all attackers counts for, d₀."""
FREE = {2: 1, 6: 2, 24: 3}
"""Degrees of freedom of a model's figures, by how many orders of names there are: of 2, 3, and 4
forgotten classes or more."""


class Spread:
    """The prediction bounds of a band.

    Args:
        tried: the attempts on every retrained model, by attacker; of each on as many models.
    """

    def __init__(self, tried: Mapping[Key, Sequence[Attempt]]) -> None:
        self._renamed = {key: found for key, found in tried.items() if _renamed(found)}
        self._of = {
            key: _mean_and_variance(found)
            for key, found in tried.items()
            if key not in self._renamed
        }
        self._scored = {key: found[0].scored for key, found in tried.items()}
        self._count = max((len(found) for found in tried.values()), default=0)
        self._common = {
            alike: fmean(v for key, (_, v) in self._of.items() if ALIKE.get(key[0]) == alike)
            for alike in {ALIKE.get(key[0]) for key in self._of}
        }

    def bound(self, key: Key, above: float, others: Sequence[Attempt] = ()) -> float | None:
        """What one more retrained model stays below, but for `above` percent of them.

        Args:
            key: of the attacker.
            above: percent of further retrained models that may lie above, 0 to 50.
            others: his attempts on several models of one method, where the mean of so many is
                asked for; their own spread counts as well.

        Returns:
            Percent of the forgotten pictures; None where the spread is not known, because there is
            one retrained model, which has not been asked under other names either.
        """
        n, m = self._count, max(len(others), 1)
        if key in self._renamed:  # one model has all orders, too
            return self._by_names(key, above, m)
        if n < 2:
            return None
        (mean, spread), scored = self._of[key], self._scored[key]
        free = PRIOR + n - 1 + m - 1
        squares = PRIOR * self._common[ALIKE.get(key[0])] + (n - 1) * spread
        if m > 1:
            squares += (m - 1) * _mean_and_variance(others)[1]
        s = math.sqrt(squares / free)
        reached = mean + _student(above, free) * s * math.sqrt(1 / m + 1 / n)
        return _percent(reached, scored)

    def _by_names(self, key: Key, above: float, m: int) -> float:
        """The line by all orders of the forgotten classes' names, of a mean over m models."""
        found, scored = self._renamed[key], self._scored[key]
        values = [_steady(share, scored) for each in found for share in each.renamed]
        mean = fmean(values)
        s = math.sqrt(fmean((v - mean) ** 2 for v in values))
        free = FREE[len(found[0].renamed)] * len(found)
        reached = mean + _student(above, free) * s * math.sqrt(1 / m + 1 / len(values))
        return _percent(reached, scored)


def _renamed(found: Sequence[Attempt]) -> bool:
    """Whether every attempt has its figures under all orders of names, and as many."""
    counts = {len(each.renamed) for each in found}
    return len(counts) == 1 and counts <= FREE.keys()


def _mean_and_variance(attempts: Sequence[Attempt]) -> tuple[float, float]:
    """Of the steadied shares; the variance of one is 0."""
    values = [_steady(each.recovered, each.scored) for each in attempts]
    mean = fmean(values)
    return mean, sum((v - mean) ** 2 for v in values) / max(len(values) - 1, 1)


def _steady(percent: float, scored: int) -> float:
    """A share of so many pictures on Anscombe's scale, 0 to π/2."""
    return math.asin(math.sqrt((percent / 100 * scored + 0.375) / (scored + 0.75)))


def _percent(steady: float, scored: int) -> float:
    """The share whose value on that scale this is, at most 100."""
    share = math.sin(min(steady, math.pi / 2)) ** 2
    return min(100.0, max(0.0, 100 * (share * (scored + 0.75) - 0.375) / scored))


@cache
def _student(above: float, free: int) -> float:
    """The quantile that t passes with a chance of `above` percent, for whole degrees of freedom.

    By bisection of the closed form (Abramowitz and Stegun 26.7.3 and 26.7.4): pages judge, and are
    served without scipy.
    """
    low, high = 0.0, 1.0
    while 1 - _below(high, free) > above / 100:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if 1 - _below(middle, free) > above / 100 else (low, middle)
    return high


def _below(t: float, free: int) -> float:
    """The share of Student's distribution below t, at least 0."""
    angle = math.atan(t / math.sqrt(free))
    cosine = math.cos(angle)
    first = free % 2
    term, total = (cosine, 0.0) if first else (1.0, 0.0)
    for power in range(first, free - 1, 2):
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    inside = math.sin(angle) * total
    return 0.5 + ((angle + inside) / math.pi if first else inside / 2)
