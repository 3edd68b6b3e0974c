"""Two visitors who wait for one run: neither ends it for the other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opcviz.engine import Engine
from opcviz.engine.waiting import GONE, keep_waiting, others_wait

ME, OTHER = "0a", "0b"


class Still(Engine):
    """An engine that executes nothing."""

    def _queued(self, id: str) -> None:
        pass


@pytest.fixture
def engine(tmp_path: Path) -> Still:
    return Still(tmp_path)


def test_a_run_ends_with_the_last_who_waits_for_it(engine: Still) -> None:
    id = engine.submit({"a": 1})
    for who in (ME, OTHER, ME):
        engine.wait_for(id, who)
    assert not engine.give_up(id, ME)
    assert engine.status(id).status == "queued"
    assert engine.give_up(id, OTHER)
    assert engine.status(id).status == "cancelled"


def test_on_a_machine_of_ones_own_all_windows_are_one_visitor(engine: Still) -> None:
    id = engine.submit({"a": 1})
    engine.wait_for(id, "")
    engine.wait_for(id, "")
    assert engine.give_up(id, "")
    assert engine.status(id).status == "cancelled"


def test_whoever_closed_the_window_waits_no_longer(engine: Still) -> None:
    run = engine.runs.path(engine.submit({"a": 1}))
    keep_waiting(run, OTHER)
    assert others_wait(run, ME)
    path = run / "waits" / OTHER
    os.utime(path, (path.stat().st_mtime - GONE - 1,) * 2)
    assert not others_wait(run, ME)
    keep_waiting(run, OTHER)  # who looks again waits again
    assert others_wait(run, ME)


def test_a_visitor_is_no_path(engine: Still) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        engine.wait_for(engine.submit({"a": 1}), "../../x")
