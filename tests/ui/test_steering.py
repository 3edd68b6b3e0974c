"""A run that has ended is looked at again: somebody else may have resumed it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from opcviz.engine import Run, UnknownRun
from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections.steering import LOOK

FAILED = Run("r", status="failed", attempt=1)


def page() -> None:
    import streamlit as st

    from opcviz.ui.reading import store_reader as library
    from opcviz.ui.sections.steering import steer

    st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    run = library.engine().shown()
    st.caption("gone" if run is None else f"{run.status} {run.attempt}")
    if run is not None:
        steer(run, "page")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """How often every part of a page renews itself, in seconds; None for never."""
    found: list[object] = []
    fragment = st.fragment

    def noted(part, *, run_every=None):
        found.append(run_every)
        return fragment(part, run_every=run_every)

    monkeypatch.setattr(st, "fragment", noted)
    return found


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (FAILED, "failed 1"),
        (replace(FAILED, status="queued"), "queued 1"),
        (replace(FAILED, attempt=2), "failed 2"),  # it went on, and failed again, between two looks
        (None, "gone"),
    ],
)
def test_the_page_is_drawn_anew_once_the_run_is_another(
    monkeypatch: pytest.MonkeyPatch, looks: list[object], now: Run | None, told: str
) -> None:
    """Between its being drawn and the look at it somebody else was at it."""
    shown = iter([FAILED])

    def status(id: str) -> Run:
        assert id == FAILED.id
        if now is None:
            raise UnknownRun(f"no run {id}")
        return now

    engine = SimpleNamespace(
        shown=lambda: next(shown, now), status=status, wait_for=lambda *_: None
    )
    monkeypatch.setattr(library, "engine", lambda: engine)
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    assert [each.value for each in app.caption] == [told]
    assert app.session_state["drawn"] == (1 if now is FAILED else 2)
    assert looks
    assert set(looks) == {LOOK}
