"""Values that the session has and a widget shows: given to it without taking back a choice."""

from __future__ import annotations

import streamlit as st

__all__ = ["hold"]


def hold(key: str, value: object) -> None:
    """Give a widget its value where it has another, or none since it was not drawn before.

    A value that a script sets replaces what the browser shows. Were it set in every run, a choice
    made while a run is under way (after an upload, say) would be taken back by that run.

    Args:
        key: of the widget; call it just before the widget is drawn.
        value: what it should have.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
