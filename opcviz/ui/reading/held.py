"""Values that the session has and a widget shows: given to it without taking back a choice."""

from __future__ import annotations

import time
from typing import NamedTuple

import streamlit as st

__all__ = ["SETTLING", "begin", "hold"]

SETTLING = 1.0
"""Seconds for which a value is given again and again. Of two runs that follow each other at once a
browser may draw the second one alone, and would never learn what the first one gave."""
_RUN, _HELD = "held.run", "held.known"


class _Held(NamedTuple):
    run: int  # in which the widget was last drawn
    given: float  # when it was given its value, s


def begin() -> None:
    """Count a run of the whole app; call it before any page is drawn."""
    st.session_state[_RUN] = st.session_state.get(_RUN, 0) + 1


def hold(key: str, value: object) -> None:
    """Give a widget its value where it has another, or may have none.

    A value that a script sets replaces what the browser shows. Were it set in every run, a choice
    made while a run is under way (after an upload, say), and what is typed while a part of a page
    renews itself, would be taken back by that run. It is set where the widget was not drawn in the
    run before, too: a browser may have dropped what the session still knows.

    Args:
        key: of the widget; call it just before the widget is drawn.
        value: what it should have.
    """
    session, now = st.session_state, time.monotonic()
    known: dict[str, _Held] = session.setdefault(_HELD, {})
    run, last = session.get(_RUN, 0), known.get(key)
    if last is None or run - last.run > 1 or key not in session or session[key] != value:
        last = _Held(run, now)
    known[key] = last._replace(run=run)
    if now - last.given < SETTLING:
        session[key] = value
