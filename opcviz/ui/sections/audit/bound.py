"""Widgets whose values are the form's: it outlasts them when another page is shown."""

from __future__ import annotations

from typing import Any, TypedDict

import streamlit as st

from ...reading import audit_form as forms
from ...reading.held import hold

__all__ = ["Bound", "bound"]


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
