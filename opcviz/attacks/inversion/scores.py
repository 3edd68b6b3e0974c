"""How close a reconstruction comes to the picture: PSNR, SSIM and the class-mean baseline."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ...results import ClassMeanScores, PictureScores

__all__ = ["class_mean_scores", "class_means", "plain", "psnr", "ssim"]

BEST_PSNR = 100.0
"""Where PSNR stops: an exact copy has no finite one."""


def psnr(found: Tensor, pictures: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB of (N, C, H, W) pictures in [0, 1], (N,), at most 100."""
    error = (found - pictures).square().flatten(1).mean(1)
    return -10 * error.clamp_min(10 ** (-BEST_PSNR / 10)).log10()


def ssim(found: Tensor, pictures: Tensor) -> Tensor:
    """Structural similarity of (N, C, H, W) pictures in [0, 1]: (N,), 1 for a copy.

    Wang et al. 2004 with uniform windows and sample covariances, averaged over the windows that
    lie wholly inside and over channels: what scikit-image computes by default. The window is 7
    pixels wide, or the widest odd number that fits a smaller picture; below 3 pixels there is no
    structure to compare and the result is NaN.
    """
    side = min(7, *found.shape[2:])
    side -= 1 - side % 2
    if side < 3:
        return torch.full((len(found),), torch.nan, dtype=found.dtype, device=found.device)
    a, b = found.double(), pictures.double()
    mean_a, mean_b, aa, bb, ab = (F.avg_pool2d(v, side, 1) for v in (a, b, a * a, b * b, a * b))
    unbiased = side**2 / (side**2 - 1)
    var_a, var_b, both = (
        unbiased * v for v in (aa - mean_a**2, bb - mean_b**2, ab - mean_a * mean_b)
    )
    c1, c2 = 0.01**2, 0.03**2  # Wang's constants at a data range of 1
    likeness: Tensor = ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    )
    return likeness.flatten(1).mean(1).to(found.dtype)


def class_means(x_train: Tensor, y_train: Tensor) -> dict[int, Tensor]:
    """The mean training picture of each class that occurs: class to (C, H, W) in [0, 1].

    Args:
        x_train: (N, C, H, W), uint8 or float in [0, 1].
        y_train: (N,) int64.
    """
    scale = 1 / 255 if x_train.dtype == torch.uint8 else 1.0
    return {
        int(label): x_train[y_train == label].float().mean(0) * scale for label in y_train.unique()
    }


def class_mean_scores(
    x_train: Tensor, y_train: Tensor, pictures: Tensor, labels: Tensor
) -> ClassMeanScores:
    """The baseline of an attacker who knows only what each class looks like on average.

    Args:
        x_train, y_train: as `class_means` takes them.
        pictures: (P, C, H, W) float in [0, 1], the pictures under attack.
        labels: (P,) their classes.

    Raises:
        ValueError: when a label has no training picture.
    """
    means = class_means(x_train, y_train)
    missing = sorted({int(label) for label in labels} - means.keys())
    if missing:
        raise ValueError(f"class mean: no training picture of class {', '.join(map(str, missing))}")
    guesses = torch.stack([means[int(label)] for label in labels]).to(pictures)
    likeness, structure = psnr(guesses, pictures), ssim(guesses, pictures)
    each = PictureScores(plain(likeness), plain(structure))
    return ClassMeanScores(mean(likeness), mean(structure), each)


def plain(values: Tensor) -> tuple[float | None, ...]:
    """A vector for JSON; what is not finite becomes None."""
    return tuple(float(v) if torch.isfinite(v) else None for v in values)


def mean(values: Tensor) -> float | None:
    """The mean of the finite entries, or None where there is none."""
    values = values[torch.isfinite(values)]
    return float(values.mean()) if len(values) else None
