"""What the pages ask of the engine, and say where it cannot do it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ...common.json_types import Plain
from ...engine import EngineError
from . import store_reader as library

__all__ = ["queue", "resume", "see_to_it"]


def queue(job: Mapping[str, Plain], label: str, *, runner: str = "") -> str | None:
    """Queue a job; the same one that waits or runs already is followed instead.

    Args:
        job, label, runner: see `Engine.submit`.

    Returns:
        The id of its run; None where there is none, which an error on the page says.
    """
    engine = library.engine()
    same = (run.id for run in engine.list() if run.active and run.job == job)
    try:
        return next(same, None) or engine.submit(job, label, runner=runner)
    except EngineError as error:
        st.error(f"Nothing was started. {error}")
        return None


def resume(run: str) -> None:
    """Queue a run again; where it cannot be, an error on the page says why."""
    try:
        library.engine().resume(run)
    except EngineError as error:
        st.error(f"Nothing was resumed. {error}")
    else:
        st.rerun()  # the whole page: the part that follows the run has stopped renewing itself


def see_to_it() -> None:
    """While a run is watched: see that the engine goes on, and say so where it does not."""
    try:
        library.engine().ensure()
    except EngineError as error:
        st.error(f"The engine is gone. {error}")
