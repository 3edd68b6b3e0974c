"""How a race stands, in one line above its films: before it, meanwhile and afterwards."""

from __future__ import annotations

import streamlit as st

from ...engine import Run
from ..sections.missing import plain
from ..sections.steering import steer
from .race_tail import RaceTail

__all__ = ["STEADY", "ended", "messages", "ready", "say", "status"]

STEADY = """
.st-key-race-view [data-stale] {opacity: 1 !important; transition: none !important}
.st-key-race-status {min-height: 2.9rem; justify-content: center}
"""
"""What renews itself several times a second does not fade each time that it does; its line is as
high with a button as without."""
IDLE = '.st-key-race-status [data-testid="stProgressBarTrack"] {visibility: hidden}'
"""Before a race an empty bar would look like one that does not move."""
READY = "Below is what is stored. *Run* trains these methods now, an epoch of each in turn."


def ready() -> None:
    """The line in which a race will say how it stands."""
    st.html(f"<style>{STEADY}{IDLE}</style>")
    status(0.0, READY)


def ended(record: Run, tail: RaceTail) -> None:
    """What became of a race."""
    took = "" if record.seconds is None else f" after {record.seconds:.0f} s"
    if record.status == "failed":
        status(tail.done, f":red[**The race failed**]{took}: {plain(record.cause)}", record)
    elif record.status == "cancelled":
        said = f"**Cancelled**{took}. What was finished before is kept; below is what is stored."
        status(tail.done, said, record)
    else:
        said = f"**Finished**{took}. The models are part of their study; play them below."
        status(1.0, said, record)


def status(done: float, said: str, record: Run | None = None) -> None:
    """Draw the line. It is always there, so that no film moves when a race begins or ends.

    Args:
        done: share of the race, 0 to 1.
        said: of it.
        record: of the race, which can be cancelled or resumed here; None where there is none.
    """
    with st.container(key="race-status"):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.progress(done, said)
        if record is not None:
            with right:
                steer(record, "race")


def say(record: Run) -> None:
    """What a race said that has ended, each once, behind one line."""
    tail: RaceTail | None = st.session_state.get("race.tails", {}).get(record.id)
    if tail is None or not tail.messages:
        return
    with st.expander(f"What was said of this race ({len(_said(tail))})"):
        messages(tail)


def _said(tail: RaceTail) -> dict[str, str]:
    return {message["text"]: message["level"] for message in tail.messages}


def messages(tail: RaceTail) -> None:
    """What the run said so far, each once."""
    for text, level in _said(tail).items():
        (st.warning if level != "info" else st.info)(text)
