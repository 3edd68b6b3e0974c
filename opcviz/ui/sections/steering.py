"""How a run of the engine waits, and how it is stopped and taken up again, on every page alike."""

from __future__ import annotations

import streamlit as st

from ...engine import Run
from ..reading import store_reader as library

__all__ = ["steer", "waiting"]


def steer(run: Run, page: str, *, help: str = "Only what is missing is done.") -> None:
    """Cancel, while the run is queued or at work; Resume, where it can go on; else nothing.

    Args:
        run: as it is now.
        page: begins the buttons' keys.
        help: of Resume.
    """
    engine = library.engine()
    if run.active:
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            key=f"{page}.cancel.{run.id}",
            on_click=engine.cancel,
            args=(run.id,),
            disabled=run.cancelling,
            width="stretch",
        )
    elif run.resumable and st.button(
        "Resume",
        icon=":material/play_circle:",
        key=f"{page}.resume.{run.id}",
        width="stretch",
        help=help,
    ):
        engine.resume(run.id)
        st.rerun()  # the whole page: the part that follows the run has stopped renewing itself


def waiting(run: Run) -> str:
    """What stands before a run that is queued."""
    engine = library.engine()
    ahead, health = engine.position(run.id), engine.health()
    ready = health is not None and health["state"] == "ready"
    turn = f"{ahead} before it" if ahead else "next"
    return f"Queued, {turn}." + ("" if ready else " The engine is starting.")
