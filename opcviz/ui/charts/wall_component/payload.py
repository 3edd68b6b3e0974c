"""Columns of drawn pictures as plain data for the browser. No Streamlit here."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Drawn", "build_payload", "packed"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one model drew.

    Attributes:
        label: the model's name.
        color: of the model.
        frames: (F, N, C, H, W) uint8; the pictures at each step, or at the only one; none at all
            where there is a reason.
        marks: (F, N) 0: not of the forgotten class, 1: judged to be, 2: genuine; empty: not judged.
            One row for all steps marks the last alone.
        told: a line under the pictures for each step, or one for all.
        reason: why there are no pictures.
    """

    label: str
    color: str
    frames: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 0, 1, 1, 1), np.uint8))
    marks: NDArray[np.int_] = field(default_factory=lambda: np.empty((0, 0), int))
    told: Sequence[str] = ()
    reason: str = ""


def build_payload(
    columns: Sequence[Drawn],
    *,
    steps: Sequence[str] = (),
    what: str = "the steps",
    mark: tuple[str, str] = ("#173BCD", "#1ABBF7"),
) -> dict[str, Any]:
    """The columns for the browser.

    Args:
        columns: one a model.
        steps: the words of each step, as "denoising step 3 of 25"; none of a still wall.
        what: is played, for the button.
        mark: colour of the edge of what is of the forgotten class, on light and on dark ground.

    Raises:
        ValueError: for pictures of several shapes, or marks, lines or steps that do not fit them.
    """
    made = [column for column in columns if len(column.frames)]
    shapes = {column.frames.shape[2:] for column in made}
    if len(shapes) > 1 or any(column.frames.dtype != np.uint8 for column in made):
        raise ValueError(f"pictures of one shape in uint8 are wanted, not {sorted(shapes)}")
    return {
        "shape": [int(side) for side in next(iter(shapes), (1, 1, 1))],
        "steps": list(steps),
        "what": what,
        "mark": list(mark),
        "columns": [_column(column, max(1, len(steps))) for column in columns],
    }


def packed(pictures: NDArray[np.uint8]) -> str:
    """Pictures as text, a byte a value."""
    return base64.b64encode(np.ascontiguousarray(pictures).tobytes()).decode("ascii")


def _column(column: Drawn, steps: int) -> dict[str, Any]:
    frames, count = column.frames.shape[:2]
    if frames not in (0, 1, steps):
        raise ValueError(f"{column.label}: {frames} frames but {steps} steps")
    if column.marks.size and (
        column.marks.shape[1] != count or len(column.marks) not in (1, frames)
    ):
        raise ValueError(f"{column.label}: marks are {column.marks.shape}, not {(frames, count)}")
    if len(column.told) not in (0, 1, steps):
        raise ValueError(f"{column.label}: {len(column.told)} lines but {steps} steps")
    return {
        "label": column.label,
        "color": column.color,
        "frames": packed(column.frames),
        "count": int(count),
        "length": int(frames),
        "marks": column.marks.tolist(),
        "told": list(column.told),
        "reason": column.reason,
    }
