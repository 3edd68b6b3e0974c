"""What a race says of itself: information as information, warnings and errors as warnings."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def said() -> None:
    from opcviz.ui.lab.race_status import messages
    from opcviz.ui.lab.race_tail import RaceTail

    told = [("info", "A: done"), ("warning", "B: no model"), ("info", "A: done"), ("error", "C")]
    messages(RaceTail("r", ["A"], messages=[{"level": lvl, "text": text} for lvl, text in told]))


def test_a_message_is_shown_once_and_as_what_it_is() -> None:
    app = AppTest.from_function(said, default_timeout=30).run()
    assert not app.exception
    assert [each.value for each in app.info] == ["A: done"]
    assert [each.value for each in app.warning] == ["B: no model", "C"]
