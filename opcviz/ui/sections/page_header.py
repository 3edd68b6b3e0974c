"""The head of every page: which study, which models; the same selection everywhere."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from ...study import StoreError, StudyResult
from ...study.own import declare_own
from ..reading import state
from ..reading import store_reader as library
from . import presentation
from .tour.bar import tour_bar

__all__ = ["arrive", "head"]

STYLE = (
    "<style>.stMainBlockContainer {padding-top: 3.6rem; padding-bottom: 2rem} "
    ".st-key-presentation-keys {position: absolute}</style>"
)


def head(title: str, *, pick_models: bool = True) -> tuple[StudyResult, state.View]:
    """Draw the page's title and the study and model pickers.

    Returns:
        The study and the selection. The page ends here when there is no study at all, or when its
        probe set, on which everything else is drawn, cannot be read.
    """
    studies = arrive(title)
    view = state.sync(studies)
    study = library.study_of(view.study).beside(view.models if pick_models else ())
    presentation.style()
    if pick_models and presentation.presenting():
        return _in_a_hall(title, study, view)
    tour_bar(view)
    names = {place: library.study_of(place).study.title or place for place in studies}
    left, middle, right, last = st.columns([1.1, 1.2, 2.1, 1], vertical_alignment="bottom")
    with left:
        st.title(title, anchor=False)
    with middle:
        st.session_state["head.study"] = view.study
        st.selectbox(
            "Study",
            list(studies),
            format_func=lambda place: names[place],
            key="head.study",
            on_change=lambda: state.update(study=st.session_state["head.study"]),
        )
    if pick_models:
        with right:
            _models(study, view)
    with last:
        presentation.controls(explain=pick_models)
    presentation.hear()
    for note in (*view.notes, *library.suite_notes(study, view.models)):
        st.info(note)
    _stop_without_samples(study)
    return study, view


def arrive(title: str) -> dict[str, state.Choices]:
    """Begin a page: what every page does before it knows what it shows.

    Args:
        title: of the page, drawn only where there is nothing to show.

    Returns:
        The studies there are. The page ends here when there is none.
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
    return studies


def _in_a_hall(title: str, study: StudyResult, view: state.View) -> tuple[StudyResult, state.View]:
    """A slim head without pickers, above as many models as can be read from afar."""
    st.subheader(f"{title} · {study.study.title or study.place}", anchor=False)
    models, dropped = presentation.fitting(study, view.models)
    presentation.say_models(study, models, dropped)
    tour_bar(view)  # below, for the buttons that turn rows stand at the top
    presentation.hear()
    _stop_without_samples(study)
    return study, replace(view, models=models)


def _stop_without_samples(study: StudyResult) -> None:
    try:
        library.samples(study)
    except StoreError as error:
        st.error(str(error))
        st.stop()


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
