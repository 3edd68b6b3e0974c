"""How a run of the engine waits, and how it is stopped and taken up again, on every page alike."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ...engine import Run, UnknownRun
from ..reading import access
from ..reading import store_reader as library
from ..reading.asking import resume

__all__ = ["ICONS", "LOOK", "steer", "waiting"]

ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_arrow:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/stop_circle:",
}
"""Of a run, by its status."""

LOOK = 5.0  # seconds between two looks whether a run that has ended goes on


def steer(
    run: Run,
    page: str,
    *,
    help: str = "Only what is missing is done.",
    leave: Callable[[], None] | None = None,
) -> None:
    """Cancel, while the run is queued or at work; Resume, where it can go on; else nothing.

    Where it can, it is looked at now and then whether somebody else has resumed it.

    What another visitor waits for, too, is not stopped by Cancel.

    Args:
        run: as it is now.
        page: begins the buttons' keys.
        help: of Resume.
        leave: what to do then, to be shown the run no more.
    """
    engine = library.engine()
    if run.active:
        engine.wait_for(run.id, access.visitor())
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            key=f"{page}.cancel.{run.id}",
            on_click=_give_up,
            args=(run.id, leave),
            disabled=run.cancelling,
            width="stretch",
        )
    elif run.resumable:
        if st.button(
            "Resume",
            icon=":material/play_circle:",
            key=f"{page}.resume.{run.id}",
            width="stretch",
            help=help,
        ):
            resume(run.id)
        st.fragment(_look_again, run_every=LOOK)(run)


def _look_again(run: Run) -> None:
    """Draw the page anew once a run goes on: it can be resumed in another browser, too."""
    try:
        now = library.engine().status(run.id)
    except UnknownRun:  # with its store: the page says so
        st.rerun()
    if (now.status, now.attempt) != (run.status, run.attempt):
        st.rerun()


def _give_up(id: str, leave: Callable[[], None] | None) -> None:
    """A callback: this visitor waits no longer."""
    if library.engine().give_up(id, access.visitor()):
        return
    st.toast("Another visitor waits for the same run, so it goes on.", icon=":material/group:")
    if leave is not None:
        leave()


def waiting(run: Run) -> str:
    """What stands before a run that is queued."""
    engine = library.engine()
    ahead, health = engine.position(run.id), engine.health()
    ready = health is not None and health["state"] == "ready"
    turn = f"{ahead} before it" if ahead else "next"
    return f"Queued, {turn}." + ("" if ready else " The engine is starting.")
