"""What each model draws when it is asked for the forgotten class, and when it is asked nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ....common.records import Undefined
from ....results import GenerationResult
from ...charts.theme import class_colors
from ...charts.wall_component import Drawn, picture_wall
from ...reading.generated import FILE, Gone, Kept, drawn_words, kept_pictures
from ...reading.store_reader import Column
from ..paint import paint
from ..sentences import title

__all__ = ["asked", "mark_of", "marks_line", "unconditional", "wall_column"]

HOW_ASKED = (
    "Every model is asked for the forgotten class and starts from the same noise: pictures in the "
    "same place of two columns differ by the model alone. The slider goes through the steps of "
    "denoising; each shows the clean picture that the model has in mind at that step."
)
HOW_NULL = (
    "Here nothing was asked for. A model that draws the forgotten class of its own accord still "
    "knows it; a model that never saw it draws none but by mistake of the judge."
)
MOST = 16  # pictures of a model
UNTRAINED = "It never saw the class, so nothing taught it what this condition means."


def asked(shown: Sequence[Column], gone: Gone) -> None:
    """Pictures asked for the forgotten class, step by step.

    Args:
        shown: the columns.
        gone: what was to be forgotten.
    """
    title(f"Asked for {gone.words}", HOW_ASKED)
    colors = paint(shown)
    columns, steps = [], 0
    for column in shown:
        found = column.results.get(GenerationResult)
        arrays = column.arrays("generation", FILE)
        kept = kept_pictures(arrays, "path", 2, gone, judged="asked_", most=MOST)
        if kept is None:
            kept = kept_pictures(arrays, "asked", 1, gone, judged="asked_", most=MOST)
        told = []
        if isinstance(found, GenerationResult):
            told.append(f"{drawn_words(found.asked, gone)}.")
            told += [UNTRAINED] if found.untrained else []
        columns.append(wall_column(column, colors, kept, " ".join(told), found))
        steps = max(steps, len(columns[-1].frames))
    picture_wall(
        [_whole(column, steps) for column in columns],
        key="generators.asked",
        steps=[f"denoising step {step} of {steps}" for step in range(1, steps + 1)],
        what="the denoising",
        mark=mark_of(gone),
    )
    st.caption(marks_line(gone))


def unconditional(shown: Sequence[Column], gone: Gone) -> None:
    """Pictures drawn without a condition.

    Args:
        shown: the columns.
        gone: what was to be forgotten.
    """
    title("Asked for nothing", HOW_NULL)
    colors = paint(shown)
    columns = []
    for column in shown:
        found = column.results.get(GenerationResult)
        arrays = column.arrays("generation", FILE)
        kept = kept_pictures(arrays, "unconditional", 1, gone, judged="unconditional_", most=MOST)
        told = drawn_words(found.unconditional, gone) if isinstance(found, GenerationResult) else ""
        columns.append(wall_column(column, colors, kept, told, found))
    picture_wall(columns, key="generators.null", mark=mark_of(gone))


def wall_column(
    column: Column,
    colors: dict[str, str],
    kept: Kept | None,
    told: str | Sequence[str],
    found: object,
) -> Drawn:
    """A model's column of a wall, or why there are no pictures in it.

    Args:
        column: the model.
        colors: by label.
        kept: its pictures, with or without steps.
        told: the line below them, or one a step.
        found: its figures, or `Undefined` with the reason.
    """
    color, lines = colors[column.label], [told] if isinstance(told, str) else list(told)
    if kept is None:
        why = found.reason if isinstance(found, Undefined) else "its pictures were not kept"
        why = column.model.training.reason or why
        return Drawn(column.label, color, told=lines, reason=f"No pictures: {why}.")
    frames, marks = kept.pictures, kept.marks
    if frames.ndim == 4:
        frames = frames[None]
    return Drawn(column.label, color, frames, np.atleast_2d(marks) if marks.size else _NONE, lines)


_NONE = np.empty((0, 0), int)


def _whole(column: Drawn, steps: int) -> Drawn:
    """A column with as many steps as the others; one without as many stays at its last."""
    if len(column.frames) in (0, 1, steps):
        return column
    return Drawn(column.label, column.color, column.frames[-1:], column.marks[-1:], column.told)


def mark_of(gone: Gone) -> tuple[str, str]:
    """The colour of the first forgotten class, on light and on dark ground."""
    first = gone.labels[:1] or (0,)
    light, dark = (class_colors(first[0] + 1, gone.labels, t) for t in ("light", "dark"))
    return light.vivid[first[0]], dark.vivid[first[0]]


def marks_line(gone: Gone) -> str:
    """What the edges of pictures mean."""
    return (
        f"Solid edge: genuine, which is judged {gone.words} and lies among the real pictures of "
        f"the class. Dashed: judged {gone.words}, but unlike the real ones. No edge: anything else."
    )
