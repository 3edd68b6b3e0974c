"""What is said where models attacked by different suites stand beside each other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from opcviz.ui.reading import suites
from opcviz.ui.reading.suites import BY_LUCK, suite_notes
from opcviz.ui.sections.scoreboard import _legend


def model(key: str, *has: str, shown: str) -> SimpleNamespace:
    info = SimpleNamespace(family="ascent")
    method = SimpleNamespace(info=info)
    return SimpleNamespace(key=key, suite=shown, method=method, has_suite=has.__contains__)


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (model("b", "full", shown="full"), True),
        (model("b", "full", "quick", shown="quick"), False),  # shown by its quick ones, too
        (model("b", "quick", shown="quick"), False),
    ],
)
def test_why_less_effort_may_find_more_is_said_where_both_suites_are_shown(
    monkeypatch, beside, told
):
    monkeypatch.setattr(suites, "labels", lambda study: {"a": "A", "b": "B"})
    study = SimpleNamespace(quick=True, models=[model("a", "quick", shown="quick"), beside])
    (note,) = suite_notes(study, ["a", "b"])
    assert note.startswith("Quick attacks: ")
    assert (BY_LUCK in note) == told
    study.quick = False
    assert suite_notes(study, ["a", "b"]) == []


def test_the_scoreboard_says_so_below_rows_of_both():
    assert BY_LUCK in _legend([], waiting=0, both=True)
    assert BY_LUCK not in _legend([], waiting=0)
