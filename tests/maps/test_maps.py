from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from opcviz import maps
from opcviz.common.records import Undefined
from opcviz.maps import neighbours
from opcviz.maps.neighbours import fuzzy_graph, nearest

NEIGHBOUR_KINDS = ("umap", "densmap")


@pytest.fixture(scope="module")
def digits():
    return torch.from_numpy(load_digits().data[:300]).float()


# ---- the linear map ----------------------------------------------------------------------------


def test_pca_keeps_the_origin_and_the_singular_values(digits):
    points = maps.draw(digits, "pca").points
    _, s, vt = np.linalg.svd(digits.double().numpy(), full_matrices=False)
    expected = digits.double().numpy() @ vt[:2].T
    assert np.abs(points.numpy()) == pytest.approx(np.abs(expected), abs=1e-3)
    assert points.norm(dim=0).numpy() == pytest.approx(s[:2], rel=1e-5)
    with_origin = torch.cat([digits, torch.zeros(1, 64)])
    assert maps.draw(with_origin, "pca").points[-1].tolist() == [0, 0]


@settings(max_examples=25, deadline=None)
@given(angle=st.floats(-3.2, 3.2), mirror=st.booleans(), scale=st.floats(0.1, 10))
def test_rotate_to_undoes_a_turn_and_a_mirror_but_no_scale(angle, mirror, scale):
    points = torch.randn(20, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    c, s = np.cos(angle), np.sin(angle)
    turn = (
        torch.tensor([[c, -s], [s, c]])
        @ torch.diag(torch.tensor([1.0, -1.0 if mirror else 1.0])).double()
    )
    found = maps.rotate_to(points @ turn * scale, points)
    torch.testing.assert_close(found, scale * points)


def test_pca_with_a_start_is_turned_only(digits):
    plain = maps.draw(digits, "pca").points
    turned = maps.draw(digits, "pca", start=plain.flip(1) + 100).points
    torch.testing.assert_close(turned.norm(dim=1), plain.norm(dim=1), rtol=1e-4, atol=1e-4)
    again = maps.draw(digits, "pca", start=plain.flip(1)).points
    torch.testing.assert_close(again, plain.flip(1), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 5), (7, 1), (2, 9)])
def test_pca_of_small_shapes(shape):
    points = maps.draw(torch.ones(shape), "pca").points
    assert points.shape == (shape[0], 2)
    assert points[:, 0].tolist() == pytest.approx([shape[1] ** 0.5] * shape[0])


# ---- the neighbour graph -----------------------------------------------------------------------


def test_nearest_agrees_with_scikit_learn(digits):
    indices, distances = nearest(digits.double(), 15)
    expected, _ = (
        NearestNeighbors(n_neighbors=14, algorithm="brute").fit(digits.double()).kneighbors()
    )
    assert distances[:, 1:] == pytest.approx(expected, abs=1e-6)
    assert (indices[:, 0] == np.arange(300)).all()


def test_nearest_among_duplicates_starts_with_itself_at_distance_zero():
    points = torch.full((40, 3), 1e3, dtype=torch.float64) + 1e-7
    points[30:] += 1
    indices, distances = nearest(points, 5)
    assert (indices[:, 0] == np.arange(40)).all()
    assert (distances == 0).all()
    assert all(len(set(row)) == 5 for row in indices.tolist())


def test_fuzzy_graph_by_hand(digits):
    """Directed weights of a sample add up to log2 k; the union is w + w' − w·w', by loops."""
    indices, distances = nearest(digits[:60].double(), 6)
    graph = fuzzy_graph(indices, distances).toarray()
    directed = np.zeros((60, 60))
    for i in range(60):
        rho = distances[i, 1]
        low, high = 1e-6, 1e6
        for _ in range(200):
            sigma = (low * high) ** 0.5
            total = sum(np.exp(-max(0, x - rho) / sigma) for x in distances[i, 1:])
            low, high = (low, sigma) if total > np.log2(6) else (sigma, high)
        assert total == pytest.approx(np.log2(6), abs=1e-6)
        for j, x in zip(indices[i, 1:], distances[i, 1:], strict=True):
            directed[i, j] = np.exp(-max(0, x - rho) / sigma)
    expected = directed + directed.T - directed * directed.T
    assert graph == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_fuzzy_graph_agrees_with_umap_learn(digits):
    from umap.umap_ import fuzzy_simplicial_set

    features = digits.clone()
    features[:40] = features[0]  # a contracted class
    indices, distances = nearest(features.double(), 15)
    theirs, _, _ = fuzzy_simplicial_set(
        features.numpy(), 15, None, "euclidean", knn_indices=indices, knn_dists=distances
    )
    assert fuzzy_graph(indices, distances).toarray() == pytest.approx(theirs.toarray(), abs=1e-4)


# ---- UMAP and densMAP --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", NEIGHBOUR_KINDS)
def test_neighbours_stay_neighbours_and_the_map_repeats(digits, kind):
    first, second = maps.draw(digits, kind, seed=3), maps.draw(digits, kind, seed=3)
    assert torch.equal(first.points, second.points)
    assert first.points.dtype == torch.float32
    assert trustworthiness(digits, first.points, n_neighbors=10) > 0.95
    assert first.points.mean(0).abs().max() < 1e-4
    other = maps.draw(digits, kind, seed=4).points
    assert not torch.equal(first.points, other)


