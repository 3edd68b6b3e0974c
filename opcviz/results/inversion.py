"""Results of gradient inversion."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record, Undefined
from .recovery import ConfidenceInterval

__all__ = [
    "BlockInversion",
    "ClassMeanScores",
    "DifferenceScores",
    "InversionSummary",
    "PictureScores",
    "PictureValues",
    "RandomGradientScores",
    "SurrogateScores",
]


@dataclass(frozen=True)
class PictureValues(Record):
    """What is known of each picture, None with a `reason` where there is no figure.

    Attributes:
        gradient_norm, body_gradient_norm: of the gradient, and of its part in the body.
        steps: of the search.
        settled: whether the search ended because more steps would not help; the score of one that
            ran out of rounds or stalled is a lower bound.
    """

    psnr: tuple[float | None, ...]
    ssim: tuple[float | None, ...]
    cost: tuple[float | None, ...]
    gradient_norm: tuple[float | None, ...]
    label: tuple[int, ...]
    reason: tuple[str | None, ...]
    body_gradient_norm: tuple[float | None, ...] = ()
    steps: tuple[int, ...] = ()
    settled: tuple[bool, ...] = ()


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
class SurrogateScores(Record):
    """The same search where ReLU units that are off pass a part of the gradient (BPDA).

    Attributes:
        slope: the part.
        units: which units have it, in words.
        psnr, ssim, cost, body_gradient_norm: means over the pictures that have a score.
        per_picture: each picture's own.
        reason: what stands behind a None or a mean over fewer pictures.
    """

    slope: float
    units: str
    psnr: float | None
    ssim: float | None
    cost: float | None
    body_gradient_norm: float | None
    per_picture: PictureScores
    reason: str | None


@dataclass(frozen=True)
class BlockInversion(Record):
    """Pictures rebuilt from the activations of one block.

    Attributes:
        block: its name; `features` is the input of the head.
        psnr: mean over the pictures that have a score, in dB.
        per_picture: each picture's own.
        rebuilt: how many came closer than the class-mean picture by the margin that
            `InversionSummary.masked` asks.
        reason: what stands behind a None or a mean over fewer pictures.
    """

    block: str
    psnr: float | None
    per_picture: tuple[float | None, ...]
    rebuilt: int
    reason: str | None


@dataclass(frozen=True)
class DifferenceScores(Record):
    """The one forgotten picture, searched for in the weight difference θu − θo (target A).

    Attributes:
        psnr, ssim, cost: of the one picture.
        body_gradient_norm: length of the difference in the body.
        reason: why there is no score.
    """

    psnr: float | None
    ssim: float | None
    cost: float | None
    body_gradient_norm: float | None
    reason: str | None


@dataclass(frozen=True)
class InversionSummary(Record):
    """What one model gave away.

    Attributes:
        psnr, ssim, cost: means over the pictures that have a score (psnr in dB); a picture has none
            where no gradient reaches the body.
        gradient_norm: mean of the whole gradient's length, the head's part included.
        psnr_interval: 95 % bootstrap over pictures; None below two.
        per_picture: each picture's own.
        reason: what stands behind a None or a mean over fewer pictures.
        random_gradient: the baseline; None where it was not asked for.
        labels_right: percent of the labels inferred rightly; None where they were told, or nothing
            could be read.
        class_mean: the baseline of the mean picture, where it was measured.
        body_gradient_norm: mean length of the gradient's part in the body.
        without_body_gradient: pictures whose gradient does not reach the body.
        surrogate: the search with a slope for dead units; why it was not made, else.
        activations: pictures rebuilt from each block, from input to head; empty where not asked.
        difference: the search in the weight difference, where one sample was forgotten.
        masked: whether a picture that leaves no gradient in the body is rebuilt all the same from a
            block's activations, at least 6 dB closer than the class-mean picture: the gradient is
            masked, the picture is not gone from the network. None where it was not examined.
        rebuilt_by: what rebuilt it: names of blocks, and `surrogate`, which alone does not count:
            a slope in every layer rebuilds the picture from any network.
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
    body_gradient_norm: float | None = None
    without_body_gradient: int | None = None
    surrogate: SurrogateScores | Undefined | None = None
    activations: tuple[BlockInversion, ...] = ()
    difference: DifferenceScores | Undefined | None = None
    masked: bool | None = None
    rebuilt_by: tuple[str, ...] = ()
