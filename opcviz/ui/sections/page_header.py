"""The head of every page: which study, which models; the same selection everywhere."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from ...study import StoreError, StudyResult
from ...study.own import declare_own
from ..reading import state
from ..reading import store_reader as library

__all__ = ["head"]

WIDTHS = (1.1, 1.3, 2.4)
STYLE = "<style>.stMainBlockContainer {padding-top: 3.6rem; padding-bottom: 2rem}</style>"


def head(
    title: str,
    *,
    pick_models: bool = True,
    widths: tuple[float, float, float] = WIDTHS,
    corner: Callable[[], object] | None = None,
) -> tuple[StudyResult, state.View]:
    """Draw the page's title and the study and model pickers.

    Args:
        title: of the page.
        pick_models: whether the models shown are chosen here.
        widths: of title and pickers, relative to each other.
        corner: draws what stands in place of the models' picker.

    Returns:
        The study and the selection. The page ends here when there is no study at all, or when its
        probe set, on which everything else is drawn, cannot be read.
    """
    _through_the_entry()
    st.html(STYLE)
    declare_own()  # the user's own files; the lab says which were refused
    studies = library.choices()
    if not studies:
        st.title(title)
        st.info(
            "There is no finished study yet. Make one with `python -m opcviz run digits`, then "
            "reload this page."
        )
        st.stop()
    view = state.sync(studies)
    study = library.study_of(view.study).beside(view.models if pick_models else ())
    names = {place: library.study_of(place).study.title or place for place in studies}
    left, middle, right = st.columns(widths, vertical_alignment="bottom")
    with left:
        st.title(title, anchor=False)
    with middle:
        st.session_state["head.study"] = view.study
        st.selectbox(
            "Study",
            list(studies),
            format_func=lambda place: names[place],
            key="head.study",
            label_visibility="collapsed" if corner is not None else "visible",
            on_change=lambda: state.update(study=st.session_state["head.study"]),
        )
    with right:
        if pick_models:
            _models(study, view)
        elif corner is not None:
            corner()
    for note in (*view.notes, *library.suite_notes(study, view.models)):
        st.info(note)
    try:
        library.samples(study)
    except StoreError as error:
        st.error(str(error))
        st.stop()
    return study, view


def _through_the_entry() -> None:
    """Send the first visitor of a page's own address through `app.py`.

    Until `st.navigation` was called once, Streamlit takes a folder `pages/` for its older kind of
    multipage app and runs the page by itself, with a sidebar of its own.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def _models(study: StudyResult, view: state.View) -> None:
    titles = library.labels(study)
    st.session_state["head.models"] = list(view.models)
    st.multiselect(
        f"Models ({state.MIN_MODELS} to {state.MAX_MODELS} columns)",
        list(titles),
        format_func=lambda key: titles[key],
        max_selections=state.MAX_MODELS,
        key="head.models",
        on_change=lambda: state.update(models=st.session_state["head.models"]),
    )
