"""The least entropy that logits of a given length can have; a curve that the screen draws, too."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["least_entropy"]


def least_entropy(norm: ArrayLike, classes: int) -> NDArray[np.float64]:
    """H_min(r): the least entropy in nats that centred logits of norm r can have.

    With a = r·√(C/(C−1)), the lead of the one raised class, and q = (C−1)·e^(−a):
    H_min = log(1 + q) + a·q/(1 + q).

    Args:
        norm: r >= 0, any shape.
        classes: C >= 2.

    Returns:
        The bound, float64, of the norm's shape.

    Raises:
        ValueError: for fewer than two classes or a negative norm.
    """
    r = np.asarray(norm, np.float64)
    if classes < 2 or (r < 0).any():
        raise ValueError(f"entropy bound: wants norms >= 0 and at least 2 classes, not {classes}")
    lead = r * math.sqrt(classes / (classes - 1))
    q = (classes - 1) * np.exp(-lead)
    bound: NDArray[np.float64] = np.log1p(q) + lead * q / (1 + q)
    return bound
