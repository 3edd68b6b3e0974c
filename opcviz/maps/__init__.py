"""Maps: features drawn in the plane, so that several models can be compared side by side.

Three kinds, because each hides something: UMAP evens out density, so a point looks like a cloud;
densMAP keeps it; origin-centred PCA is linear and shows where zero is. `read_out` gives what a
map shows as a number.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..common.json_types import Json
from .neighbours import neighbour_map, warm_up
from .pca import rotate_to, uncentred_pca

__all__ = ["KINDS", "Layout", "draw", "read_out", "rotate_to", "warm_up"]

KINDS = ("umap", "densmap", "pca")


class Layout(NamedTuple):
    """A drawn map.

    Attributes:
        points: (n, 2) float32. For PCA the origin of feature space is (0, 0); for the others,
            whose place in the plane means nothing, the centroid is.
        note: what a reader of this map should know, or nothing.
    """

    points: Tensor
    note: str = ""


@torch.no_grad()
def draw(
    features: Tensor,
    kind: str,
    *,
    start: Tensor | None = None,
    seed: int = 0,
    epochs: int | None = None,
) -> Layout:
    """Draw features (n, d) in the plane; the same input gives the same map.

    Args:
        features: (n, d).
        kind: `umap`, `densmap`, or `pca` (of features as they are, not centred).
        start: (n, 2) map of the same samples by the reference model: UMAP and densMAP begin
            there, and all kinds are turned and mirrored (never scaled) to match it.
        seed: of UMAP's and densMAP's sampling.
        epochs: optimisation passes of UMAP and densMAP; by default more without a start.

    Raises:
        ValueError: for an unknown kind, no samples, features that are not finite, or a start that
            does not fit.
    """
    if kind not in KINDS:
        raise ValueError(f"map kind '{kind}' is unknown; there are {', '.join(KINDS)}")
    if features.dim() != 2 or not features.numel():
        raise ValueError(f"a map wants (n, d) features, got {tuple(features.shape)}")
    f = features.detach().to("cpu", torch.float64)
    if not f.isfinite().all():
        bad = (~f.isfinite()).any(1).nonzero().flatten()
        raise ValueError(
            f"features of {len(bad)} of {len(f)} samples are NaN or infinite (first: row "
            f"{bad[0]}); a diverged model has no map"
        )
    if start is not None:
        start = start.detach().to("cpu", torch.float64)
        if start.shape != (len(f), 2) or not start.isfinite().all():
            raise ValueError(
                f"the start of a map of {len(f)} samples wants finite ({len(f)}, 2) points, got "
                f"{tuple(start.shape)}"
            )
    if kind == "pca":
        points, note = uncentred_pca(f), ""
        if start is not None:
            points = rotate_to(points, start)
    elif (f == f[0]).all():
        points, note = f.new_zeros(len(f), 2), "all features are one point"
    else:
        points, note = neighbour_map(
            f, dense=kind == "densmap", start=start, seed=seed, epochs=epochs
        )
        points = points - points.mean(0)
        if start is not None:
            points = rotate_to(points, start - start.mean(0))
    return Layout(points.float(), note)


def read_out(points: Tensor, forget: Tensor) -> Json:
    """What a map shows of contraction: the forget points' radius over the retain points'.

    Args:
        points: (n, 2).
        forget: (n,) bool.

    Returns:
        `radius_ratio`: root mean square distances to the own centroid, forget over retain; None
        with a `reason` where undefined. To be read beside the features' own ratio: plain UMAP
        evens density out.

    Raises:
        ValueError: where the mask does not fit the points.
    """
    mask = forget.cpu().bool()
    if points.shape != (*mask.shape, 2):
        raise ValueError(f"{tuple(points.shape)} points do not fit a {tuple(mask.shape)} mask")
    if not mask.any() or mask.all():
        return {"radius_ratio": None, "reason": "the map has no forget or no retain samples"}
    forget_radius, retain_radius = (
        (p - p.mean(0)).square().sum(1).mean().sqrt().item()
        for p in (points.double().cpu()[mask], points.double().cpu()[~mask])
    )
    if retain_radius == 0:
        return {"radius_ratio": None, "reason": "all retain samples are drawn at one place"}
    return {"radius_ratio": forget_radius / retain_radius}
