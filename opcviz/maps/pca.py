"""The linear map: principal axes through the origin of feature space."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["rotate_to", "uncentred_pca"]


def uncentred_pca(features: Tensor) -> Tensor:
    """Coordinates along the two strongest right singular vectors, features not centred.

    So (0, 0) is the origin of feature space: one-point contraction ends there. Each axis points to
    where its largest loading is positive.

    Args:
        features: (n, d) float64.

    Returns:
        (n, 2) float64; the second coordinate is 0 where d or the data have one dimension.
    """
    _, triangle = torch.linalg.qr(features, mode="r")  # d×d (n×d if wide): cheap to decompose
    axes = torch.linalg.svd(triangle, full_matrices=False).Vh[:2]
    peaks = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    points = features @ (axes * peaks.sign()).T
    return torch.nn.functional.pad(points, (0, 2 - points.shape[1]))


def rotate_to(points: Tensor, reference: Tensor) -> Tensor:
    """Turn and mirror points about (0, 0) to lie as near the reference as they can.

    Orthogonal Procrustes (Schönemann 1966): Q = UVᵀ from the singular value decomposition of
    pointsᵀ·reference. Nothing is scaled or moved, so distances and the origin stay true.

    Args:
        points, reference: (n, 2), row by row the same samples.

    Returns:
        (n, 2), of the points' type.

    Raises:
        ValueError: for shapes that differ.
    """
    if points.shape != reference.shape:
        raise ValueError(
            f"cannot match {tuple(points.shape)} points with {tuple(reference.shape)}: a map and "
            "its reference show the same samples"
        )
    u, _, vt = torch.linalg.svd(points.double().T @ reference.to(points.device).double())
    rotated: Tensor = points.double() @ (u @ vt)
    return rotated.to(points.dtype)
