"""Fréchet distance, manifolds and the judge, against independent code and on empty pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from sklearn.neighbors import NearestNeighbors

from opcviz.data import DataSpec, load
from opcviz.measures.generation import (
    Jury,
    Manifold,
    diversity,
    drawn_pictures,
    frechet_distance,
    judge_report,
    nearest_distance,
    precision_recall,
    train_judge,
)
from opcviz.measures.generation.judge import Judged, showing_nothing
from opcviz.models.diffusion import pictures


def cloud(count: int, width: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(width, width, generator=generator)
    return torch.randn(count, width, generator=generator) @ mix + shift


def test_the_frechet_distance_is_that_of_the_textbook() -> None:
    one, two = cloud(60, 5, 0), cloud(90, 5, 1, 0.5)
    a, b = (each.double().numpy() for each in (one, two))
    covariances = np.cov(a.T), np.cov(b.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    gap = np.square(a.mean(0) - b.mean(0)).sum()
    expected = gap + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(one, two) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_a_shift_costs_its_square_where_rows_are_fewer_than_numbers() -> None:
    one = cloud(4, 30, 2)
    assert frechet_distance(one, one + 3.0) == pytest.approx(30 * 9.0, rel=1e-6)
    with pytest.raises(ValueError, match="two rows"):
        frechet_distance(one[:1], one)


@pytest.mark.parametrize("k", [1, 3])
def test_a_manifold_is_a_union_of_balls(k: int) -> None:
    real, asked = cloud(40, 3, 3), cloud(80, 3, 4)
    search = NearestNeighbors(n_neighbors=k + 1).fit(real.numpy())
    radii = search.kneighbors(real.numpy())[0][:, -1]
    apart = np.linalg.norm(asked.numpy()[:, None] - real.numpy()[None], axis=2)
    expected = (apart <= radii).any(1)
    assert 0 < expected.sum() < len(expected)  # or the test would tell nothing
    assert Manifold.of(real, k).holds(asked).tolist() == expected.tolist()
    assert Manifold.of(real, k).holds(real).all()
    precision, recall = precision_recall(asked, real, k)
    assert precision == pytest.approx(expected.mean())
    assert recall == pytest.approx(Manifold.of(asked, k).holds(real).double().mean().item())


def test_distances_between_pictures() -> None:
    drawn = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 8.0]]).view(3, 1, 1, 2)
    assert diversity(drawn) == pytest.approx((5 + 8 + 5) / 3, rel=1e-6)
    assert diversity(drawn[:1]) == 0
    assert nearest_distance(drawn, drawn[:1]) == pytest.approx((0 + 5 + 8) / 3, rel=1e-6)


def test_judged_is_not_genuine() -> None:
    told = Judged(
        torch.tensor([3, 3, 1, 10]),
        torch.tensor([True, False, True, False]),
        torch.tensor([0.0, 1.0, 1.0, 2.0]),
        torch.zeros(4, 1),
    )
    asked = drawn_pictures(told, torch.full((4,), 3), 10)
    assert (asked.judged, asked.genuine, asked.none, asked.inside) == (50, 25, 25, 50)
    assert asked.shares == {"1": 25.0, "3": 50.0}
    assert asked.entropy == pytest.approx(1.0)
    anything = drawn_pictures(told, torch.tensor([1, 3]), 10)
    assert (anything.judged, anything.genuine) == (75, 50)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_the_judge_takes_no_empty_picture_for_a_genuine_one() -> None:
    data = load(DataSpec("digits"))
    jury = Jury.of(train_judge(data, epochs=20), data)
    report = judge_report(jury, data, 0)
    assert report.accuracy >= 98
    assert sum(report.genuine.values()) / len(report.genuine) >= 85
    assert report.fooled.keys() == {"gaussian", "uniform", "grey", "black"}
    assert max(report.fooled.values()) <= 1
    for kind, shown in showing_nothing(data.shape).items():  # the argmax alone knows it, too
        assert (jury.look(shown).labels == data.classes).double().mean() >= 0.9, kind

    kept = Jury.from_arrays(jury.arrays(), data)
    x = pictures(data, torch.arange(50), "test")
    assert torch.equal(kept.look(x).labels, jury.look(x).labels)
    assert torch.equal(kept.look(x).features, jury.look(x).features)
