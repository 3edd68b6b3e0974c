"""A grid of pictures as plain data for the browser: targets above, one row a search below."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..drawing import finite_or_none

__all__ = ["Track", "build_payload"]


@dataclass(frozen=True, eq=False)
class Track:
    """One row of the grid.

    Attributes:
        label: what the row is of.
        frames: (F, P, C, H, W) uint8, the way to what was found; a still picture has one frame.
        steps: F numbers of steps, ascending; empty of a still picture.
        psnr, ssim: (F, P), NaN where there is none; empty: not shown.
        reasons: P sentences, empty where there is a picture; none at all for pictures everywhere.
        told: short lines under the label.
        color: of the model; empty of a row that is no model's.
    """

    label: str
    frames: NDArray[np.uint8]
    steps: Sequence[int] = ()
    psnr: NDArray[Any] = field(default_factory=lambda: np.empty((0, 0)))
    ssim: NDArray[Any] = field(default_factory=lambda: np.empty((0, 0)))
    reasons: Sequence[str] = ()
    told: Sequence[str] = ()
    color: str = ""


def build_payload(
    targets: NDArray[np.uint8],
    captions: Sequence[str],
    tracks: Sequence[Track],
    *,
    at: int | None = None,
    title: str = "True pictures",
) -> dict[str, Any]:
    """The grid for the browser.

    Args:
        targets: (P, C, H, W) uint8 with 1 or 3 channels.
        captions: a line under each target.
        tracks: the rows below.
        at: the step to show; None: the last.
        title: of the row of targets.

    Raises:
        ValueError: for pictures of another shape or type, or scores that do not fit them.
    """
    shape = targets.shape[1:]
    if targets.ndim != 4 or shape[0] not in (1, 3) or targets.dtype != np.uint8:
        raise ValueError(
            f"targets are {targets.dtype} {targets.shape}; wanted uint8 (P, 1 or 3, H, W)"
        )
    if len(captions) != len(targets):
        raise ValueError(f"{len(targets)} targets but {len(captions)} captions")
    steps = sorted({int(step) for track in tracks for step in track.steps})
    return {
        "shape": list(shape),
        "count": len(targets),
        "title": title,
        "targets": _packed(targets),
        "captions": list(captions),
        "steps": steps,
        "at": at,
        "tracks": [_track(track, targets) for track in tracks],
    }


def _track(track: Track, targets: NDArray[np.uint8]) -> dict[str, Any]:
    frames = track.frames
    if frames.dtype != np.uint8 or frames.shape[1:] != targets.shape or not len(frames):
        raise ValueError(
            f"{track.label}: frames are {frames.dtype} {frames.shape}; wanted uint8 "
            f"(F, {', '.join(map(str, targets.shape))})"
        )
    if len(track.steps) != (len(frames) if track.steps else 0):
        raise ValueError(f"{track.label}: {len(frames)} frames but {len(track.steps)} steps")
    for name, scores in (("psnr", track.psnr), ("ssim", track.ssim)):
        if scores.size and scores.shape != frames.shape[:2]:
            raise ValueError(f"{track.label}: {name} is {scores.shape}, not {frames.shape[:2]}")
    return {
        "label": track.label,
        "color": track.color,
        "told": list(track.told),
        "steps": [int(step) for step in track.steps],
        "frames": _packed(frames),
        "psnr": _rounded(track.psnr, 2),
        "ssim": _rounded(track.ssim, 2),
        "reasons": list(track.reasons) or [""] * len(targets),
    }


def _packed(pictures: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(pictures).tobytes()).decode("ascii")


def _rounded(scores: NDArray[Any], digits: int) -> list[list[float | None]]:
    if not scores.size:
        return []
    return [
        [None if (v := finite_or_none(value)) is None else round(v, digits) for value in row]
        for row in scores.tolist()
    ]
