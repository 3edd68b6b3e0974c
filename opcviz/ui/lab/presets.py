"""Studies too long for the lab's queue: what each asks, takes and needs, and how to start it."""

from __future__ import annotations

import streamlit as st

from ...study import PresetInfo, about_presets

__all__ = ["said", "show"]


def show() -> None:
    """The presets that take more than minutes, with the command of each."""
    with st.expander("Longer studies, from the command line"):
        st.markdown(
            "A study of photographs takes hours. Start it where it may run that long; stopped, it "
            "goes on from where it was. What is finished appears here as a study."
        )
        for about in about_presets():
            if about.cost:
                st.markdown(said(about))


def said(about: PresetInfo) -> str:
    """One preset as Markdown: title, size, cost, command, and what is missing."""
    lines = [
        f"**{about.title}**",
        f"{about.models} models; {about.cost}.",
        f"`opcviz run {about.name}`",
        *([f"{about.missing}."] if about.missing else []),
    ]
    return "  \n".join(lines)
