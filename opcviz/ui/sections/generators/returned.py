"""What comes back: by fine-tuning on data without the class, by dose, and from a few pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import streamlit as st

from ....artefacts.generation.rows import worst_of
from ....common.records import Record, Undefined, defined
from ....common.text import percent
from ....results import (
    DoseResult,
    MatchedDose,
    RegenerationResult,
    Regrowth,
    RelearnedPictures,
)
from ....study import StudyResult
from ...charts.dose_component import DoseMap, DoseRow, dose_maps
from ...charts.figures import chart_config
from ...charts.lines import Line, lines_figure
from ...charts.wall_component import picture_wall
from ...reading.generated import FILE, Gone, Kept, kept_pictures, regrown_words
from ...reading.store_reader import Column
from ...reading.store_reader import retrained as retrained_of
from ..missing import lacking, not_measured
from ..paint import paint
from ..presentation import BESIDE
from ..sentences import title
from .drawn import mark_of, marks_line, wall_column

__all__ = ["curve_panels", "doses", "regrown", "relearned", "with_doses", "with_retrained"]

R = TypeVar("R", bound=Record)
HOW_REGROWN = (
    "The attacker has the weights and pictures of the other classes, none of the forgotten one, "
    "and trains on with them (the attack DiMRA). What is drawn again was still in the model. "
    "Dotted: the retrained model, which never saw the class."
)
HOW_DOSE = (
    "Left: steps of unlearning, above: steps of the attack. The large figure is the percentage "
    "judged to be of the forgotten class, the small one what of it is genuine, which the colour "
    "follows. A method that only looks forgotten fills its first rows from left to right. Press a "
    "cell, or go from one to the next with the arrow keys, to see what is drawn there."
)
HOW_RELEARNED = (
    "The attacker has a few pictures of the forgotten class and trains all weights on them. The "
    "retrained model learns the class from them as well. Sooner than the retrained model is "
    "memory; later is a trace, too."
)
RETRAINED = "retrained"
MOST = 16  # pictures of a model


def with_retrained(
    study: StudyResult, shown: Sequence[Column], record: type[R]
) -> dict[str, R | Undefined]:
    """A record of each column by label, and of a retrained model if none is among them.

    Args:
        study: on the page.
        shown: its columns.
        record: which.
    """
    found: dict[str, R | Undefined] = {c.label: c.results.get(record) for c in shown}
    if not any(c.name == "retrain" for c in shown):
        seeds = [c.model.seed for c in shown]
        theirs = [(seed not in seeds, seed, r) for seed, r in retrained_of(study).items()]
        for _, _, results in sorted(theirs, key=lambda each: each[:2])[:1]:
            found[RETRAINED] = results.get(record)
    return found


def curve_panels(
    curves: Mapping[str, Sequence[Regrowth]],
    shown: Sequence[Column],
    *,
    key: str,
    x_title: str,
    dotted: bool = True,
) -> None:
    """Two charts side by side: what is judged to be of the forgotten class, and what is genuine.

    Args:
        curves: by label.
        shown: the columns, whose colours the lines have.
        key: names the charts.
        x_title: what the steps are.
        dotted: whether the retrained model is.
    """
    colors = paint(shown)
    names = {c.label for c in shown if c.name == "retrain"} | {RETRAINED}
    with st.container(key=f"{BESIDE}-{key.replace('.', '-')}"):
        places = st.columns(2, gap="medium")
    for place, (word, value) in zip(places, _VALUES.items(), strict=True):
        lines: dict[str, Line] = {
            label: ([point.steps for point in curve], [value(point) for point in curve])
            for label, curve in curves.items()
        }
        figure = lines_figure(lines, x_title=x_title, y_title=f"{word} (%)", colors=colors)
        for trace in figure.data:
            if dotted and trace.name in names:
                trace.line.update(dash="dot")
        with place:
            st.plotly_chart(figure, config=chart_config(f"{key}-{word}"), key=f"{key}.{word}")


_VALUES: Mapping[str, Callable[[Regrowth], float]] = {
    "judged": lambda point: point.judged,
    "genuine": lambda point: point.genuine,
}


def regrown(study: StudyResult, shown: Sequence[Column], gone: Gone, part: str = "") -> None:
    """The DiMRA curve, and the pictures along it.

    Args:
        study: on the page.
        shown: its columns.
        gone: what was to be forgotten.
        part: `curves` or `pictures` alone.
    """
    title("Trained on, without the forgotten class", HOW_REGROWN)
    found = with_retrained(study, shown, RegenerationResult)
    curves = {label: each.curve for label, each in found.items() if defined(each)}
    if not curves:
        not_measured("Regeneration", "regeneration")
        return
    if part != "pictures":
        curve_panels(curves, shown, key="generators.regrown", x_title="steps of further training")
        lacking(found)
        for label, each in found.items():
            if defined(each) and each.reason:
                st.caption(f"{label}: {each.reason}.")
    if part == "curves":
        return
    steps = max((list(map(_steps, curve)) for curve in curves.values()), key=len)
    colors, columns = paint(shown), []
    for column in shown:
        about = found[column.label]
        arrays = column.arrays("regeneration", FILE)
        kept = kept_pictures(arrays, "pictures", 2, gone, most=MOST)
        told = regrown_words(about.curve, gone) if defined(about) else []
        if kept is not None and len(kept.pictures) != len(steps):
            kept, told = _last(kept), told[-1:]
        columns.append(wall_column(column, colors, kept, told, about))
    words = [f"after {step:,} steps" if step else "before the attack" for step in steps]
    picture_wall(
        columns, key="generators.regrown.wall", steps=words, what="the attack", mark=mark_of(gone)
    )
    st.caption(marks_line(gone))


def _steps(point: Regrowth) -> int:
    return point.steps


def _last(kept: Kept) -> Kept:
    marks = kept.marks[-1:] if kept.marks.ndim > 1 else kept.marks
    return Kept(kept.pictures[-1:], marks)


def with_doses(shown: Sequence[Column]) -> list[Column]:
    """The columns that have a dose map."""
    return [column for column in shown if defined(column.results.get(DoseResult))]


def doses(shown: Sequence[Column], gone: Gone, only: Column | None = None) -> None:
    """The dose map of each model.

    Args:
        shown: the columns.
        gone: what was to be forgotten.
        only: the column whose map is drawn; without one all that have a map.
    """
    title("Unlearned for longer, attacked for longer", HOW_DOSE)
    colors = paint(shown)
    found = {column.label: column.results.get(DoseResult) for column in shown}
    made = {label: each for label, each in found.items() if defined(each)}
    if not made:
        not_measured("The dose map", "dose")
        return
    maps = [
        _dose_map(column, made[column.label], colors[column.label], gone)
        for column in ([only] if only else shown)
        if column.label in made
    ]
    dose_maps(maps, key="generators.doses", mark=mark_of(gone))
    rates = ", ".join(sorted({f"{each.lr:g}" for each in made.values()}))
    st.caption(
        f"Every method unlearns here at one rate ({rates}) all the time, so that steps can be "
        "compared; its finished model above may have been made otherwise. *First looks "
        "forgotten*: the method was stopped as soon as it was asked for the class and at most 1 % "
        "came, and then attacked."
    )
    lacking(found)


def _dose_map(column: Column, found: DoseResult, color: str, gone: Gone) -> DoseMap:
    arrays = column.arrays("dose", FILE)
    kept = kept_pictures(arrays, "pictures", 3, gone, most=MOST)
    rows = [
        _dose_row(f"{row.unlearned:,}", row.curve, _part(kept, i))
        for i, row in enumerate(found.rows)
    ]
    steps = list(map(_steps, found.rows[0].curve)) if found.rows else []
    told = ""
    if isinstance(found.matched, Undefined):
        told = f"It never looks forgotten: {found.matched.reason}."
    else:
        matched = found.matched
        told = _matched_words(matched)
        ours = kept_pictures(arrays, "matched", 2, gone, judged="matched_", most=MOST)
        if not steps or list(map(_steps, matched.curve)) == steps:
            rows.append(_dose_row(f"{matched.unlearned:,} · first", matched.curve, ours))
    return DoseMap(column.label, color, steps, rows, told)


def _matched_words(matched: MatchedDose) -> str:
    worst = worst_of(matched.curve)
    return (
        f"First looks forgotten after {matched.unlearned:,} steps ({percent(matched.judged)} "
        f"judged); the attack then brings back, at worst, {percent(worst.judged)}, after "
        f"{worst.steps:,} steps ({percent(worst.genuine)} genuine)."
    )


def _part(kept: Kept | None, row: int) -> Kept | None:
    if kept is None or row >= len(kept.pictures):
        return None
    marks = kept.marks[row] if kept.marks.ndim == 3 else np.empty(0, int)
    return Kept(kept.pictures[row], marks)


def _dose_row(label: str, curve: Sequence[Regrowth], kept: Kept | None) -> DoseRow:
    fits = kept is not None and len(kept.pictures) == len(curve)
    pictures = kept.pictures if kept is not None and fits else None
    marks = kept.marks if kept is not None and fits and kept.marks.ndim == 2 else None
    judged, genuine = ([value(point) for point in curve] for value in _VALUES.values())
    if marks is None:
        return DoseRow(label, judged, genuine, pictures)
    return DoseRow(label, judged, genuine, pictures, marks)


def relearned(study: StudyResult, shown: Sequence[Column], gone: Gone) -> None:
    """Few-shot relearning: curves, and pictures along them, for one number of pictures given.

    Args:
        study: on the page.
        shown: its columns.
        gone: what was to be forgotten.
    """
    title("Relearned from a few pictures", HOW_RELEARNED)
    found = with_retrained(study, shown, RelearnedPictures)
    made = {label: each for label, each in found.items() if defined(each) and each.shots}
    if not made:
        not_measured("Relearning from a few pictures", "relearned_pictures")
        return
    numbers = sorted({shots.given for each in made.values() for shots in each.shots})
    given = numbers[-1]
    if len(numbers) > 1:
        given = st.segmented_control(
            "Pictures given",
            numbers,
            default=given,
            required=True,
            key="generators.given",
        )
    curves = {
        label: shots.curve
        for label, each in made.items()
        for shots in each.shots
        if shots.given == given
    }
    x_title = f"steps of training on {given} picture{'' if given == 1 else 's'} of the class"
    curve_panels(curves, shown, key="generators.relearned", x_title=x_title)
    lacking(found)
