"""What the head of every page offers beside its pickers: the glossary, its link, the theme."""

from __future__ import annotations

import streamlit as st

from ...methods import MARKS, known_methods
from ..charts.copy_component import copy_link
from ..charts.theme_switch import theme_switch
from . import presentation
from .glossary import TERMS, find

__all__ = ["page_tools", "shared"]


def page_tools(*, explain: bool = False, slim: bool = False) -> None:
    """A row of buttons at the right of the page's title.

    Args:
        explain: whether the page has rows that can be explained.
        slim: buttons without words, where there is little room.
    """
    with st.container(
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="center",
        gap="small",
        key="page-tools",
    ):
        presentation.controls(explain=explain, slim=slim)
        if not presentation.presenting():
            shared(slim=slim)


def shared(*, slim: bool = False) -> None:
    """What belongs to every page, whatever stands on it."""
    _glossary(slim)
    copy_link(key="page.link", small=slim)
    theme_switch(small=True)


@st.fragment
def _glossary(slim: bool) -> None:
    """Every term, searchable; made once it is open."""
    place = st.popover(
        "Glossary",
        icon=None if slim else ":material/dictionary:",
        key="glossary",
        on_change="rerun",
        help="What the words and abbreviations on these pages mean.",
    )
    if not place.open:
        return
    with place:
        word = st.text_input(
            "Find a word",
            key="glossary.word",
            placeholder="for example AUC, floor, depth",
        )
        found = find(word)
        st.caption(f"{len(found)} of {len(TERMS)} terms" if found else "No term speaks of this.")
        with st.container(height=420, border=False):
            if found:
                st.markdown("\n\n".join(term.words() for term in found.values()))
            if methods := _methods(word):
                st.markdown("**Methods**\n\n" + "\n\n".join(methods))


def _methods(word: str) -> list[str]:
    """The methods that a word names, with what each does; all without one."""
    sought = word.strip().casefold()
    return [
        f"**{info.title}**: {info.summary}.  \n*Paper*: {info.paper}. *{info.fidelity.mark}*: "
        f"{MARKS[info.fidelity.mark]}."
        for info in (cls.info for cls in known_methods())
        if sought in f"{info.name} {info.title}".casefold()
    ]
