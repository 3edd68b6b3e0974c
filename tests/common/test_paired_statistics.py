"""Paired statistics against enumeration: two models on the same pictures."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from opcviz.common.statistics import difference, mcnemar, paired_difference, rate_interval


def tables(total: int):
    """All ways to share so many pictures among both, first, second, neither."""
    for both, first, second in itertools.product(range(total + 1), repeat=3):
        if both + first + second <= total:
            yield both, first, second, total - both - first - second


@pytest.mark.parametrize(
    "shares", [(0.8, 0.1, 0.05, 0.05), (0.4, 0.1, 0.1, 0.4), (0.6, 0.3, 0.02, 0.08)]
)
def test_the_paired_interval_holds_the_truth_as_often_as_it_says(shares):
    """Coverage by enumerating every outcome of 25 pictures with its multinomial probability."""
    logs = np.log(shares)
    held = seen = 0.0
    truth = 100 * (shares[1] - shares[2])
    for counts in tables(25):
        ways = math.lgamma(26) - sum(math.lgamma(c + 1) for c in counts)
        chance = math.exp(ways + float(np.dot(counts, logs)))
        low, high = paired_difference(*counts)
        seen += chance
        held += chance * (low <= truth <= high)
    assert seen == pytest.approx(1)
    assert 0.93 < held < 0.99


def test_without_correlation_it_is_the_interval_of_independent_samples():
    """Both · neither = first · second: the pairs carry no correlation."""
    low, high = paired_difference(40, 40, 10, 10)
    one, two = rate_interval(80, 100), rate_interval(50, 100)
    assert (low, high) == pytest.approx(difference(80, 50, one, two))


def test_models_that_mostly_agree_are_told_apart_by_fewer_pictures():
    paired = paired_difference(80, 8, 1, 11)
    unpaired = difference(88, 81, rate_interval(88, 100), rate_interval(81, 100))
    assert paired[0] > 0 > unpaired[0]
    assert paired[1] < unpaired[1]


def test_it_turns_round_with_the_models_and_stays_within_bounds():
    for counts in tables(9):
        both, first, second, neither = counts
        low, high = paired_difference(*counts)
        turned = paired_difference(both, second, first, neither)
        assert (low, high) == pytest.approx((-turned[1], -turned[0]))
        assert -100 <= low <= 100 * (first - second) / 9 <= high <= 100
        assert low < high


def test_mcnemar_is_the_exact_binomial_test():
    for first, second in ((0, 0), (5, 5), (1, 8), (9, 2), (0, 6)):
        many = first + second
        chances = [math.comb(many, k) / 2**many for k in range(many + 1)]
        by_hand = sum(p for p in chances if p <= chances[first] * (1 + 1e-9))
        assert mcnemar(first, second) == pytest.approx(min(by_hand, 1))
        assert mcnemar(first, second) == mcnemar(second, first)


def test_what_are_no_counts_is_refused():
    with pytest.raises(ValueError, match="are no counts of pairs"):
        paired_difference(0, 0, 0, 0)
    with pytest.raises(ValueError, match="are no counts of pairs"):
        paired_difference(3, -1, 0, 0)
    with pytest.raises(ValueError, match="-2 and 3 are no counts"):
        mcnemar(-2, 3)
