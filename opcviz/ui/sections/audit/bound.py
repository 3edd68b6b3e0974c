"""Widgets whose values are the form's: it outlasts them when another page is shown."""

from __future__ import annotations

from typing import Any, TypedDict

import streamlit as st

from ...reading import audit_form as forms

__all__ = ["Bound", "bound", "hold"]


class Bound(TypedDict):
    """What a widget is given: its key, and what it does when it changes."""

    key: str
    on_change: Any


def bound(name: str) -> Bound:
    """Tie a widget to a field of the form; call it just before the widget is drawn.

    Args:
        name: of the field, see `forms.Form`.
    """
    key = f"audit.{name}"
    hold(key, getattr(forms.form(), name))
    return Bound(key=key, on_change=lambda: forms.put(**{name: st.session_state[key]}))


def hold(key: str, value: object) -> None:
    """Give a widget its value where it has another, or none since it was not drawn before.

    A value that a script sets replaces what the browser shows. Were it set in every run, a choice
    made while a run is under way (after an upload, say) would be taken back by that run.

    Args:
        key: of the widget.
        value: what it should have.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
