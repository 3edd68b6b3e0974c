"""The studies of the steps: their maps, moved through request by request, and the way to each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ....study import ModelResult, StoreError, StudyResult
from ....study.sequence import SequenceResult
from ...charts.maps_component import Panel, linked_maps
from ...charts.theme import projected
from ...reading import state
from ...reading import store_reader as library
from ...reading.requests import step_name
from ...reading.store_reader import Column
from ..sentences import title

__all__ = ["maps", "opened"]

HOW_MAPS = (
    "Two straight directions of each model's features (PCA), seen from the origin, the cross. The "
    "same pictures in every map; those forgotten so far have a shape of their own. A contracted "
    "request lies on the cross; requests that were contracted one after the other may lie on "
    "points of their own, which is what an attacker tells apart."
)
HOW_OPENED = "Every step is a study of its own, with every page and every attack."


def maps(found: SequenceResult, view: state.View, shown: Sequence[Column]) -> None:
    """One linked map a model, of the step that is chosen.

    Args:
        found: the requests in a row.
        view: what is selected.
        shown: the columns.
    """
    title("Where the pictures lie", HOW_MAPS)
    steps = {number: study for number, study in enumerate(found.steps, 1) if study is not None}
    number = max(steps)
    if len(steps) > 1:
        number = st.select_slider(
            "Request",
            list(steps),
            value=number,
            format_func=lambda number: step_name(number, found.requests),
            key=f"sequence.step.{found.last.place}",
            label_visibility="collapsed",
        )
    study = steps[number]
    try:
        samples, _ = library.samples(study)
    except StoreError as error:
        st.caption(str(error))
        return
    panels = [_panel(study.model(column.model.key), column.label, samples.ids) for column in shown]
    linked_maps(
        panels,
        samples,
        key=f"sequence.maps.{study.place}",
        height=205 if projected() else 260,
    )


def _panel(model: ModelResult | None, label: str, ids: np.ndarray) -> Panel:
    if model is None:
        return Panel(label, reason="no map: the method was not run at this step")
    kept = library.trajectory(model)
    if "points" not in kept:
        return Panel(label, reason="no map: there is no model of this step")
    if not np.array_equal(kept["ids"], ids):
        return Panel(label, reason="no map: it was drawn of other pictures")
    return Panel(label, kept["points"][-1], origin=(0.0, 0.0))


def opened(found: SequenceResult) -> None:
    """A button a step, which opens it side by side.

    Args:
        found: the requests in a row.
    """
    title("Open a step", HOW_OPENED)
    there: list[tuple[str, StudyResult]] = [
        (step_name(number, found.requests), study)
        for number, study in enumerate(found.steps, 1)
        if study is not None
    ]
    if found.once is not None:
        there.append(("all at once", found.once))
    with st.container(horizontal=True):
        for name, study in there:
            if st.button(name.capitalize(), key=f"sequence.open.{study.place}"):
                state.update(study=study.place)
                st.switch_page("pages/side_by_side.py")
    with st.container(horizontal=True):
        if st.button("Scoreboard", icon=":material/leaderboard:", key="sequence.board"):
            st.switch_page("pages/scoreboard.py")
        if st.button("Run it in the lab", icon=":material/science:", key="sequence.lab"):
            st.switch_page("pages/lab.py")
