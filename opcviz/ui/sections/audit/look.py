"""The early checks: what was given is looked at in the engine as soon as it is there."""

from __future__ import annotations

import streamlit as st

from ....audit.page_job import CHECKER, FirstLook, PageJob
from ....engine import EngineError, Run, UnknownRun
from ...reading import access
from ...reading import audit as reading
from ...reading import store_reader as library
from ...reading.asking import queue
from .found import plain

__all__ = ["LOOKING", "look", "status"]

POLL = 0.4  # seconds between two questions whether a look has ended
LOOKING = "Looking at it …"
_MINE = "audit.look"  # the look that this session asked for last


def look(job: PageJob) -> tuple[Run | None, FirstLook]:
    """What was recognised of all that was given so far; a look that is missing is begun.

    Args:
        job: what the choices come to; without a file or data there is nothing to look at.

    Returns:
        The run that looks, if any, and what it found, empty as long as it looks.
    """
    if not job.files and not job.data:
        return None, FirstLook()
    engine = library.engine()
    run = reading.check_of(engine, job)
    if run is None:
        before = st.session_state.get(_MINE)
        if before is not None:
            engine.give_up(before, access.visitor())
        names = ", ".join(given.name for _, given in job.files) or job.data_name or "the data"
        try:
            id = engine.submit(
                job.alone().to_dict(), f"Audit, first look · {names}", runner=CHECKER
            )
        except EngineError as error:
            st.error(f"Nothing can be looked at. {error}")
            return None, FirstLook()
        run = engine.status(id)
    st.session_state[_MINE] = run.id
    if run.active:
        engine.wait_for(run.id, access.visitor())
    return run, reading.checked(run) or FirstLook()


def status(run: Run | None) -> None:
    """What a look waits for, or why it failed; nothing where it has ended well.

    Args:
        run: that looks, if any.
    """
    if run is None or (run.status == "finished" and reading.checked(run) is not None):
        return
    if run.active:
        st.fragment(_wait, run_every=POLL)(run.id)
        return
    said, button = st.columns([5, 1], vertical_alignment="center")
    why = run.cause or "what it said cannot be read"
    said.error(f"What you gave could not be looked at: {plain(why)}.".replace("..", "."))
    pressed = button.button("Look again", key="audit.again", width="stretch")
    if pressed and queue(run.job, run.label, runner=CHECKER):
        st.rerun()


def _wait(id: str) -> None:
    engine = library.engine()
    try:
        engine.wait_for(id, access.visitor())
        ended = not engine.status(id).active
    except UnknownRun:  # with its store: the page says so
        ended = True
    if ended:
        st.rerun()  # the whole page: what was found stands beside what was given
    engine.ensure()
    health, ahead = engine.health(), engine.position(id)
    if health is None or health["state"] != "ready":
        said = "The engine is starting, which takes some seconds …"
    elif ahead:
        said = f"The engine is busy: {ahead} before this look. Go on choosing meanwhile."
    else:
        said = "Looking at what you gave …"
    st.caption(f":material/hourglass_empty: {said}")
