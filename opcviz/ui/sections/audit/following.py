"""An audit as it goes: how far it is, what was finished so far, Cancel and Resume."""

from __future__ import annotations

import html

import streamlit as st

from ....audit.page_job import PageJob
from ....common.config import ConfigError
from ....common.text import capital
from ....engine import EngineError, Run, UnknownRun
from ....study import StoreError
from ...charts.scroll_up import scroll_up
from ...reading import audit as reading
from ...reading import store_reader as library
from ...reading.followed import AUDIT
from ..follower import Tail, doing
from ..steering import ICONS, steer, waiting
from .cost import SUITES
from .found import plain
from .times import clock, lasting

__all__ = ["earlier", "follow", "to_the_top", "when"]

COMES = "it takes this place as soon as the last attack is through."
STOPPED_BEFORE = "there is none: the attacks did not come to their end."
POLL = 0.4  # seconds between two looks at a run
MOST_EARLIER = 6
LOG = "margin:0;padding:0;list-style:none;line-height:1.6"
TICK, AT_WORK, STOPPED = "✓", "▸", "–"
SCROLL = "audit.scroll"  # in the session: the run whose beginning is to be seen


def follow(run: Run) -> None:
    """Show a run that has not finished; while it is active the view renews itself."""
    to_the_top(run)
    st.markdown(f"**{plain(run.label.removeprefix('Audit · '))}**")
    st.fragment(_follow, run_every=POLL if run.active else None)(run.id)


def to_the_top(run: Run) -> None:
    """Bring the page's beginning into sight where this run was just asked for below."""
    if st.session_state.pop(SCROLL, None) == run.id:
        scroll_up(f"audit.{run.id}")


def _follow(id: str) -> None:
    engine, tail = library.engine(), _tail(id)
    try:
        run = engine.status(id)
    except UnknownRun:  # with its store: the page says so
        st.rerun()
    tail.poll(engine.runs, run)
    if run.status == "finished":
        st.rerun()  # the whole page: what came of it
    st.caption(f"**Verdict**: {COMES if run.active else STOPPED_BEFORE}")
    with st.container(border=True):
        _status(run, tail)
        _log(tail, run.active)
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
    said += f" · {lasting(run.seconds or 0.0)} so far"
    said += "" if rest is None or run.cancelling else f", about {lasting(max(1.0, rest))} left"
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


def _log(tail: Tail, active: bool) -> None:
    """What was begun so far, a line a kind of work, ticked but for the one at work."""
    models: dict[str, list[str]] = {}
    for name, model in tail.begun:
        known = models.setdefault(name, [])
        if model and model not in known:
            known.append(model)
    now = tail.begun[-1][0] if tail.begun else ""
    rows = "".join(
        f'<li data-done="{int(name != now)}"><span aria-hidden="true">'
        f"{TICK if name != now else AT_WORK if active else STOPPED}</span> "
        f"{html.escape(capital(doing(name)))} {html.escape(', '.join(who) or 'the data')}"
        f"{'' if name != now or not active else ' …'}</li>"
        for name, who in models.items()
    )
    if rows:
        st.html(f'<ul data-testid="audit-log" style="{LOG}">{rows}</ul>')


def earlier() -> None:
    """Audits of this session, and of everybody where the server is this machine; a line each."""
    runs = reading.earlier(library.engine())[:MOST_EARLIER]
    if not runs:
        return
    st.header("Earlier audits", anchor=False)
    for run in runs:
        what, show = st.columns([6, 1], vertical_alignment="center")
        label = plain(run.label.removeprefix("Audit · "))
        what.markdown(f"{ICONS[run.status]} **{_became(run)}** · {label}  \n:small[{when(run)}]")
        show.button(
            "Show",
            key=f"audit.show.{run.id}",
            on_click=_show,
            args=(run.id,),
            width="stretch",
        )


def _show(id: str) -> None:
    """A callback: Show is pressed at the page's end, and what is shown stands at its beginning."""
    AUDIT.show(id)
    st.session_state[SCROLL] = id


def _became(run: Run) -> str:
    """What came of a run: the verdict's words, where there is one."""
    if run.status != "finished":
        return capital(run.status)
    try:
        words = reading.words_of(run)
    except (StoreError, ConfigError):  # who asks to be shown it is told why
        return "Finished, its report is gone"
    return "No verdict" if words == "none" else plain(capital(words))


def when(run: Run) -> str:
    """When it was asked for, how it attacks and how long it took."""
    told = [clock(run.created)]
    try:
        job = PageJob.from_dict(run.job)
    except ConfigError:  # of another version
        pass
    else:
        count = len(job.files) + job.retrain
        told.append(f"{SUITES[job.suite].lower()} attacks on {count} models")
    if run.seconds is not None and not run.active:
        told.append(f"took {lasting(run.seconds)}")
    return " · ".join(told)
