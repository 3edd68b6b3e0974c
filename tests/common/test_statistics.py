"""Intervals against closed forms, published examples and coverage; folds against scikit-learn's."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from opcviz.common.statistics import (
    auc_interval,
    cross_fits,
    difference,
    mean_interval,
    rate_interval,
    subsample,
    wilson,
)

COUNTS = [(0, 20), (7, 20), (20, 20), (0, 430), (1, 430), (7500, 15000)]


@pytest.mark.parametrize(("hits", "count"), COUNTS)
def test_wilsons_interval_is_the_closed_form(hits, count):
    """The p with |p − h/n| = z·√(p(1 − p)/n), solved for p (Wilson 1927)."""
    z, share = stats.norm.ppf(0.975), hits / count
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + (z / count) ** 2 / 4)
    expected = (max(0, 100 * (centre - half)), min(100, 100 * (centre + half)))
    assert rate_interval(hits, count) == pytest.approx(expected, abs=1e-9)
    assert wilson(100 * hits / count, count) == rate_interval(hits, count)


@pytest.mark.parametrize("level", [50.0, 95.0, 99.9])
@pytest.mark.parametrize(("hits", "count"), COUNTS)
def test_wilsons_interval_is_scipys(hits, count, level):
    found = stats.binomtest(hits, count).proportion_ci(level / 100, "wilson")
    expected = 100 * found.low, 100 * found.high
    assert rate_interval(hits, count, level=level) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("hits", "count"), COUNTS)
def test_the_exact_interval_is_made_of_beta_quantiles(hits, count):
    low, high = rate_interval(hits, count, method="exact")
    assert low == pytest.approx(
        100 * (stats.beta.ppf(0.025, hits, count - hits + 1) if hits else 0)
    )
    above = stats.beta.ppf(0.975, hits + 1, count - hits) if hits < count else 1
    assert high == pytest.approx(100 * above)


def test_one_right_answer_more_never_lowers_the_interval():
    """A bootstrap gave 0 of 430 a higher upper end than 1 of 430."""
    ends = [rate_interval(hits, 430) for hits in range(431)]
    for before, after in pairwise(ends):
        assert before[0] < after[0]
        assert before[1] < after[1]


def test_coverage_is_what_it_claims():
    """Averaged over rates, some 95 % of the intervals of 200 outcomes hold the true rate."""
    generator, inside = np.random.default_rng(0), []
    for share in generator.uniform(0.02, 0.98, 600):
        low, high = rate_interval(int(generator.binomial(200, share)), 200)
        inside.append(low <= 100 * share <= high)
    assert 0.93 < np.mean(inside) < 0.97


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 3000), share=st.floats(0, 1))
def test_intervals_are_ordered_hold_the_rate_and_mirror(count, share):
    hits = round(share * count)
    low, high = rate_interval(hits, count)
    assert 0 <= low <= 100 * hits / count + 1e-9
    assert 100 * hits / count - 1e-9 <= high <= 100
    mirrored = rate_interval(count - hits, count)
    assert mirrored == pytest.approx((100 - high, 100 - low), abs=1e-9)
    wide = rate_interval(hits, count, level=99)
    assert wide[0] <= low + 1e-9
    assert high - 1e-9 <= wide[1]


def test_the_interval_of_a_difference_is_newcombes():
    """Newcombe 1998, Table II, example (a), method 10: 56/70 against 48/80."""
    found = difference(80, 60, wilson(80, 70), wilson(60, 80))
    assert found == pytest.approx((5.24, 33.39), abs=0.01)
    assert difference(80, 60, None, (50, 70)) is None
    assert difference(80, 60, (70, 90), None) is None


@settings(max_examples=50, deadline=None)
@given(auc=st.floats(0, 1), members=st.integers(1, 500), nonmembers=st.integers(1, 500))
def test_the_ends_of_an_auc_interval_solve_newcombes_equation(auc, members, nonmembers):
    """|θ − auc| = z·√V(θ) with V of Newcombe 2006, method 5, where the end is not 0 or 1."""
    low, high = auc_interval(auc, members, nonmembers)
    assert 0 <= low <= auc <= high <= 1
    for theta in (low, high):
        more = (members + nonmembers) / 2 - 1
        pairs = 1 + more * (1 - theta) / (2 - theta) + more * theta / (1 + theta)
        error = math.sqrt(theta * (1 - theta) * pairs / (members * nonmembers))
        assert abs(theta - auc) == pytest.approx(stats.norm.ppf(0.975) * error, abs=1e-6)


def test_an_auc_interval_does_not_vanish_at_the_ends_and_mirrors():
    low, high = auc_interval(1.0, 50, 50)
    assert high == 1
    assert 0.8 < low < 0.98
    mirrored = auc_interval(0.3, 30, 80)
    assert mirrored == pytest.approx([1 - v for v in reversed(auc_interval(0.7, 30, 80))])
    half = auc_interval(0.5, 30, 80)[1] - 0.5  # V(½) is the rank test's null variance
    assert half == pytest.approx(1.96 * math.sqrt(111 / (12 * 30 * 80)), rel=0.05)


def test_a_means_interval_is_that_of_plain_resampling():
    values = np.random.default_rng(0).random(40) ** 3 * 30
    found = mean_interval([*values, math.nan, math.inf])
    generator = np.random.default_rng(3)
    means = [generator.choice(values, 40).mean() for _ in range(5000)]
    assert found[0] == pytest.approx(np.percentile(means, 2.5), rel=0.06)
    assert found[1] == pytest.approx(np.percentile(means, 97.5), rel=0.06)
    assert found == mean_interval(values)
    assert mean_interval(values[:1]) is None
    assert mean_interval([]) is None
    assert mean_interval([2.0, 2.0]) == (2, 2)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="no samples"):
        rate_interval(0, 0)
    with pytest.raises(ValueError, match="5 right answers of 4"):
        rate_interval(5, 4)
    with pytest.raises(ValueError, match="between 0 and 100"):
        rate_interval(1, 4, level=100)


def test_a_subsample_is_drawn_once_each_and_named_by_its_seed():
    found = [subsample(50, 20, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert len(set(found[0].tolist())) == 20
    assert (np.diff(found[0]) > 0).all()
    assert found[0].max() < 50
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()
    assert subsample(5, 20, np.random.default_rng(0)).tolist() == [0, 1, 2, 3, 4]


def test_cross_fits_answer_as_scikit_learns_cross_validation():
    generator = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = generator.normal(size=(90, 4)) * [1e-3, 1, 50, 1e3] + y[:, None] * [1e-3, 0, 0, 1e3]
    ours = np.empty_like(y)
    for fit, unseen in cross_fits(LogisticRegression, x, y, folds=5, seed=7):
        ours[unseen] = fit.predict(x[unseen])
    folds = StratifiedKFold(5, shuffle=True, random_state=7)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    assert (ours == cross_val_predict(pipeline, x, y, cv=folds)).all()
    assert 0.5 < (ours == y).mean() < 1


def test_where_a_part_does_not_vary_its_most_frequent_label_is_the_answer():
    x, y = np.zeros((20, 2)), np.repeat([0, 1], [12, 8])
    x[0] = 5  # seen by every part but the one that is asked about it
    fits = list(cross_fits(LogisticRegression, x, y, folds=4, seed=0))
    assert len(fits) == 4
    still = [fit for fit, unseen in fits if 0 in unseen]
    assert [fit.predict(x[:1]).tolist() for fit in still] == [[0]]
    assert still[0].predict([[-5.0, 0.0]]).tolist() == [0]