@pytest.mark.slow
@pytest.mark.parametrize("kind", NEIGHBOUR_KINDS)
def test_a_start_keeps_the_map_in_place(digits, kind):
    noise = torch.randn(digits.shape, generator=torch.Generator().manual_seed(0))
    reference = maps.draw(digits, kind).points
    aligned = maps.draw(digits + noise, kind, start=reference).points
    moved = (aligned - reference).norm(dim=1).mean() / reference.norm(dim=1).mean()
    assert moved < 0.6
    assert torch.equal(aligned, maps.draw(digits + noise, kind, start=reference).points)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("middle", "kind"), [(0, "umap"), (1, "umap"), (2, "umap"), (2, "densmap")]
)
def test_what_the_start_puts_in_the_middle_stays_there(kind, middle):
    """Three far blobs, which features alone would place in any order."""
    blob = torch.arange(90) % 3
    g = torch.Generator().manual_seed(0)
    features = 20 * torch.nn.functional.one_hot(blob, 5) + torch.randn(90, 5, generator=g)
    start = torch.randn(90, 2, generator=g) * 0.1
    start[:, 0] += 10 * ((blob - middle) % 3 == 1) - 10 * ((blob - middle) % 3 == 2).int()
    points = maps.draw(features, kind, start=start).points
    left, centre, right = (points[(blob - middle) % 3 == k].mean(0) for k in (2, 0, 1))
    assert left[0] < centre[0] < right[0]
    assert (left - right).norm() > max((left - centre).norm(), (right - centre).norm())


@pytest.mark.slow
def test_density_shows_in_densmap_and_not_in_umap(digits):
    """A class contracted 1000 times: what plain UMAP hides is what densMAP is for."""
    g = torch.Generator().manual_seed(0)
    forget = torch.arange(300) < 100
    features = torch.randn(300, 8, generator=g)
    features[forget] = 8 + 1e-3 * features[forget]
    ratio = {
        kind: maps.radius_ratio(maps.draw(features, kind).points, forget) for kind in maps.KINDS
    }
    assert ratio["pca"] < 0.01
    assert ratio["densmap"] < 0.5 * ratio["umap"]
    assert ratio["umap"] > 0.4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "kind"),
    [*((n, "umap") for n in (1, 2, 3, 5, 14, 15, 16)), (2, "densmap"), (14, "densmap")],
)
def test_few_samples_are_drawn(kind, n):
    points, note = maps.draw(torch.randn(n, 4, generator=torch.Generator().manual_seed(n)), kind)
    assert points.shape == (n, 2)
    assert points.isfinite().all()
    assert bool(note) == (n < 15)


@pytest.mark.slow
@pytest.mark.parametrize("kind", NEIGHBOUR_KINDS)
def test_collapsed_features_are_drawn(digits, kind):
    """All at one point; a class at one point; two points only; a start that coincides."""
    whole = maps.draw(torch.full((50, 4), 0.1), kind)
    assert whole.points.abs().max() == 0
    assert whole.note == "all features are one point"
    partly = digits.clone()
    partly[:90] = 0
    twins = torch.ones(60, 4)
    twins[30:] = 2
    for features, start in (
        (partly, None),
        (partly, maps.draw(digits, "pca").points),
        (digits, torch.zeros(300, 2)),
        (twins, None),
        (twins, torch.zeros(60, 2)),
    ):
        points = maps.draw(features, kind, start=start, epochs=50).points
        assert points.isfinite().all()
        assert points.std() > 0


@pytest.mark.parametrize("kind", maps.KINDS)
def test_bad_input_is_named(digits, kind):
    with pytest.raises(ValueError, match=r"1 of 300 samples are NaN or infinite \(first: row 7\)"):
        maps.draw(digits.index_fill(0, torch.tensor([7]), float("nan")), kind)
    with pytest.raises(ValueError, match=r"wants finite \(300, 2\) points"):
        maps.draw(digits, kind, start=torch.zeros(299, 2))
    with pytest.raises(ValueError, match=r"wants \(n, d\) features"):
        maps.draw(digits[:0], kind)
    with pytest.raises(ValueError, match="'tsne' is unknown"):
        maps.draw(digits, "tsne")


def test_the_ratio_is_that_of_the_radii():
    points = torch.tensor([[0.0, 1], [0, -1], [2, 0], [-2, 0], [2, 0], [-2, 0]])
    forget = torch.tensor([True, True, False, False, False, False])
    assert maps.radius_ratio(points, forget) == pytest.approx(0.5)
    none = maps.radius_ratio(points, ~forget & False)
    assert none == Undefined("the map has no forget or no retain samples")
    assert "one place" in maps.radius_ratio(points * 0, forget).reason
    with pytest.raises(ValueError, match="mask"):
        maps.radius_ratio(points, forget[1:])


def test_what_numba_compiles_is_kept(digits: torch.Tensor) -> None:
    """A second program loads what the first one compiled: numba has a folder for it."""
    from umap import layouts  # 1.5 s, which the workers that collect this file need not take

    neighbours._keep_what_is_compiled.cache_clear()
    maps.draw(digits[:40], "umap", epochs=11)
    kept = layouts._nb_optimize_layout_euclidean_single_epoch.stats
    assert list(Path(kept.cache_path).glob("layouts._optimize_layout_euclidean_single_epoch*.nbi"))


def test_maps_are_drawn_where_nothing_can_be_kept(
    digits: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Step:
        def enable_caching(self) -> None:
            raise RuntimeError("cannot cache function: no locator available")

    from umap import layouts

    for step in (Step(), None):  # no folder to write to; another name in a later version
        with monkeypatch.context() as patch:
            patch.setattr(layouts, "_nb_optimize_layout_euclidean_single_epoch", step)
            neighbours._keep_what_is_compiled.cache_clear()
            neighbours._keep_what_is_compiled()
    drawn = maps.draw(digits[:40], "umap", epochs=11).points
    assert drawn.isfinite().all()
