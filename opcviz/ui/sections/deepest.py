"""The model that Start plays, offered where a page opens without it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...study import StudyResult
from ..reading import state
from ..reading import store_reader as library
from ..reading.contrast import pair_of
from .presentation import presenting
from .verdicts import SAID

__all__ = ["offer", "room"]

STYLE = """<style>
.st-key-deepest {min-height: 2.5rem}
.st-key-deepest [data-testid="stElementContainer"]:has(style) {position: absolute}
</style>"""
"""Its line is filled last, since judging takes time: what stands below does not move then."""


def room(study: StudyResult, view: state.View) -> DeltaGenerator | None:
    """The place of the offer, above the columns; None where there is none to make.

    None is made of models that somebody chose, nor in a presentation, whose columns are few.

    Args:
        study: on the page.
        view: what it shows.
    """
    if presenting() or view.models != tuple(library.choices()[study.place].shown):
        return None
    place = st.container(key="deepest", horizontal=True, vertical_alignment="center", gap="medium")
    place.html(STYLE)
    return place


def offer(place: DeltaGenerator | None, study: StudyResult, shown: Sequence[str]) -> None:
    """Name the one of OPC's family that goes deepest, with a button that puts it beside the others.

    Args:
        place: that `room` made.
        study: on the page.
        shown: keys of the models that it opens with.
    """
    if place is None:
        return
    study = library.study_of(study.place)  # as Start judges it
    key = pair_of(study, shown).right
    model = study.model(key) if key else None
    if model is None or model.key in shown or model.method.info.family != "contraction":
        return
    gone = study.verdict(model).gone
    says = f": *{SAID.get(gone, gone)}*" if gone else ""
    place.markdown(
        f"Start plays **{model.title}**, the deepest of OPC's family by its verdict{says}.",
        width="content",
    )
    place.button(
        "Show it here, too",
        icon=":material/add:",
        key="deepest.show",
        on_click=lambda: state.update(models=(*shown, model.key)),
    )
