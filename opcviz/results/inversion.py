"""Results of gradient inversion."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record
from .recovery import ConfidenceInterval

__all__ = [
    "ClassMeanScores",
    "InversionSummary",
    "PictureScores",
    "PictureValues",
    "RandomGradientScores",
]


@dataclass(frozen=True)
class PictureValues(Record):
    """What is known of each picture, None with a `reason` where there is no figure."""

    psnr: tuple[float | None, ...]
    ssim: tuple[float | None, ...]
    cost: tuple[float | None, ...]
    gradient_norm: tuple[float | None, ...]
    label: tuple[int, ...]
    reason: tuple[str | None, ...]


@dataclass(frozen=True)
class RandomGradientScores(Record):
    """The baseline: means of the same attack on random gradients, over `pictures`."""

    psnr: float | None
    ssim: float | None
    cost: float | None
    pictures: int


@dataclass(frozen=True)
class PictureScores(Record):
    """Closeness of each picture; None where there is none."""

    psnr: tuple[float | None, ...]
    ssim: tuple[float | None, ...]


@dataclass(frozen=True)
class ClassMeanScores(Record):
    """The baseline of the mean picture of each class: means, and each picture's own."""

    psnr: float | None
    ssim: float | None
    per_picture: PictureScores


@dataclass(frozen=True)
class InversionSummary(Record):
    """What one model gave away.

    Attributes:
        psnr, ssim, cost, gradient_norm: means over the pictures that have a score (psnr in dB).
        psnr_interval: 95 % bootstrap over pictures; None below two.
        per_picture: each picture's own.
        reason: what stands behind a None or a mean over fewer pictures.
        random_gradient: the baseline; None where it was not asked for.
        labels_right: percent of the labels inferred rightly; None where they were told, or nothing
            could be read.
        class_mean: the baseline of the mean picture, where it was measured.
    """

    psnr: float | None
    ssim: float | None
    cost: float | None
    gradient_norm: float | None
    psnr_interval: ConfidenceInterval | None
    per_picture: PictureValues
    reason: str | None
    random_gradient: RandomGradientScores | None
    labels_right: float | None
    class_mean: ClassMeanScores | None = None
