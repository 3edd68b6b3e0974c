"""What stands in a fold of the page, and is made only when it is opened."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ..charts.theme import projected

__all__ = ["folded"]


@st.fragment
def folded(label: str, draw: Callable[[], None], *, key: str, aside: bool = False) -> None:
    """An expander whose content is drawn once it is open; opening it reruns nothing else.

    A closed expander of Streamlit's runs its body, sends it to the browser and has it drawn there,
    unseen: of Plotly's charts that costs more than the rest of the page.

    Args:
        label: its title.
        draw: draws the content.
        key: of the expander.
        aside: whether a presentation leaves it out; else it stands open there, since nobody in a
            hall opens anything.
    """
    if projected():
        if not aside:
            st.subheader(label, anchor=False)
            draw()
        return
    fold = st.expander(label, key=key, on_change="rerun")
    if fold.open:
        with fold:
            draw()
