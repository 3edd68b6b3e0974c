"""A method or an attack of one's own: named in the lab, read before anyone else is told of it."""

from __future__ import annotations

import streamlit as st

from ...common.access import check_code
from ...common.plugins import add_source
from ...study.own import declare_own, refused_of
from ..reading import access

__all__ = ["own_files"]

_REFUSED, _READ = "lab.own.refused", "lab.own.dismissed"  # in the session that named the file


def own_files() -> None:
    """Where methods and attacks of one's own come from, and what was refused."""
    _say_refused()
    with st.expander("A method or an attack of your own"):
        st.markdown(
            "One Python file with one decorated class. Name it (or its folder) in the environment "
            "variable `OPCVIZ_PLUGINS`, or here; a method joins the list above, with controls, an "
            "attack the attacks and measures below."
        )
        if not access.may_load_code():
            st.caption("Not here: this server answers other machines, and a file is a program.")
            return
        path = st.text_input("File or folder", key="lab.own", placeholder="/path/to/my_attack.py")
        if st.button("Load", key="lab.own.load", disabled=not path):
            with st.spinner("Reading it …"):
                refused, usable = refused_of(path)
            if usable:
                check_code(path)
                add_source(path)
            # what is loaded is refused, if at all, to everybody: see below
            st.session_state[_REFUSED] = [] if usable else [str(each) for each in refused]
            st.rerun()


def _say_refused() -> None:
    """What was refused, until this visitor has read it."""
    told = [*st.session_state.get(_REFUSED, ()), *map(str, declare_own())]
    seen: set[str] = st.session_state.setdefault(_READ, set())
    texts = [text for text in dict.fromkeys(told) if text not in seen]
    for number, text in enumerate(texts):
        said, button = st.columns([5, 1], vertical_alignment="center")
        said.warning(f"A file was refused. {text}.")
        button.button(
            "Dismiss",
            key=f"lab.own.dismiss.{number}",
            on_click=_dismiss,
            args=(text,),
            width="stretch",
        )


def _dismiss(text: str) -> None:
    mine = [each for each in st.session_state.get(_REFUSED, ()) if each != text]
    if len(mine) == len(st.session_state.get(_REFUSED, ())):  # of a file that others named
        st.session_state[_READ].add(text)
    st.session_state[_REFUSED] = mine
