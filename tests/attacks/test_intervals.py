"""Bootstrap intervals against scipy's bootstrap, brute force and the exact binomial interval."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from opcviz.attacks.intervals import accuracy_interval, mean_interval


@pytest.mark.parametrize(("hits", "count"), [(30, 90), (1, 50), (400, 430), (7500, 15000)])
def test_an_accuracys_interval_is_scipys_bootstrap_of_the_outcomes(hits, count):
    outcomes = np.arange(count) < hits
    ours = accuracy_interval(hits, count, resamples=20_000)
    theirs = stats.bootstrap(
        (100.0 * outcomes,),
        np.mean,
        n_resamples=4000,
        method="percentile",
        batch=100,
        rng=np.random.default_rng(5),
    ).confidence_interval
    slack = 0.15 * (ours["high"] - ours["low"]) + 100 / count  # resampling noise, one sample's step
    assert ours["low"] == pytest.approx(theirs.low, abs=slack)
    assert ours["high"] == pytest.approx(theirs.high, abs=slack)
    assert ours["low"] <= 100 * hits / count <= ours["high"]


@pytest.mark.parametrize("count", [1, 10, 500])
def test_where_all_outcomes_agree_the_exact_interval_stands_in(count):
    for hits in (0, count):
        ours = accuracy_interval(hits, count)
        exact = stats.binomtest(hits, count).proportion_ci(0.95, "exact")
        assert ours["method"] == "clopper-pearson"
        assert ours["low"] == pytest.approx(100 * exact.low)
        assert ours["high"] == pytest.approx(100 * exact.high)


def test_coverage_is_what_it_claims():
    """Of 400 samples of 200 from a share of 30 %, some 95 % of the intervals hold the truth."""
    drawn = np.random.default_rng(0).binomial(200, 0.3, 400)
    inside = [i["low"] <= 30 <= i["high"] for i in (accuracy_interval(int(h), 200) for h in drawn)]
    assert 0.92 < np.mean(inside) < 0.98


def test_a_means_interval_is_scipys():
    values = torch.rand(40, generator=torch.Generator().manual_seed(0)) ** 3 * 30
    ours = mean_interval(torch.cat([values, torch.tensor([torch.nan, torch.inf])]), resamples=5000)
    theirs = stats.bootstrap(
        (values.numpy(),), np.mean, n_resamples=5000, method="percentile", rng=3
    ).confidence_interval
    assert ours["low"] == pytest.approx(theirs.low, rel=0.03)
    assert ours["high"] == pytest.approx(theirs.high, rel=0.03)
    assert mean_interval(values[:1]) is None
    assert mean_interval([]) is None


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 3000), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_intervals_are_ordered_repeatable_and_symmetric_in_law(count, share, seed):
    hits = round(share * count)
    found = accuracy_interval(hits, count, seed=seed)
    assert 0 <= found["low"] <= found["high"] <= 100
    assert found == accuracy_interval(hits, count, seed=seed)
    wide = accuracy_interval(hits, count, seed=seed, level=99)
    assert wide["low"] <= found["low"] <= found["high"] <= wide["high"]
    json.dumps(found, allow_nan=False)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="no samples"):
        accuracy_interval(0, 0)
    with pytest.raises(ValueError, match="5 right answers of 4"):
        accuracy_interval(5, 4)
    with pytest.raises(ValueError, match="between 0 and 100"):
        accuracy_interval(1, 4, level=100)
    with pytest.raises(ValueError, match="at least one resample"):
        mean_interval([1.0, 2.0], resamples=0)
