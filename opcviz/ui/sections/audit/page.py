"""The page of the audit: the steps, or the run that is followed, or what came of it."""

from __future__ import annotations

import streamlit as st

from ....audit.estimate import DIGITS
from ....audit.page_job import FirstLook
from ....engine import EngineError
from ...reading import audit as reading
from ...reading import audit_form as forms
from ...reading import store_reader as library
from .. import presentation
from . import found, steps
from .cost import lasts
from .following import earlier, follow
from .look import look, status
from .result import result

__all__ = ["audit"]

WHAT_FOR = (
    "Bring a network that should have forgotten something, with the data and the list of what "
    "should be gone. The strongest attackers of this laboratory try to get it back, and every "
    "figure stands beside what networks give away that never saw the data. You leave with a "
    "verdict in words and a report that can be handed on."
)
"""What the page is for, in three sentences."""


def audit() -> None:
    """Draw the page below its title."""
    engine = library.engine()
    try:
        engine.ensure()
    except EngineError as error:
        st.error(f"Nothing can be audited. {error}")
    run, why = reading.current_run(engine)
    if why:
        st.info(found.plain(why))
    if run is not None and run.status == "finished":
        result(run)
        return
    if run is None:
        _steps()
        return
    if presentation.presenting():  # nothing is turned here: Leave alone stands where it always is
        presentation.turner(1)
    follow(run)


def _steps() -> None:
    """The form, or the part of it that a hall sees."""
    before = ("earlier",) if reading.earlier(library.engine()) else ()
    part = presentation.part_of(("what for", *before))  # nobody fills in a form in a hall
    if part in ("", "what for"):
        _introduction()
    asked = forms.asked(forms.form())
    looking, seen = look(asked.job)
    active = looking is not None and looking.active
    if part in ("", "models"):
        steps.models_step(seen, active)
    if part in ("", "data"):
        steps.data_step(seen, active)
    status(looking)
    found.warnings(seen)
    if part in ("", "run"):
        steps.run_step(asked, seen, looking)
    if part in ("", "earlier"):
        earlier()


def _introduction() -> None:
    said, button = st.columns([3.2, 1.2], vertical_alignment="center")
    said.markdown(WHAT_FOR)
    ready = forms.example()
    at_rest = FirstLook(pictures=forms.EXAMPLE_PICTURES, picture_seconds=DIGITS)
    with button:
        pressed = st.button(
            "Run the example",
            icon=":material/play_circle:",
            key="audit.example",
            disabled=isinstance(ready, str),
            width="stretch",
            help=ready
            if isinstance(ready, str)
            else "The shipped digits network and one that was told to forget three of them, as if "
            "somebody had brought them: the whole way.",
        )
        if not isinstance(ready, str):
            job = forms.asked(ready).job
            st.caption(lasts(job, at_rest, "on a laptop that does nothing else"))
    if pressed and not isinstance(ready, str):
        forms.put(**vars(ready))
        steps.begin(forms.asked(ready).job)
