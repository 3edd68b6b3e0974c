"""Samples that coincide in feature space stand at one place of every map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["gathered"]


def gathered(points: NDArray[np.float32], groups: NDArray[np.int16]) -> NDArray[np.float32]:
    """Map points with the members of each group at their common centroid.

    Args:
        points: (N, 2), NaN where a sample has no place; it stays without one.
        groups: (N,) number of each sample's group, −1: alone.
    """
    found = np.array(points, np.float32)
    placed = np.isfinite(found).all(1)
    for group in np.unique(groups[groups >= 0]):
        rows = (groups == group) & placed
        if rows.any():
            found[rows] = found[rows].astype(np.float64).mean(0)
    return found
