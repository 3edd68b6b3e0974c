"""The head of every page: which study, which models; the same selection everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ...study import StoreError, StudyResult
from ...study.own import declare_own
from ..reading import state
from ..reading import store_reader as library
from ..reading.choices import SAMPLED
from ..reading.held import hold
from ..reading.suites import suite_notes
from . import presentation
from .missing import plain
from .model_picker import pick_models_of
from .page_tools import page_tools
from .tour.bar import tour_bar

__all__ = ["arrive", "head", "plain_head"]


CLASSIFIERS = ("classification",)
MAKE = {
    "generation": "digits-generator",
    "waveforms": "earthquakes",
    "sequence": "digits-sequence",
    "client": "digits-clients",
}
"""By task or wing, the preset that makes a first study of it; `digits` where none is named."""


def head(
    title: str,
    *,
    pick_models: bool = True,
    slim: bool = False,
    tasks: Sequence[str] = CLASSIFIERS,
) -> tuple[StudyResult, state.View]:
    """Draw the page's title and the study and model pickers.

    Args:
        title: of the page.
        pick_models: whether the models shown are chosen here.
        slim: all in one line, for a page that wants the height.
        tasks: of which the page shows studies, or keys of `choices.WINGS`.

    Returns:
        The study and the selection. The page ends here when there is no study that it shows, or
        when its probe set, on which everything else is drawn, cannot be read.
    """
    studies = arrive(title, tasks)
    view = state.sync(studies, tasks)
    studies = {place: found for place, found in studies.items() if found.fits(tasks)}
    study = library.study_of(view.study).beside(view.models if pick_models else ())
    presentation.style()
    if pick_models and presentation.presenting():
        return _in_a_hall(title, study, view)
    tour_bar(view)
    names = {place: found.title or place for place, found in studies.items()}
    if slim:  # the study takes whatever title and tools leave
        line = st.container(horizontal=True, vertical_alignment="center", key="slim-head")
        left = line.container(width="content", key="slim-title")
        middle = right = line.container(width="stretch")
        tools = line.container(width="content", key="slim-tools")
    else:
        left, tools = st.columns([1, 1.9], vertical_alignment="center")
        shares = [1.15, 2.45] if pick_models else [1.5, 2.1]
        middle, right = st.columns(shares, vertical_alignment="bottom")
    with left:
        st.title(title, anchor=False)
    with tools:
        page_tools(explain=pick_models or slim, slim=slim)
    with middle:
        hold("head.study", view.study)
        st.selectbox(
            "Study",
            list(studies),
            format_func=lambda place: names[place],
            key="head.study",
            label_visibility="collapsed" if slim else "visible",
            on_change=lambda: state.update(study=st.session_state["head.study"]),
        )
    if pick_models:
        with right:
            pick_models_of(study, view)
    presentation.hear()
    _say(study, view)
    _stop_without_samples(study)
    return study, view


def arrive(title: str, tasks: Sequence[str] = ()) -> dict[str, state.Choices]:
    """Begin a page: what every page does before it knows what it shows.

    Args:
        title: of the page, drawn only where there is nothing to show.
        tasks: of which the page shows studies, or keys of `choices.WINGS`; none: of all.

    Returns:
        The studies there are, of other tasks, too. The page ends here when it can show none.
    """
    declare_own()  # the user's own files; the lab says which were refused
    studies = library.choices()
    if not any(found.fits(tasks) for found in studies.values()):
        pages = {**state.TASK_PAGES, **state.WINGS}
        whose = f" of {pages[tasks[0]][0]}" if studies and tasks else ""
        preset = MAKE.get(tasks[0], "digits") if tasks else "digits"
        st.title(title)
        st.info(
            f"There is no finished study{whose} yet. Make one with "
            f"`python -m opcviz run {preset}`, then reload this page."
        )
        st.stop()
    return studies


def plain_head(title: str) -> None:
    """Draw the title of a page that is about no study of the store, and can do without any.

    Args:
        title: of the page.
    """
    declare_own()  # the user's own files; the lab says which were refused
    if studies := library.choices():
        state.sync(studies)  # what the address keeps for all pages stays in it
    presentation.style()
    if presentation.presenting():  # the page's rows bring the buttons that turn them, and Leave
        with st.container(key="hall-title"):
            st.subheader(title, anchor=False)
    else:
        left, tools = st.columns([1, 1.9], vertical_alignment="center")
        left.title(title, anchor=False)
        with tools:
            page_tools(explain=True)
    presentation.hear()


def _in_a_hall(title: str, study: StudyResult, view: state.View) -> tuple[StudyResult, state.View]:
    """A slim head without pickers, above as many models as can be read from afar."""
    if not tour_bar(view):  # the way back takes no further line
        st.subheader(f"{title} · {study.study.title or study.place}", anchor=False)
    models, dropped = presentation.fitting(study, view.models)
    presentation.say_models(study, models, dropped)
    _say(study, view)
    presentation.hear()
    _stop_without_samples(study)
    return study, replace(view, models=models)


def _say(study: StudyResult, view: state.View) -> None:
    """What was adjusted of a link, and how the models shown were attacked."""
    for note in view.notes:
        st.info(plain(note))
    for note in suite_notes(study, view.models):
        st.info(note)


def _stop_without_samples(study: StudyResult) -> None:
    if study.study.task not in SAMPLED:
        return
    try:
        library.samples(study)
    except StoreError as error:
        st.error(str(error))
        st.stop()
