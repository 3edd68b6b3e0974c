"""The tour's page: one chapter at a time; and the slim bar that leads back from other pages."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ....study import StoreError
from ...reading import state
from ...reading import store_reader as library
from .. import presentation
from ..page_header import arrive
from ..page_tools import shared
from ..worst_case import HOLDERS
from .chapters import CHAPTERS, Chapter
from .facts import Lacking, Library
from .stage import EVIDENCE
from .titles import TITLES

__all__ = ["tour"]

SAID = (
    "max-width:58em;font-size:max(1.13rem,var(--least-text,0px));line-height:1.5;margin:0 0 .35rem"
)
STEPS_STYLE = """<style>
.st-key-tour-steps h1 {font-size: 1.45rem; line-height: 1.25; padding: .3rem 0 0}
.st-key-tour-steps [data-testid="stElementContainer"]:has(style) {position: absolute}
</style>"""
_COUNT = len(CHAPTERS)
_ENTERED = "tour.entered"  # the chapter whose scene was set up last


def tour() -> None:
    """Draw the chapter that the address names, else the one seen last."""
    studies = arrive("Learn")
    view = state.sync(studies)
    at = min(max(int(view.option("chapter") or st.session_state.get("tour.at", 1)), 1), _COUNT)
    st.session_state["tour.at"] = at
    state.choose(chapter=str(at), tour="")
    presentation.style()
    _steps(at)
    chapter, known = CHAPTERS[at - 1], Library(studies)
    try:
        _chapter(at, chapter, known, studies)
    except Lacking as missing:
        _make_it(missing)
    except StoreError as error:
        st.error(str(error))


def _chapter(
    at: int, chapter: Chapter, known: Library, studies: Mapping[str, state.Choices]
) -> None:
    facts = known(chapter.scene.study)
    view = _enter(at, chapter, known, studies)
    with st.container(key="tour-words", gap="small"):
        said = "".join(f'<p style="{SAID}">{_plain(text)}</p>' for text in chapter.says(known))
        st.html(f'<div data-testid="tour-says">{said}</div>')
    shown = library.columns(facts.study, view.models)
    presentation.say_models(facts.study, view.models, ())
    with st.container(key="row-tour"):
        for name in chapter.evidence:
            EVIDENCE[name](facts.study, view, shown)
    task, question = st.columns(2, gap="medium")
    with task.container(border=True, height="stretch"):
        st.markdown(f"**Try it.** {chapter.task}")
        st.page_link(
            f"pages/{chapter.opens}.py",
            label="Open the page like this",
            icon=":material/arrow_forward:",
            query_params=_address(at, chapter, known),
        )
    with question.container(border=True, height="stretch"):
        st.markdown(f"**Think.** {chapter.question}")
        with st.expander("Answer", key=f"tour.answer.{at}"):
            st.markdown(chapter.answer(known))


def _plain(text: str) -> str:
    """Text for HTML in which no percent sign begins a line."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace(" %", "&nbsp;%").replace(" dB", "&nbsp;dB")


def _enter(
    at: int, chapter: Chapter, known: Library, studies: Mapping[str, state.Choices]
) -> state.View:
    """Set study and models; map and fit set only as the chapter begins, for they can be tried."""
    scene, facts = chapter.scene, known(chapter.scene.study)
    place, models = facts.study.place, facts.keys(scene.methods)
    view = state.sync(studies)
    if (st.session_state.get(_ENTERED), view.study, view.models) != (at, place, models):
        if view.study != place:
            state.update(study=place)
        state.update(models=models, map=scene.map)
        state.choose(fit=scene.fit)
        st.session_state["worst.holds"] = scene.fit if scene.fit in HOLDERS else "retain"
        st.session_state[_ENTERED] = at
        view = state.sync(studies)
    return view


def _address(at: int, chapter: Chapter, known: Library) -> dict[str, str]:
    """What opens a page as the chapter's task wants it; said in full, since a page remembers."""
    scene, facts = chapter.then, known(chapter.then.study)
    return {
        "study": facts.study.place,
        "models": ",".join(facts.keys(scene.methods)),
        "map": scene.map,
        "fit": scene.fit,
        "tour": str(at),
        **({"row": str(chapter.row)} if chapter.row else {}),
    }


def _steps(at: int) -> None:
    """Where the visitor is, and the ways on; arrow keys do the same.

    Back and Next come first: a finger that goes on finds them where they were, however long the
    titles are.
    """
    with st.container(key="tour-steps", horizontal=True, vertical_alignment="top", gap="small"):
        st.html(STEPS_STYLE)
        for label, to in (("Back", at - 1), ("Next", at + 1)):
            st.button(
                label,
                key=f"tour.{label.lower()}",
                on_click=_go,
                args=(to,),
                disabled=not 1 <= to <= _COUNT,
            )
        st.title(f"{at}. {TITLES[at - 1]}", anchor=False, width="stretch")
        if presentation.presenting():
            st.markdown(f"{at} of {_COUNT}", width="content")
        for number, title in enumerate(() if presentation.presenting() else TITLES, 1):
            st.button(
                str(number),
                key=f"tour.step.{number}",
                type="primary" if number == at else "tertiary",
                help=title,
                on_click=_go,
                args=(number,),
            )
        if presentation.presenting():
            presentation.leave()
        else:
            presentation.start(slim=True)
            shared(slim=True)
    presentation.hear(lambda by: _go(at + by))


def _go(to: int) -> None:
    if 1 <= to <= _COUNT:
        state.choose(chapter=str(to))


def _make_it(missing: Lacking) -> None:
    st.info(
        f"This chapter needs {missing.what}, which is not in the store. Make it with "
        f"`python -m opcviz run {missing.study}`, then reload this page. The other chapters may "
        "work without it."
    )
