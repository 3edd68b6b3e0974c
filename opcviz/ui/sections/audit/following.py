"""An audit as it goes: how far it is, what was finished so far, Cancel and Resume."""

from __future__ import annotations

import html

import streamlit as st

from ....engine import EngineError, Run
from ...reading import audit as reading
from ...reading import store_reader as library
from ..follower import Tail, doing
from ..steering import steer, waiting
from .found import plain

__all__ = ["earlier", "follow"]

POLL = 0.4  # seconds between two looks at a run
ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_arrow:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/stop_circle:",
}
MOST_EARLIER = 6


def follow(run: Run) -> None:
    """Show a run that has not finished; while it is active the view renews itself."""
    st.markdown(f"**{plain(run.label.removeprefix('Audit · '))}**")
    st.fragment(_follow, run_every=POLL if run.active else None)(run.id)


def _follow(id: str) -> None:
    engine, tail = library.engine(), _tail(id)
    run = engine.status(id)
    tail.poll(engine.runs, run)
    if run.status == "finished":
        st.rerun()  # the whole page: what came of it
    with st.container(border=True):
        _status(run, tail)
        _log(tail)
    for message in tail.messages:
        if message["level"] != "info":
            st.warning(plain(message["text"]))


def _tail(run: str) -> Tail:
    tails: dict[str, Tail] = st.session_state.setdefault("audit.tails", {})
    return tails.setdefault(run, Tail(run))


def _status(run: Run, tail: Tail) -> None:
    left, right = st.columns([5, 1.2], vertical_alignment="center")
    with left:
        if run.active:
            _active(run, tail)
        elif run.status == "failed":
            st.error(f"The audit failed: {plain(run.cause)}")
        else:
            st.warning("Cancelled. What was finished before is kept.")
    with right:
        steer(run, "audit", leave=reading.leave)
        if not run.active:
            _leave(run)


def _active(run: Run, tail: Tail) -> None:
    engine = library.engine()
    try:
        engine.ensure()
    except EngineError as error:
        st.error(f"The engine is gone. {error}")
        return
    if run.status == "queued":
        st.progress(0.0, waiting(run))
        return
    rest = engine.remaining(run.id)
    said = "stopping …" if run.cancelling else tail.saying
    said += "" if rest is None or run.cancelling else f" · about {max(1, round(rest))} s left"
    st.progress(engine.runs.fraction(run.id) or 0.0, said[:1].upper() + said[1:])


def _leave(run: Run) -> None:
    """After a failure or a cancel: change what was chosen."""
    st.button(
        "Back",
        key=f"audit.back.{run.id}",
        on_click=reading.leave,
        width="stretch",
        help="To the three steps, with what you gave.",
    )


def _log(tail: Tail) -> None:
    """What was begun so far, a line a kind of work, the newest last."""
    models: dict[str, list[str]] = {}
    for name, model in tail.begun:
        known = models.setdefault(name, [])
        if model and model not in known:
            known.append(model)
    rows = "".join(
        f"<li>{html.escape(_capital(doing(name)))} {html.escape(', '.join(who) or 'the data')}</li>"
        for name, who in models.items()
    )
    if rows:
        st.html(f'<ul data-testid="audit-log" style="margin:0;padding-left:1.2rem">{rows}</ul>')


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def earlier() -> None:
    """Audits of this session, and of everybody where the server is this machine; a line each."""
    runs = reading.earlier(library.engine())[:MOST_EARLIER]
    if not runs:
        return
    st.header("Earlier audits", anchor=False)
    for run in runs:
        what, show = st.columns([6, 1], vertical_alignment="center")
        label = plain(run.label.removeprefix("Audit · "))
        what.markdown(f"{ICONS[run.status]} {label} · {run.status}")
        show.button(
            "Show",
            key=f"audit.show.{run.id}",
            on_click=reading.show,
            args=(run.id,),
            width="stretch",
        )
