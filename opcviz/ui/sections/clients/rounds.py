"""Round by round: test accuracy, the backdoor, and where the leaver's pictures lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from ....common.records import defined
from ....common.text import percent
from ....results import ClientsResult
from ....study import StudyResult
from ...charts.bands import Band
from ...charts.figures import chart_config
from ...charts.lines import Beside, Line, lines_figure
from ...charts.maps_component import Panel, linked_maps
from ...charts.theme import projected
from ...reading import state
from ...reading import store_reader as library
from ...reading.held import hold
from ...reading.store_reader import Column
from ..paint import paint
from ..presentation import BESIDE
from ..sentences import title

__all__ = ["REFERENCES", "curves", "last_round", "placed"]

REFERENCES = ("original", "retrain", "untrained")
"""Methods whose rounds are those of a training from the start, not of a client's leaving."""
HOW_CURVES = (
    "0 is the original. Every mark after it is an exchange with the server: one of the leaver, "
    "where it takes part, and then rounds of the others. Thin lines go on from there: the others "
    "train on, and nothing is done about the leaver any more. The band is the retrained model's, "
    "which never saw the leaver's data."
)
HOW_MAPS = (
    "Two straight directions (PCA) of each model's features after the round chosen; bright points "
    "are pictures of the client who leaves, the others those of the clients who stay. Marks are "
    "by label: a patched picture has that of its trigger. The same picture is marked in every map."
)
DRAWN = {"backdoor": "trigger turns (%)", "test_accuracy": "test accuracy (%)"}
"""By name in a model's history: the title of the axis."""


def last_round(shown: Sequence[Column]) -> int:
    """The number of rounds of whoever has most, references not counted."""
    return max((_rounds(column) for column in shown if column.name not in REFERENCES), default=0)


def _rounds(column: Column) -> int:
    return max(len(column.model.training.history) - 1, 0)


def curves(study: StudyResult, shown: Sequence[Column]) -> None:
    """The backdoor and test accuracy over the rounds, and further rounds of the others.

    Args:
        study: on the page.
        shown: its columns.
    """
    title("Is the backdoor gone, and what did it cost?", HOW_CURVES)
    methods = [column for column in shown if column.name not in REFERENCES]
    if not methods:
        st.caption("Choose a method beside the references: they have no rounds of leaving.")
        return
    retrained = [
        m.training.history[-1]
        for m in study.models
        if m.method.info.name == "retrain" and m.training.history
    ]
    colours = paint(shown)
    with st.container(key=f"{BESIDE}-clients-curves"):
        places = st.columns(2, gap="medium")
    for place, (name, words) in zip(places, DRAWN.items(), strict=True):
        lines = {column.label: _line(column, name) for column in methods}
        most = max(len(values) for _, values in lines.values())
        axis = [str(at) for at in range(most)]
        band = Band.of(row.get(name) for row in retrained)
        beside = Beside(axis, [band] * most) if band else None
        figure = lines_figure(
            lines,
            x_title="rounds since the client left",
            y_title=words,
            colors=colours,
            beside=beside,
        )
        for trace, column in zip(figure.data[-len(methods) :], methods, strict=True):
            _fade(trace, _rounds(column))
        with place:
            st.plotly_chart(figure, config=chart_config(f"clients-{name}"), key=f"clients.{name}")


def _line(column: Column, name: str) -> Line:
    """The rounds of a method, then those in which the others only train on."""
    values = [row.get(name) for row in column.model.training.history]
    found = column.results.get(ClientsResult)
    if defined(found):
        later = found.backdoor if name == "backdoor" else found.test
        if defined(later):
            values += later[1:]
    return [str(at) for at in range(len(values))], values


def _fade(trace: object, rounds: int) -> None:
    """Marks on the rounds that belong to the method; what follows is a line alone."""
    count = len(trace.y)  # type: ignore[attr-defined]
    sizes = [7 if at <= rounds else 0 for at in range(count)]
    trace.update(marker={"size": sizes})  # type: ignore[attr-defined]


def placed(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """A slider over the rounds, a linked map a model, and its figures after that round.

    Args:
        study: on the page.
        view: what is selected.
        shown: its columns.
    """
    title("Where the leaver's pictures lie", HOW_MAPS)
    most = last_round(shown)
    at = most
    if most:
        asked = view.option("round")
        at = min(int(asked), most) if asked else most
        hold("clients.round", at)
        at = st.slider(
            "Round",
            0,
            most,
            key="clients.round",
            help="0: the original. References are shown as they are at their end.",
            on_change=lambda: state.choose(round=str(st.session_state["clients.round"])),
        )
    samples, _ = library.samples(study)
    linked_maps(
        [_panel(column, at, samples.ids) for column in shown],
        samples,
        key=f"clients.maps.{study.place}",
        selected=view.selection,
        on_select=lambda chosen: state.update(selection=chosen),
        height=205 if projected() else 260,
    )
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        place.caption(_figures(_row(column, at)))


def _index(column: Column, at: int) -> int:
    """Where a model's history, or trajectory, is looked up at a round."""
    return _rounds(column) if column.name in REFERENCES else min(at, _rounds(column))


def _row(column: Column, at: int) -> Mapping[str, float | None]:
    history = column.model.training.history
    return history[_index(column, at)] if history else {}


def _panel(column: Column, at: int, ids: np.ndarray) -> Panel:
    kept = library.trajectory(column.model)
    if "points" not in kept:
        return Panel(column.label, reason="no map: the rounds were not looked at")
    if not np.array_equal(kept["ids"], ids):
        return Panel(column.label, reason="no map: it was drawn of other pictures")
    return Panel(column.label, kept["points"][_index(column, at)], origin=(0.0, 0.0))


def _figures(row: Mapping[str, float | None]) -> str:
    """What the picture cannot show."""
    if not row:
        return "Nothing was kept of its rounds."
    test, backdoor, own, auc = (
        row.get(name) for name in ("test_accuracy", "backdoor", "leaver_accuracy", "leaver_auc")
    )
    told = [
        f"Test {percent(test)}" if test is not None else "",
        f"trigger turns {percent(backdoor)}" if backdoor is not None else "",
        f"the leaver's clean pictures {percent(own)}" if own is not None else "",
        f"told from strangers with AUC {auc:.2f}" if auc is not None else "",
    ]
    return ", ".join(word for word in told if word) + "."
