"""Held values of widgets: when they are written again, and when a choice is left alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from opcviz.ui.reading import held


class Session(dict[str, object]):
    """A session that remembers how often each key was written."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.written = 100.0, 0

    def __setitem__(self, key: str, value: object) -> None:
        self.written += key == "widget"
        super().__setitem__(key, value)

    def run(self, value: object = "a", after: float = 10 * held.SETTLING) -> bool:
        """Draw the widget in a new run, some seconds later: whether it was given its value."""
        self.now, before = self.now + after, self.written
        held.begin()
        held.hold("widget", value)
        return self.written > before


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    made = Session()
    monkeypatch.setattr(held, "st", SimpleNamespace(session_state=made))
    monkeypatch.setattr(held, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def test_a_value_is_given_until_it_has_settled_and_then_left_alone(session: Session) -> None:
    part = held.SETTLING * 0.4
    assert [session.run(after=part) for _ in range(5)] == [True, True, True, False, False]
    assert session["widget"] == "a"


def test_a_widget_that_one_run_did_not_draw_is_given_its_value_again(session: Session) -> None:
    session.run()
    assert not session.run()
    held.begin()  # of another page
    assert session.run(), "the browser may have dropped what the session still knows"
    assert not session.run()


def test_another_value_and_a_dropped_one_are_given(session: Session) -> None:
    session.run()
    assert session.run("b")
    assert session["widget"] == "b"
    assert not session.run("b")
    del session["widget"]
    assert session.run("b")
