"""Two measures of the scoreboard against each other, with the methods that no other one beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ...study import StudyResult
from ...study.table import cell_text
from ..charts.figures import chart_config
from ..charts.palette import shades
from ..charts.pareto import HEIGHT, Axis, Point, front, pareto_figure
from ..charts.theme import projected
from ..reading import state
from ..reading.board import Board, Line, Measure
from ..reading.held import hold
from ..reading.measure_words import ARROWS
from .scoreboard import passing
from .scoreboard_cells import OPCS

__all__ = ["axes_of", "drawn_points", "pareto"]

WALL_HEIGHT = 430  # of the chart in a hall, pixels

FIRST = (
    ("worst-retain-only", "membership", "address-genuine", "least-f-under-dimra"),
    ("ta", "ra", "fd", "s-error-kept"),
)
"""The measures that are drawn where nobody chose: across and upwards the first that tells methods
apart. Each task has its own: what the hardest attack gets, and what it costs elsewhere."""
LEFT_OUT = ("untrained",)


@st.fragment
def pareto(study: StudyResult, board: Board) -> None:
    """The chart, its two pickers, and what is on the front.

    Args:
        study: on the page.
        board: its numbers.
    """
    st.header("Two measures against each other", anchor=False)
    measures = {each.key: each for each in board.measures if each.better}
    if len(measures) < 2 or not any(line.models and not line.fixed for line in board.lines):
        st.caption("Nothing to draw: it takes a method and two measures that have a better side.")
        return
    chosen = axes_of(measures, board)
    for place, name, label, measure in zip(
        st.columns(2), "xy", ("Across", "Upwards"), chosen, strict=True
    ):
        key = f"board.{name}"
        with place:
            hold(key, measure.key)
            st.selectbox(
                label,
                list(measures),
                format_func=lambda each: f"{measures[each].group_name}: {_title(measures[each])}",
                key=key,
                on_change=_choose,
                args=(name, key),
            )
    x, y = (Axis(f"{_title(m)} – {ARROWS[m.better][1]}", m.better, m.band) for m in chosen)
    lines = [line for line in passing(study, board) if line.models]
    points = drawn_points(board, lines, *chosen)
    if not any(point.compared for point in points):
        passed = any(not line.fixed for line in lines)
        told = "No method has both of these numbers."
        st.caption(told if passed else "No method passes the filters above.")
        return
    figure = pareto_figure(points, x, y, height=WALL_HEIGHT if projected() else HEIGHT)
    st.plotly_chart(
        figure,
        config=chart_config(f"pareto-{study.place}"),
        key=f"pareto.{chosen[0].key}.{chosen[1].key}",
    )
    best = front(points, x, y)
    names = ", ".join(point.name for point in best)
    lost = sum(line.method not in LEFT_OUT for line in lines) - len(points)
    told = (
        f"No other method beats these in both measures: **{names}**. Shaded: the retrained models, "
        "within which all count as equal."
    )
    if lost:
        told += f" Not drawn, for want of a number: {lost}."
    if len(figure.layout.annotations) < len(points):
        told += " Where there is no room for a name, the pointer over a point names it."
    st.caption(f"{told} Whiskers: one standard deviation over seeds.")


def _choose(name: str, key: str) -> None:
    state.choose(**{name: st.session_state[key]})


def axes_of(measures: Mapping[str, Measure], board: Board) -> tuple[Measure, Measure]:
    """The measures of a link, else those drawn at first, else the first two there are.

    Args:
        measures: those with a good direction, by key; at least two.
        board: whose they are.
    """
    keys = list(measures)
    telling = [key for key in keys if _differs(board, key)]
    found = []
    for i, (name, first) in enumerate(zip("xy", FIRST, strict=True)):
        asked = [key for key in (state.option(name),) if key in measures]
        found.append(next(iter([*asked, *(k for k in first if k in telling), keys[i]])))
    return measures[found[0]], measures[found[1]]


def _differs(board: Board, key: str) -> bool:
    """Whether methods differ in a measure."""
    lines = (line for line in board.lines if not line.fixed)
    return len({cell.mean for line in lines if (cell := line.cells.get(key))}) > 1


def _title(measure: Measure) -> str:
    return f"{measure.words.head} {ARROWS[measure.better][0]}".strip()


def drawn_points(board: Board, shown: Sequence[Line], x: Measure, y: Measure) -> list[Point]:
    """The points of some lines that have both measures, each in the colour it always has.

    Args:
        board: with all lines.
        shown: those to draw.
        x, y: the measures.
    """
    lines = [line for line in board.lines if line.models and line.method not in LEFT_OUT]
    colours = shades((line.title, line.method) for line in lines)  # whatever is filtered away
    found = []
    for line in lines:
        if line not in shown:
            continue
        across, up = line.cells.get(x.key), line.cells.get(y.key)
        if across is None or up is None:
            continue
        pairs = ((x, across), (y, up))
        told = [f"{m.words.head}: {_broken(cell_text(c, m.format))}" for m, c in pairs]
        found.append(
            Point(
                line.title,
                across.mean,
                up.mean,
                (across.sd, up.sd),
                colours[line.title],
                compared=not line.fixed,
                sought=line.family == OPCS,
                words="<br>".join([f"<b>{line.title}</b>", *told]),
            )
        )
    return found


def _broken(told: str) -> str:
    """A figure with its attacker on a line of its own: less of the chart is covered."""
    return told.replace(" (", "<br>(")
