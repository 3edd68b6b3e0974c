"""Coincident samples against brute force, and what must not change them."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opcviz.common.records import Undefined
from opcviz.maps.coincident import COINCIDENT, class_radius, coincident


def brute_force(f, limit):
    """Complete linkage by hand: join the two nearest clusters as long as they lie that near."""
    clusters = [[i] for i in range(len(f))]
    far = np.linalg.norm(f[:, None] - f[None], axis=2)
    while len(clusters) > 1:
        apart, a, b = min(
            (far[np.ix_(a, b)].max(), i, j)
            for (i, a), (j, b) in itertools.combinations(enumerate(clusters), 2)
        )
        if apart > limit:
            break
        clusters[a] += clusters.pop(b)
    return {frozenset(c) for c in clusters if len(c) > 1}


def sets_of(groups):
    return {
        frozenset((groups == each).nonzero().flatten().tolist())
        for each in groups.unique().tolist()
        if each >= 0
    }


def cloud(seed=0, spots=3, width=1e-3, n=60, d=4):
    """Two kept classes of radius about 2, and forgotten samples on a few small spots."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, d))
    labels, forget = np.arange(n) % 4, np.arange(n) % 4 >= 2
    centres = 5 * rng.normal(size=(spots, d))
    features[forget] = centres[rng.integers(spots, size=forget.sum())]
    features[forget] += width * rng.normal(size=(forget.sum(), d))
    return torch.from_numpy(features), torch.from_numpy(labels), torch.from_numpy(forget)


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))]
)
@pytest.mark.parametrize("width", [1e-4, 5e-3, 2e-2])
def test_the_groups_are_those_of_complete_linkage(seed, width):
    features, labels, forget = cloud(seed, width=width)
    found = coincident(features, labels, forget)
    assert sets_of(found.groups) == brute_force(features.numpy(), COINCIDENT * found.radius)


@pytest.mark.parametrize("seed", range(4))
def test_no_two_of_a_group_are_further_apart_than_the_limit(seed):
    features, labels, forget = cloud(seed, width=8e-3)
    found = coincident(features, labels, forget)
    assert found.groups.max() >= 0
    for rows in sets_of(found.groups):
        own = features[sorted(rows)]
        assert torch.cdist(own, own).max() <= COINCIDENT * found.radius * (1 + 1e-9)


def test_the_radius_is_the_median_over_the_kept_classes():
    features = torch.tensor([[0.0], [2], [0], [6], [0], [20], [0], [1000]])
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    assert class_radius(features, labels, labels < 3) == 3
    assert class_radius(features, labels, labels < 0) == Undefined(
        "no class has two kept samples here: there is no class radius"
    )


def test_where_samples_are_forgotten_all_classes_have_a_radius():
    features, labels, _ = cloud()
    forget = torch.arange(len(labels)) % 10 == 0
    found = coincident(features, labels, forget)
    each = [
        (f - f.mean(0)).square().sum(1).mean().sqrt()
        for c in range(4)
        if len(f := features[(labels == c) & ~forget])
    ]
    assert found.radius == pytest.approx(float(np.median(each)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), power=st.integers(-60, 60))
def test_the_size_of_the_features_changes_nothing(seed, power):
    features, labels, forget = cloud(seed, width=4e-3)
    plain, scaled = (coincident(features * s, labels, forget) for s in (1.0, 2.0**power))
    assert torch.equal(plain.groups, scaled.groups)
    assert scaled.widths == pytest.approx(plain.widths)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99))
def test_the_order_of_the_samples_changes_nothing(seed):
    features, labels, forget = cloud(seed, width=4e-3)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(labels)))
    plain = coincident(features, labels, forget)
    mixed = coincident(features[order], labels[order], forget[order])
    back = torch.empty_like(plain.groups)
    back[order] = mixed.groups
    assert sets_of(back) == sets_of(plain.groups)


def test_the_largest_group_comes_first_and_has_its_width():
    features, labels, forget = cloud(spots=1, width=1e-4)
    features[:2] = 9.0  # two kept samples on one spot
    found = coincident(features, labels, forget)
    assert found.groups[:2].tolist() == [1, 1]
    assert torch.equal(found.groups == 0, forget)
    kept = features[~forget]
    whole = (kept - kept.mean(0)).square().sum(1).mean().sqrt()
    own = features[forget] - features[forget].mean(0)
    assert found.widths[0] == pytest.approx(float(own.square().sum(1).mean().sqrt() / whole))
    assert found.widths[1] == 0


def test_classes_that_are_told_apart_make_no_group():
    features, labels, forget = cloud(width=0.5)
    assert (coincident(features, labels, forget).groups == -1).all()


def test_samples_with_the_very_same_features_are_one_group():
    features, labels, forget = cloud(width=0.5)
    features[[4, 9, 23]] = features[[5]]
    assert sets_of(coincident(features, labels, forget).groups) == {frozenset({4, 5, 9, 23})}


def test_a_model_that_puts_everything_on_one_spot():
    found = coincident(torch.full((30, 5), 0.3), torch.arange(30) % 3, torch.arange(30) % 3 == 0)
    assert (found.groups == 0).all()
    assert found.radius == 0
    assert found.widths == (Undefined("the kept samples have no width"),)


def test_a_diverged_model_has_no_groups():
    features, labels, forget = cloud()
    features[3, 1] = torch.nan
    found = coincident(features, labels, forget)
    assert (found.groups == -1).all()
    assert "diverged" in found.reason
    assert found.radius == Undefined(found.reason)


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_samples_make_no_group(n):
    found = coincident(torch.zeros(n, 3), torch.zeros(n, dtype=int), torch.zeros(n, dtype=bool))
    assert found.groups.tolist() == [-1] * n


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"got \(3, 2\), \(2,\) and \(3,\)"):
        coincident(torch.zeros(3, 2), torch.zeros(2, dtype=int), torch.zeros(3, dtype=bool))


def test_five_thousand_samples_need_no_linkage_of_all():
    features = torch.randn(5000, 8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(5000) % 10
    forget = labels == 0
    features[forget] *= 1e-5
    found = coincident(features, labels, forget)
    assert torch.equal(found.groups == 0, forget)
