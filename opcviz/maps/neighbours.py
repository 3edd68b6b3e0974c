"""UMAP (McInnes et al. 2018, arXiv 1802.03426) and densMAP (Narayan et al. 2021).

The layout is optimised by umap-learn. The neighbour graph in front of it is made here, exactly and
in plain array code: for some thousand probe samples that is as fast as umap-learn's, while theirs
compiles for ten seconds on first use and runs in numba's thread pool, which two threads of one
program may not enter at once.

`umap.layouts`, `umap.spectral` and `umap.umap_` are not umap-learn's public interface, and the
signatures used here are those of version 0.5: the requirement must stay below 0.6.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import coo_matrix

__all__ = ["fuzzy_graph", "nearest", "neighbour_map", "warm_up"]

NEIGHBOURS = 15  # umap-learn's defaults, the field's standard
MIN_DIST = 0.1
DENS_LAMBDA, DENS_FRACTION, DENS_SHIFT = 2.0, 0.3, 0.1
EXTENT = 10.0  # side of the square in which the optimiser's step lengths make sense
EPOCHS = {False: (500, 200), True: (700, 300)}  # densMAP or not: from nothing, from a start


def neighbour_map(
    features: Tensor, *, dense: bool, start: Tensor | None, seed: int, epochs: int | None
) -> tuple[Tensor, str]:
    """Lay features (n, d) out in the plane so that neighbours stay neighbours.

    Args:
        features: (n, d) float64, finite, not all the same.
        dense: densMAP, which also keeps how dense each neighbourhood is.
        start: (n, 2) layout to begin with; else a spectral one.
        seed: of the optimiser's sampling.
        epochs: passes over the graph's edges; by default 500 (700 for densMAP), 200 (300) with a
            start, which needs to be adapted only.

    Returns:
        (n, 2) float64 points and a note.
    """
    from umap.layouts import optimize_layout_euclidean

    _keep_what_is_compiled()
    n = len(features)
    k = min(NEIGHBOURS, n)
    indices, distances = nearest(features, k)
    graph = fuzzy_graph(indices, distances)
    epochs = epochs or EPOCHS[dense][start is not None]
    keep = graph.data >= graph.data.max() / epochs  # weaker edges would never be drawn
    head, tail, weight = graph.row[keep], graph.col[keep], graph.data[keep].astype(np.float32)

    rng = np.random.RandomState(seed % 2**32)
    if start is None:
        initial = _spectral(graph, features, rng) if n > k else _principal(features)
    else:
        initial = start.numpy()
    points = _fit_square(initial, rng)
    a, b = _curve_parameters()
    points = optimize_layout_euclidean(
        points,
        points,
        head.astype(np.int32),
        tail.astype(np.int32),
        epochs,
        n,
        (weight.max() / weight).astype(np.float64),  # epochs between two draws of an edge
        a,
        b,
        rng.randint(np.iinfo(np.int32).min, np.iinfo(np.int32).max, 3).astype(np.int64),
        parallel=False,  # numba's thread pool aborts the program if two threads enter it
        densmap=dense,
        densmap_kwds=_densmap_arguments(features, head, tail, weight, n) if dense else None,
        move_other=True,
    )
    note = f"only {n} samples: {k} neighbours instead of {NEIGHBOURS}" if n < NEIGHBOURS else ""
    return torch.from_numpy(points.astype(np.float64)), note


def nearest(features: Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Exact k nearest samples, each its own first.

    Args:
        features: (n, d) float64.
        k: how many, itself included; 1 <= k <= n.

    Returns:
        Indices (n, k) int64 and Euclidean distances (n, k) float64, ascending.
    """
    n, d = features.shape
    indices, distances = (
        torch.empty(n, k, dtype=torch.int64),
        torch.empty(n, k, dtype=torch.float64),
    )
    for rows in torch.arange(n).split(max(1, 2**23 // max(n, k * d))):  # 64 MB at a time
        far = torch.cdist(features[rows], features)
        far[torch.arange(len(rows)), rows] = -1  # itself first, also among duplicates
        near = far.topk(k, largest=False).indices
        # The matrix product behind cdist loses half the digits: take the chosen few again.
        exact = (features[near] - features[rows, None]).norm(dim=2)
        exact[:, 0] = -1
        distances[rows], order = exact.sort(dim=1, stable=True)
        indices[rows] = near.gather(1, order)
    distances[:, 0] = 0
    return indices.numpy(), distances.numpy()


def fuzzy_graph(indices: np.ndarray, distances: np.ndarray) -> coo_matrix:
    """The symmetric neighbour graph: weight of i→j is exp(−(d_ij − ρ_i)/σ_i), then a fuzzy union.

    ρ_i is the distance to the nearest other place, σ_i such that the weights of the k neighbours
    add up to log₂ k (section 3.1 of the UMAP paper), no less than a thousandth of the mean
    distance.

    Args:
        indices, distances: (n, k) as from `nearest`.

    Returns:
        (n, n) weights in (0, 1], the diagonal empty.
    """
    from scipy.sparse import coo_matrix

    n, k = indices.shape
    others = np.where(distances > 0, distances, np.inf)
    rho = others.min(1, initial=np.inf)
    rho[np.isinf(rho)] = 0.0
    beyond = np.maximum(distances - rho[:, None], 0.0)
    low, high, sigma = np.zeros(n), np.full(n, np.inf), np.ones(n)
    for _ in range(64):
        # the sample itself (column 0) is left out: its weight does not depend on sigma
        excess = np.exp(-beyond[:, 1:] / sigma[:, None]).sum(1) - np.log2(k)
        high, low = np.where(excess > 0, sigma, high), np.where(excess > 0, low, sigma)
        sigma = np.where(np.isinf(high), 2 * sigma, (low + high) / 2)
    mean = np.where(rho > 0, distances.mean(1), distances.mean())
    sigma = np.maximum(sigma, 1e-3 * mean)
    weight = np.exp(-beyond / sigma[:, None])
    weight[:, 0] = 0.0
    rows = np.repeat(np.arange(n), k)
    one_way = coo_matrix((weight.ravel(), (rows, indices.ravel())), shape=(n, n)).tocsr()
    both = one_way.multiply(one_way.T)
    graph = (one_way + one_way.T - both).tocsr()
    graph.eliminate_zeros()
    return graph.tocoo()


def _densmap_arguments(
    features: Tensor, head: np.ndarray, tail: np.ndarray, weight: np.ndarray, n: int
) -> dict[str, object]:
    """Arguments of densMAP's objective: the standardised log radius of each neighbourhood."""
    ends = (
        torch.from_numpy(np.stack([head, tail], 1)).long().split(max(1, 2**23 // features.shape[1]))
    )
    square = torch.cat(
        [(features[e[:, 0]] - features[e[:, 1]]).square().sum(1) for e in ends]
    ).numpy()
    # Every edge is here in both directions, and each counts for both its ends.
    mass, spread = (
        2 * np.bincount(head, values, minlength=n) for values in (weight, weight * square)
    )
    radius = np.log(1e-8 + spread / np.maximum(mass, np.finfo(np.float64).tiny))
    deviation = radius.std()
    standard = (radius - radius.mean()) / deviation if deviation > 0 else np.zeros(n)
    return {
        "lambda": DENS_LAMBDA,
        "frac": DENS_FRACTION,
        "var_shift": DENS_SHIFT,
        "mu": weight,
        "mu_sum": mass.astype(np.float32),
        "R": standard.astype(np.float32),
    }


def _spectral(graph: coo_matrix, features: Tensor, rng: np.random.RandomState) -> np.ndarray:
    from umap.spectral import spectral_layout

    layout: np.ndarray = spectral_layout(features.numpy(), graph, 2, rng)
    return layout


def _principal(features: Tensor) -> np.ndarray:
    """Ordinary PCA: for fewer samples than a spectral layout can use."""
    centred = features - features.mean(0)
    u, s, _ = torch.linalg.svd(centred, full_matrices=False)
    points = (u * s)[:, :2]
    return torch.nn.functional.pad(points, (0, 2 - points.shape[1])).numpy()


def _fit_square(points: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Move and scale into the optimiser's square, both axes alike; part what coincides."""
    extent = np.ptp(points, axis=0).max()
    points = (points - points.min(0)) * (EXTENT / extent if extent > 0 else 0.0)
    if extent == 0 or len(np.unique(points, axis=0)) < len(points):
        points = points + rng.normal(scale=1e-3 if extent > 0 else 1.0, size=points.shape)
    return np.ascontiguousarray(points, dtype=np.float32)


@cache
def _keep_what_is_compiled() -> None:
    """Let numba keep the optimiser's machine code on disk: each program compiles it anew, else.

    That is two seconds of every process that draws a map. Where no folder can be written, or the
    function has another name, it is compiled as before.
    """
    from umap import layouts

    step = getattr(layouts, "_nb_optimize_layout_euclidean_single_epoch", None)
    with suppress(AttributeError, RuntimeError):  # numba's word for "no such folder"
        step.enable_caching()  # type: ignore[union-attr]  # None has no such method: see above


@cache
def _curve_parameters() -> tuple[float, float]:
    """a, b of 1/(1 + a·x^(2b)), fitted to the wanted fall-off beyond `MIN_DIST`."""
    from umap.umap_ import find_ab_params

    a, b = find_ab_params(1.0, MIN_DIST)
    return float(a), float(b)


def warm_up() -> None:
    """Import and compile all that `umap` and `densmap` need, on tiny data: seconds, once."""
    tiny = torch.from_numpy(np.random.RandomState(0).normal(size=(40, 3)))
    for dense in (False, True):
        neighbour_map(tiny, dense=dense, start=None, seed=0, epochs=11)
