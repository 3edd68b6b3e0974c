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
}
"""Attackers whose figures do not vary as those of the others, by whom they vary like."""
PRIOR = 4
"""Degrees of freedom that the spread of all attackers counts for, d₀."""


class Spread:
    """The prediction bounds of a band.

    Args:
        tried: the attempts on every retrained model, by attacker; of each on as many models.
    """

    def __init__(self, tried: Mapping[Key, Sequence[Attempt]]) -> None:
        self._of = {key: _mean_and_variance(found) for key, found in tried.items()}
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
            one retrained model.
        """
        n, m = self._count, max(len(others), 1)
        if n < 2:
            return None
        (mean, spread), scored = self._of[key], self._scored[key]
        free = PRIOR + n - 1 + m - 1
        squares = PRIOR * self._common[ALIKE.get(key[0])] + (n - 1) * spread
        if m > 1:
            squares += (m - 1) * _mean_and_variance(others)[1]
        s = math.sqrt(squares / free)
        reached = mean + _student(above, free) * s * math.sqrt(1 / m + 1 / n)
        share = math.sin(min(reached, math.pi / 2)) ** 2
        return min(100.0, max(0.0, 100 * (share * (scored + 0.75) - 0.375) / scored))


def _mean_and_variance(attempts: Sequence[Attempt]) -> tuple[float, float]:
    """Of the steadied shares; the variance of one is 0."""
    values = [_steady(each) for each in attempts]
    mean = fmean(values)
    return mean, sum((v - mean) ** 2 for v in values) / max(len(values) - 1, 1)


def _steady(attempt: Attempt) -> float:
    """The share recovered on Anscombe's scale, 0 to π/2."""
    hits = attempt.recovered / 100 * attempt.scored
    return math.asin(math.sqrt((hits + 0.375) / (attempt.scored + 0.75)))


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
