"""The list of all runs of the store, and the way to each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from ...engine import Run
from ...study.naming import apart
from ..reading import access
from ..reading import store_reader as library
from ..reading.followed import LAB
from ..sections.steering import ICONS, LOOK
from . import elsewhere, unreadable
from .live import duration

__all__ = ["queue"]

OTHERS = "Another visitor's run"
_ASKED = "lab.asked"


def queue() -> None:
    """All runs of this store; of those of other visitors of a shared server only that they are."""
    engine = library.engine()
    runs = engine.list()[:20]
    # what has ended may be resumed in another browser
    pause = LOOK if any(run.resumable for run in runs) else None
    st.fragment(_queue, run_every=1.0 if any(run.active for run in runs) else pause)()


def _told_apart(runs: Sequence[Run]) -> dict[str, str]:
    """The settings by which runs of one method differ, as ` · epochs 3`, by the run's id."""
    methods = {}
    for run in runs:
        if plan := unreadable.plan_of(run):
            methods[run.id] = plan.methods[-1]
    said = dict(zip(methods, apart(list(methods.values())), strict=True))
    return {run.id: f" · {said[run.id]}" if said.get(run.id) else "" for run in runs}


def _clock(seconds: float) -> str:
    """When a run was asked for, by the clock of this machine; the day where it was not today."""
    when = datetime.fromtimestamp(seconds)
    form = "%H:%M:%S" if when.date() == datetime.now().date() else "%d %b %H:%M"
    return when.strftime(form)


def _ask_for(run: str) -> None:
    """Note which run a person wants to see, before anything of the page is drawn.

    A rerun of the whole page that comes in while this part is drawn takes its place, and a press
    that only the drawing knew of would be lost.
    """
    st.session_state[_ASKED] = run


def _show(run: Run) -> None:
    """Follow a run from now on, on the page that it belongs to."""
    elsewhere.show(run)  # leaves this page, if the run belongs to another
    st.session_state["lab.scroll"] = run.id
    LAB.show(run.id)
    st.rerun()  # the whole page: the run is shown outside of the list


def _queue() -> None:
    engine = library.engine()
    runs = [run for run in engine.list() if elsewhere.listed(run)][:8]
    asked = st.session_state.pop(_ASKED, None)
    for run in runs:
        if run.id == asked:
            _show(run)
    if not runs:
        st.caption("No run yet. Everyone who opens this app shares one queue.")
    told = _told_apart(runs)
    for run in runs:
        what, status, show = st.columns([4, 3, 1], vertical_alignment="center")
        mine = access.is_mine(run)
        label = f"{run.label or f'Run {run.id}'}{told.get(run.id, '')}" if mine else OTHERS
        what.markdown(f"{ICONS[run.status]} {label} · {_clock(run.created)}")
        ahead = engine.position(run.id)
        about = {
            "queued": "next" if not ahead else f"{ahead} before it",
            "failed": run.cause,
            "cancelled": run.cause,
        }.get(run.status, "" if run.seconds is None else duration(run.seconds))
        told_why = about and (mine or run.status not in ("failed", "cancelled"))
        word = "damaged" if run.damaged else run.status
        status.caption(f"{word} · {about}" if told_why else word)
        if mine:
            show.button(
                "Show", key=f"queue.{run.id}", width="stretch", on_click=_ask_for, args=(run.id,)
            )
