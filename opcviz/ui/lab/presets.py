"""Studies too long for the lab's queue: what each asks, takes and needs, and how to start it."""

from __future__ import annotations

import streamlit as st

from ...study import PresetInfo, about_presets
from ..reading import access
from ..sections.folded import folded

__all__ = ["said", "show"]


def show() -> None:
    """The presets that take more than minutes, with the command of each."""
    folded("Longer studies, from the command line", _listed, key="lab.presets", aside=True)


def _listed() -> None:
    st.markdown(
        "A study of photographs takes hours. Start it where it may run that long; stopped, it "
        "goes on from where it was. What is finished appears here as a study."
    )
    for about in about_presets():
        if about.cost:
            st.markdown(said(about, access.may_name_paths()))


def said(about: PresetInfo, places: bool = True) -> str:
    """One preset as Markdown: title, size, cost, command, and what is missing.

    Args:
        about: the preset.
        places: whether folders of this machine may be named to whoever looks.
    """
    missing = about.missing if places else "Its data are not on this machine"
    lines = [
        f"**{about.title}**",
        f"{about.models} models; {about.cost}.",
        f"`opcviz run {about.name}`",
        *([f"{missing}."] if about.missing else []),
    ]
    return "  \n".join(lines)
