"""The Fréchet distance between two sets of features."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["frechet_distance"]


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Squared Fréchet distance of two Gaussians fitted to features (Heusel et al., 1706.08500).

        |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)

    The trace of the root is the sum of the singular values of A₁ᵀ A₂, where Σ = A Aᵀ: with A the
    centred rows this needs no root of a matrix, and holds for singular covariances, too.

    Args:
        first, second: (n, d) and (m, d), at least two rows each.

    Raises:
        ValueError: for fewer rows, or other widths.
    """
    if first.shape[1:] != second.shape[1:] or min(len(first), len(second)) < 2:
        raise ValueError(
            f"the Fréchet distance wants two rows of one width, not {tuple(first.shape)} and "
            f"{tuple(second.shape)}"
        )
    centred, means = [], []
    for features in (first, second):
        rows = features.detach().to("cpu", torch.float64)
        means.append(rows.mean(0))
        centred.append((rows - means[-1]) / (len(rows) - 1) ** 0.5)
    one, two = centred
    root = torch.linalg.svdvals(one @ two.T).sum()
    gap = (means[0] - means[1]).square().sum()
    spread = one.square().sum() + two.square().sum()
    return max(0.0, float(gap + spread - 2 * root))
