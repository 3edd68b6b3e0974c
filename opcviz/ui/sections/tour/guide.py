"""The tour's page: one chapter at a time, in a hall one part of it a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ....study import StoreError
from ...reading import state
from ...reading import store_reader as library
from .. import presentation
from ..missing import plain
from ..page_header import arrive
from ..page_rows import explained
from ..page_tools import shared
from ..worst_case import HOLDERS
from .answer import QUESTION
from .chapters import CHAPTERS, Chapter
from .facts import Lacking, Library
from .stage import EVIDENCE
from .titles import TITLES

__all__ = ["tour"]

SAID = (
    "max-width:58em;font-size:max(1.13rem,var(--told,0px));line-height:var(--told-line,1.5);"
    "margin:0 0 var(--told-gap,.35rem)"
)
STEPS_STYLE = """<style>
.stApp [data-testid="stLayoutWrapper"]:has(> .st-key-tour-steps) {
  position: sticky; top: 3.9rem; z-index: 90}
.st-key-tour-steps {background: light-dark(#FFFFFF, #11151C); padding-bottom: .35rem;
  box-shadow: 0 -.3rem light-dark(#FFFFFF, #11151C)}
.st-key-tour-numbers button {width: 2.1rem; padding-left: 0; padding-right: 0}
.stApp .st-key-tour-title h1 {font-size: 1.45rem; line-height: 1.25; padding: 0 0 .6rem}
.st-key-tour-steps [data-testid="stElementContainer"]:has(style) {position: absolute}
</style>"""
"""The buttons stay where they are, while a chapter is scrolled, too."""
HALL_STYLE = """<style>
html {--told: 30px; --told-line: 1.36; --told-gap: .8rem}
:is(.st-key-tour-notes, .st-key-tour-words, .st-key-row-tour, .st-key-tour-ways, .st-key-tour-end) {
  padding-top: .8rem}
:is(.st-key-tour-try, .st-key-tour-think) p {font-size: 28px !important; line-height: 1.36}
.st-key-tour-think [data-testid="stExpander"] p {font-size: 24px !important}
</style>"""
"""A chapter's sentences fill a screen of their own."""
WAYS_ON = (
    ("pages/first_sight.py", "See them play on Start", ":material/play_circle:"),
    ("pages/scoreboard.py", "Compare all methods", ":material/leaderboard:"),
)
"""Pages that the tour ends on, with words and icons of their links."""
_COUNT = len(CHAPTERS)
_ENTERED = "tour.entered"  # the chapter whose scene was set up last


def tour() -> None:
    """Draw the chapter that the address names, else the one seen last."""
    studies = arrive("Learn")
    view = state.sync(studies)
    asked = int(view.option("chapter") or st.session_state.get("tour.at", 1))
    at = asked if 1 <= asked <= _COUNT else 1
    st.session_state["tour.at"] = at
    state.choose(chapter=str(at), tour="")
    presentation.style()
    chapter, known = CHAPTERS[at - 1], Library(studies)
    slide = _slide(at) if presentation.presenting() else None
    if slide is None:
        _steps(at)
    _say(view.notes, asked)
    try:
        _chapter(at, chapter, known, studies, slide)
    except Lacking as missing:
        _make_it(missing)
    except StoreError as error:
        st.error(str(error))


def _say(notes: Sequence[str], asked: int) -> None:
    """What was adjusted of a link."""
    told = [plain(note) for note in notes]
    if not 1 <= asked <= _COUNT:
        told.append(f"There is no chapter {asked}: there are chapters 1 to {_COUNT}; showing 1.")
    if told:
        with st.container(key="tour-notes"):
            for note in told:
                st.info(note)


def _chapter(
    at: int,
    chapter: Chapter,
    known: Library,
    studies: Mapping[str, state.Choices],
    slide: int | None,
) -> None:
    """Draw a chapter, or the one screen of it that a hall sees: its words, a row, what to try."""
    facts = known(chapter.scene.study)
    view = _enter(at, chapter, known, studies)
    last = len(chapter.evidence) + 1  # the screen with what to try; after it the last word, if any
    if slide in (None, 0):
        _words(chapter, known)
    shown = library.columns(facts.study, view.models)
    if slide is None or 0 < slide < last:
        names = chapter.evidence if slide is None else chapter.evidence[slide - 1 : slide]
        if any(EVIDENCE[name].columns for name in names):
            presentation.say_models(facts.study, view.models, ())
        with st.container(key="row-tour"):
            for name in names:
                EVIDENCE[name].draw(facts.study, view, shown)
                if slide is not None and EVIDENCE[name].explain:
                    explained(EVIDENCE[name].explain)
    if slide in (None, last):
        _ways(at, chapter, known)
    if chapter.ends and slide in (None, last + 1):
        _end(chapter.ends(known), beside=slide is None)


def _words(chapter: Chapter, known: Library) -> None:
    with st.container(key="tour-words", gap="small"):
        said = "".join(f'<p style="{SAID}">{_plain(text)}</p>' for text in chapter.says(known))
        st.html(f'<div data-testid="tour-says">{said}</div>')


def _ways(at: int, chapter: Chapter, known: Library) -> None:
    """What to try on the real page, and what to think about."""
    with st.container(key="tour-ways"):
        task, question = st.columns(2, gap="medium")
    with task.container(border=True, height="stretch", key="tour-try"):
        st.markdown(f"**Try it.** {chapter.task}")
        st.page_link(
            f"pages/{chapter.opens}.py",
            label="Open the page like this",
            icon=":material/arrow_forward:",
            query_params=_address(at, chapter, known),
        )
    with question.container(border=True, height="stretch", key="tour-think"):
        st.markdown(f"**Think.** {chapter.question}")
        with st.expander("Answer", key=f"tour.answer.{at}"):
            st.markdown(chapter.answer(known))


def _end(told: str, *, beside: bool) -> None:
    """The last word of the tour, and where to go from there."""
    with st.container(key="tour-end", border=beside, gap="small"):
        st.subheader(QUESTION, anchor=False)
        st.html(f'<p data-testid="tour-forgot" style="{SAID}">{_plain(told)}</p>')
        with st.container(horizontal=True, gap="small"):
            for page, label, icon in WAYS_ON:
                st.page_link(page, label=label, icon=icon, width="content")


def _plain(text: str) -> str:
    """Text for HTML in which no percent sign begins a line."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace(" %", "&nbsp;%").replace(" dB", "&nbsp;dB")


def _enter(
    at: int, chapter: Chapter, known: Library, studies: Mapping[str, state.Choices]
) -> state.View:
    """Set study and models; map and fit set only as the chapter begins, for they can be tried."""
    scene, facts = chapter.scene, known(chapter.scene.study)
    place, models = facts.study.place, scene.keys(facts)
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
        "models": ",".join(scene.keys(facts)),
        "map": scene.map,
        "fit": scene.fit,
        "tour": str(at),
        **({"row": str(chapter.row)} if chapter.row else {}),
    }


def _steps(at: int) -> None:
    """Where the visitor is, and the ways on; arrow keys do the same.

    The title stands below: a finger that goes on finds every button where it was, however long
    the titles are.
    """
    with st.container(key="tour-steps", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(STEPS_STYLE)
        for label, to in (("Back", at - 1), ("Next", at + 1)):
            st.button(
                label,
                key=f"tour.{label.lower()}",
                on_click=_go,
                args=(to,),
                disabled=not 1 <= to <= _COUNT,
            )
        with st.container(key="tour-numbers", horizontal=True, gap="xxsmall", width="content"):
            for number, title in enumerate(TITLES, 1):
                st.button(
                    str(number),
                    key=f"tour.step.{number}",
                    type="primary" if number == at else "tertiary",
                    help=title,
                    on_click=_go,
                    args=(number,),
                )
        with st.container(
            key="tour-tools",
            horizontal=True,
            horizontal_alignment="right",
            vertical_alignment="center",
            gap="small",
        ):
            presentation.start(slim=True)
            shared(slim=True)
    with st.container(key="tour-title"):
        st.title(f"{at}. {TITLES[at - 1]}", anchor=False)
    presentation.hear(lambda by: _go(at + by))


def _slide(at: int) -> int:
    """The head of a screen in a hall, and which screen of the chapter it is, from 0."""

    def beyond(by: int) -> None:
        _go(at + by, slide=1 if by > 0 else _slides(at + by))

    st.html(HALL_STYLE)
    st.title(f"{at}. {TITLES[at - 1]}", anchor=False)
    presentation.hear(lambda by: presentation.turn(by, beyond))
    return presentation.turner(_slides(at), beyond=beyond, more=(at > 1, at < _COUNT))


def _slides(at: int) -> int:
    """How many screens a chapter has in a hall; 0 of one that there is not."""
    if not 1 <= at <= _COUNT:
        return 0
    chapter = CHAPTERS[at - 1]
    return len(chapter.evidence) + 2 + bool(chapter.ends)


def _go(to: int, slide: int = 1) -> None:
    if 1 <= to <= _COUNT:
        state.choose(chapter=str(to), row=str(slide) if slide > 1 else "")


def _make_it(missing: Lacking) -> None:
    st.info(
        f"This chapter needs {missing.what}, which is not in the store. Make it with "
        f"`python -m opcviz run {missing.study}`, then reload this page. The other chapters may "
        "work without it."
    )
