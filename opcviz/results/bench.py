"""Results of a search of the inversion bench."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record

__all__ = ["BenchResult"]


@dataclass(frozen=True)
class BenchResult(Record):
    """What one search found in one model; its pictures lie beside it in `bench.npz`.

    `steps` (F,) int32, after how many steps each frame was taken; `frames` (F, P, C, H, W) uint8,
    the last of which is what was found; `psnr` (F, P) in dB and `ssim` (F, P), float32, NaN where
    there is a reason.

    Attributes:
        reason: why a picture has no score, None where it has one.
        gradient_norm, body_gradient_norm: of each picture's gradient, and of its part in the body;
            None where a block was inverted.
        settled: whether a picture's search ended because more steps would not help.
        random_gradient: PSNR in dB of the same search in a random gradient; None where there is
            none.
        picture_steps: how many steps were asked for, over all pictures.
        seconds: of this model's part of the work.
    """

    reason: tuple[str | None, ...]
    gradient_norm: tuple[float | None, ...] = ()
    body_gradient_norm: tuple[float | None, ...] = ()
    settled: tuple[bool, ...] = ()
    random_gradient: float | None = None
    picture_steps: int = 0
    seconds: float = 0.0
