"""How close pictures are to the true ones, without torch: what the page shows at any step.

The formulas are those of `attacks.inversion.scores`, which a test holds them against.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["flat_pictures", "psnr", "ssim"]

BEST_PSNR = 100.0
"""Where PSNR stops: an exact copy has no finite one."""
Pictures = NDArray[Any]
Scores = NDArray[np.float64]


def psnr(found: Pictures, true: Pictures) -> Scores:
    """Peak signal-to-noise ratio in dB, at most 100.

    Args:
        found: (..., C, H, W), uint8 or floats in [0, 1].
        true: the same, or what broadcasts to it.

    Returns:
        10 · log10(1 / mean squared error), of shape (...).
    """
    error = np.square(_unit(found) - _unit(true)).mean(axis=(-3, -2, -1))
    return np.asarray(-10 * np.log10(np.maximum(error, 10 ** (-BEST_PSNR / 10))), np.float64)


def ssim(found: Pictures, true: Pictures) -> Scores:
    """Structural similarity (Wang et al. 2004), 1 for a copy.

    Uniform windows of 7 pixels, or the widest odd number that fits; sample covariances; NaN where a
    picture is below 3 pixels.

    Args:
        found, true: as `psnr` takes them.
    """
    a, b = np.broadcast_arrays(_unit(found), _unit(true))
    side = min(7, *a.shape[-2:])
    side -= 1 - side % 2
    if side < 3:
        return np.full(a.shape[:-3], np.nan)
    mean_a, mean_b, aa, bb, ab = (_windows(v, side) for v in (a, b, a * a, b * b, a * b))
    unbiased = side**2 / (side**2 - 1)
    var_a, var_b = unbiased * (aa - mean_a**2), unbiased * (bb - mean_b**2)
    both = unbiased * (ab - mean_a * mean_b)
    c1, c2 = 0.01**2, 0.03**2
    likeness = ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    )
    return np.asarray(likeness.mean(axis=(-3, -2, -1)), np.float64)


def flat_pictures(true: Pictures) -> NDArray[np.uint8]:
    """Of each picture (P, C, H, W) the one-coloured one that comes closest: its own mean colour."""
    means = np.rint(255 * _unit(true).mean(axis=(-2, -1), keepdims=True))
    return np.broadcast_to(means, np.shape(true)).astype(np.uint8)


def _unit(pictures: Pictures) -> Scores:
    array = np.asarray(pictures)
    return array / 255.0 if array.dtype == np.uint8 else array.astype(np.float64)


def _windows(values: Scores, side: int) -> Scores:
    """Mean over each window that lies wholly inside."""
    view = np.lib.stride_tricks.sliding_window_view(values, (side, side), axis=(-2, -1))
    means: Scores = view.mean(axis=(-2, -1))
    return means
