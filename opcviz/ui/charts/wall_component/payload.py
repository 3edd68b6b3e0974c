"""Columns of drawn pictures as plain data for the browser. No Streamlit here."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Drawn", "build_payload", "kept_place", "packed"]

ACROSS = ((380, 8), (0, 4))
"""Least pixels of a column, and pictures across it."""
USUAL, SIDES = 1120, 160
"""Pixels of a page's contents in a window of 1,280, and of what is free beside them."""
LETTER, LINE, BAR, GAPS = 7.2, 1.24, 2.7, 0.7
"""Of the words: pixels of a letter; rem of a line, of the slider with its room and of the gaps."""


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
        "across": [list(each) for each in ACROSS],
        "columns": [_column(column, max(1, len(steps))) for column in columns],
    }


def kept_place(place: str, columns: Sequence[Drawn], *, steps: Sequence[str] = ()) -> str:
    """CSS that keeps about the height of a wall free until it is drawn.

    How many lines the words take is reckoned for a window of 1,280 pixels. `--sides` is what a page
    leaves free beside its contents.

    Args:
        place: selector of the element around the wall.
        columns, steps: as in `build_payload`.
    """
    many = max(1, len(columns))
    told = [line for each in columns for line in (each.told or [each.reason])]
    lines = math.ceil(max(map(len, told), default=0) * LETTER / (USUAL / many))
    words = LINE * (1 + lines) + GAPS + (BAR if len(steps) > 1 else 0)
    column = f"(100vw - var(--sides, {SIDES}px) - {many - 1}rem) / {many}"
    most = max((each.frames.shape[1] for each in columns), default=0)
    made = []
    for least, across in sorted(ACROSS):
        high = math.ceil(most / across) / across
        height = f"calc({words:.2f}rem + {high:g} * min(26rem, {column}))"
        wide = many * least + SIDES if least else 0
        made.append(f"@media (min-width: {wide}px) {{ {place} {{ min-height: {height} }} }}")
    return "".join(made)


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
