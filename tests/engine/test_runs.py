"""Runs on disk and the inline engine: records, events, cancel, resume, recovery from damage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import engine_runners
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_engine import InlineEngine

from opcviz.common.progress import Epoch, Message, Stage, Step, event_from_dict
from opcviz.engine import NotQueued, Runs, UnknownRun
from opcviz.engine import execute as execute_module
from opcviz.engine.events import EventLog, fraction_done, read_events
from opcviz.engine.execute import execute
from opcviz.engine.locks import holding, is_held


def until(true: Callable[[], object]) -> None:
    """Wait for something that another thread does."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < 60, "it never came"
        time.sleep(0.005)


def inline(store: Path, runner: str, *listeners) -> InlineEngine:
    return InlineEngine(store, *listeners, runner=f"engine_runners:{runner}")


def test_importing_the_engine_imports_neither_dask_nor_torch():
    code = "import opcviz.engine, sys; print({'dask', 'distributed', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_run_finishes_with_result_events_and_listeners(tmp_path):
    heard = []
    engine = inline(tmp_path, "count", heard.append)
    id = engine.submit({"n": 3, "name": "a"}, "three")
    run = engine.status(id)
    assert (run.status, run.label, run.attempt, run.cause) == ("finished", "three", 1, "")
    assert run.result == {"counted": 3, "name": "a"}
    assert run.created <= run.started <= run.ended
    assert not run.active
    assert not run.cancelling
    records, end = engine.events(id)
    assert end == (tmp_path / "runs" / id / "events.jsonl").stat().st_size
    assert all(run.started - 0.01 <= record["time"] <= run.ended + 0.01 for record in records)
    told = [{k: v for k, v in record.items() if k != "time"} for record in records]
    events = [event_from_dict(record) for record in told]
    assert events[0] == Stage("counting", 0, 1, model="abacus")
    assert events[-1] == Epoch(1, 1, {"total": 3.0})
    assert [event for event in heard if event in events] == events
    assert Runs(tmp_path).status(id) == run, "another reader sees the same"


@pytest.mark.parametrize(
    ("runner", "cause"),
    [
        ("broken", "class 12 is not among the 10 classes"),
        ("leave", "SystemExit: 3"),
        ("memory", "out of memory"),
        ("not_a_dict", "TypeError: the runner engine_runners:not_a_dict returned int, not a dict"),
        ("missing", "ImportError: module engine_runners has no 'missing'"),
    ],
)
def test_a_failure_is_one_sentence_with_the_traceback_kept(tmp_path, runner, cause):
    engine = inline(tmp_path, runner)
    run = engine.status(id := engine.submit({}))
    assert (run.status, run.cause) == ("failed", cause)
    assert "Traceback" in (tmp_path / "runs" / id / "error.txt").read_text()


def test_resume_runs_the_same_job_again_with_events_of_its_own(tmp_path):
    engine = inline(tmp_path, "once_broken")
    id = engine.submit({"x": 1})
    before = engine.status(id)
    assert (before.status, before.cause) == ("failed", "RuntimeError: the power went")
    engine.resume(id)
    run = engine.status(id)
    assert (run.status, run.attempt, run.job) == ("finished", 2, {"x": 1})
    assert (run.cause, run.result) == ("", {"resumed": True})
    assert not (tmp_path / "runs" / id / "error.txt").exists()
    assert [e["name"] for e in engine.events(id)[0]] == ["half", "rest"]
    assert [e["name"] for e in engine.events(id, run.events_from)[0]] == ["rest"]
    with pytest.raises(ValueError, match="cannot be resumed"):
        engine.resume(id)


def test_cancel_from_another_thread_stops_at_the_next_step(tmp_path, monkeypatch):
    monkeypatch.setattr(execute_module, "FLAG_SECONDS", 0.0)  # else it may look a step later
    engine = inline(tmp_path, "gated")
    thread = threading.Thread(target=engine.submit, args=({"n": 1000},), daemon=True)
    thread.start()
    runs = Runs(tmp_path)
    engine_runners.STEP_GATE.release(2)
    until(
        lambda: [r for r in runs.list() if r.status == "running" and len(runs.events(r.id)[0]) == 2]
    )
    (id,) = [run.id for run in runs.list()]
    assert runs.remaining(id) is None, "no run like it has finished yet"
    runs.cancel(id)
    assert runs.status(id).cancelling
    engine_runners.STEP_GATE.release()
    thread.join(60)
    assert not thread.is_alive()
    assert engine_runners.STEPS_TAKEN == [1, 2, 3]
    assert runs.status(id).status == "cancelled"
    runs.cancel(id)  # once more changes nothing
    assert runs.status(id).cause == "cancelled on request"


def test_the_queue_is_in_order_and_a_waiting_run_cancels_at_once(tmp_path):
    runs = Runs(tmp_path)
    assert runs.queue() == []
    ids = [runs.submit({"i": i}) for i in range(4)]
    assert [run.id for run in runs.queue()] == ids
    assert [runs.position(id) for id in ids] == [0, 1, 2, 3]
    runs.cancel(ids[1])
    assert runs.status(ids[1]).status == "cancelled"
    assert [runs.position(id) for id in ids] == [0, None, 1, 2]
    with pytest.raises(NotQueued):
        execute(tmp_path, ids[1])
    runs.resume(ids[1])
    assert runs.position(ids[1]) == 3, "a resumed run goes to the end"
    assert not runs.cancel_requested(ids[1])
    assert [run.id for run in runs.list()] == sorted(ids, reverse=True)


def test_a_reader_that_remembers_the_queue_sees_every_change(tmp_path):
    reader, writer = Runs(tmp_path), Runs(tmp_path)
    id = writer.submit({}, runner="engine_runners:count")
    writer.cancel(id)
    for path in (tmp_path / "runs", tmp_path / "runs" / id / "run.json"):
        os.utime(path, (time.time() - 60,) * 2)  # old enough for the reader to trust its time
    assert reader.queue() == []
    assert reader.queue() == []
    writer.resume(id)
    assert [run.id for run in reader.queue()] == [id]
    execute(tmp_path, id)
    assert reader.queue() == []
    assert reader.status(id).status == "finished"


def test_a_run_is_claimed_once(tmp_path):
    runs = Runs(tmp_path)
    id = runs.submit({})
    with runs.claim(id) as run:
        assert (run.status, run.attempt) == ("running", 1)
        assert Runs(tmp_path).status(id).status == "running"
        with pytest.raises(NotQueued), Runs(tmp_path).claim(id):
            pass
        runs.resume(id)
        assert runs.status(id).status == "running", "a running run is not resumed"
    # left without an end, and nobody holds it: the next reader ends it
    assert Runs(tmp_path).status(id).status == "failed"


def test_a_process_that_dies_leaves_a_failed_run_that_resumes(tmp_path):
    runs = Runs(tmp_path)
    id = runs.submit({}, runner="engine_runners:crash")
    code = f"from opcviz.engine.execute import execute; execute({str(tmp_path)!r}, {id!r})"
    died = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(Path(__file__).parent)}, cwd=Path.cwd()
    )
    assert died.returncode == -9
    run = runs.status(id)
    assert run.status == "failed"
    assert run.cause == "the program that executed this ended at stage 'juggling knives'"
    with pytest.raises(NotQueued):  # what stops a scheduler that would try it again
        execute(tmp_path, id)
    runs.resume(id)
    assert runs.status(id).status == "queued"


def test_numbers_that_json_cannot_hold_become_null(tmp_path):
    engine = inline(tmp_path, "infinite")
    id = engine.submit({})
    assert engine.status(id).result == {"loss": None}
    step, message = engine.events(id)[0]
    assert step["loss"] is None
    assert (message["kind"], message["text"], message["level"]) == ("message", "lost", "warning")


def test_offsets_and_a_half_written_last_line(tmp_path):
    path = tmp_path / "events.jsonl"
    assert read_events(path) == ([], 0)
    with EventLog(path) as log:
        log(Message("one"))
        log(Message("zwei ü"))
    records, end = read_events(path)
    assert [r["text"] for r in records] == ["one", "zwei ü"]
    assert read_events(path, end) == ([], end)
    with open(path, "ab") as file:
        file.write(b'{"kind": "message", "te')
    assert read_events(path, end) == ([], end), "a half line is left for later"
    with EventLog(path) as log:  # the next attempt, after a kill in the middle of a line
        log(Message("three"))
    records, last = read_events(path, end)
    assert [r["text"] for r in records] == ["three"]
    assert last == path.stat().st_size
    with pytest.raises(ValueError, match="counts bytes"):
        read_events(path, -1)


@pytest.mark.slow
@given(cuts=st.lists(st.integers(0, 400), max_size=8), texts=st.lists(st.text(), max_size=6))
def test_any_sequence_of_readings_sees_each_event_once(tmp_path_factory, cuts, texts):
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    lines = "".join(json.dumps({"kind": "message", "text": t}) + "\n" for t in texts).encode()
    seen, offset = [], 0
    for cut in [*sorted(min(cut, len(lines)) for cut in cuts), len(lines)]:
        path.write_bytes(lines[:cut])  # the file grows, often in the middle of a line
        records, offset = read_events(path, offset)
        seen += [record["text"] for record in records]
    assert seen == texts
    assert offset == len(lines)


def test_steps_are_thinned_and_nothing_else_is(tmp_path):
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        for step in range(1, 1001):
            log(Step(step, 1000))
            if step % 100 == 0:
                log(Epoch(step // 100, 10))
    records = read_events(path)[0]
    steps = [r["step"] for r in records if r["kind"] == "step"]
    assert len(steps) < 100
    assert steps[-1] == 1000, "the last step is always told"
    assert [r["epoch"] for r in records if r["kind"] == "epoch"] == list(range(1, 11))


@pytest.mark.parametrize(
    ("events", "fraction"),
    [
        ([], None),
        ([Message("x")], None),
        ([Stage("a", 0, 4)], 0.0),
        ([Stage("a", 0, 4), Step(5, 10)], 0.125),
        ([Stage("a", 0, 4), Step(10, 10), Stage("b", 1, 4)], 0.25),
        ([Stage("b", 1, 4), Epoch(1, 2, points=[0.0] * 9), Message("x")], 0.375),
    ],
)
def test_how_much_is_done(tmp_path, events, fraction):
    with EventLog(tmp_path / "events.jsonl") as log:
        for event in events:
            log(event)
    assert fraction_done(tmp_path / "events.jsonl") == fraction


def test_bad_questions_are_refused(tmp_path):
    runs = Runs(tmp_path)
    for id in ("../../etc", "", "20260101-000000-000-abcdef", "."):
        with pytest.raises(UnknownRun, match="no run"):
            runs.status(id)
        with pytest.raises(UnknownRun):
            runs.cancel(id)
    with pytest.raises(ValueError, match="plain JSON"):
        runs.submit({"x": float("nan")})
    with pytest.raises(ValueError, match="plain JSON"):
        runs.submit({"x": {1, 2}})
    with pytest.raises(ValueError, match="a dict"):
        runs.submit([1])
    with pytest.raises(ValueError, match="module:function"):
        runs.submit({}, runner="os.system")
    assert runs.list() == []


def test_a_damaged_record_is_reported_and_harms_no_other(tmp_path):
    engine = inline(tmp_path, "count")
    good, bad = engine.submit({}), engine.submit({})
    (tmp_path / "runs" / bad / "run.json").write_text("{")
    assert engine.status(good).status == "finished"
    assert "run.json cannot be read" in engine.status(bad).cause
    assert {run.id for run in engine.list()} == {good, bad}
    with pytest.raises(ValueError, match="cannot be resumed"):
        engine.resume(bad)


ODD = {
    "no text": b"\xff\xfe\x00",
    "no end": b"[" * 200_000,
    "no object": b"null",
    "no id": {"id": None},
    "another run's": {"id": "20260101-000000-000-abcdef"},
    "no state": {"status": "sleeping"},
    "no job": {"job": None},
    "a list for a job": {"job": []},
    "no time": {"created": None},
    "a word for a time": {"queued": "now"},
    "a time that no calendar shows": {"created": 1e30},
    "no number": {"created": float("nan")},
    "a truth for a time": {"ended": True},
    "a number for a label": {"label": 5},
    "a share of an attempt": {"attempt": 1.5},
    "an offset before the file": {"events_from": -1},
    "a word for a result": {"result": "done"},
    "a word for whom it is of": {"access": "everybody"},
}
"""Records that are whole to the byte, or not, and of no run."""


@pytest.mark.parametrize("odd", ODD)
def test_a_record_of_no_run_is_named_and_harms_no_other(tmp_path, odd):
    runs = Runs(tmp_path)
    waiting, bad, last = (runs.submit({"n": n}) for n in range(3))
    path = tmp_path / "runs" / bad / "run.json"
    spoilt = ODD[odd]
    if isinstance(spoilt, dict):
        spoilt = json.dumps({**json.loads(path.read_text()), **spoilt}).encode()
    path.write_bytes(spoilt)
    reader = Runs(tmp_path)
    assert {run.id for run in reader.list()} == {waiting, bad, last}
    assert [run.id for run in reader.queue()] == [waiting, last]
    found = reader.status(bad)
    assert (found.status, found.damaged, found.resumable) == ("failed", True, False)
    assert found.cause.startswith("its record run.json cannot be read: ")
    assert abs(found.created - reader.status(waiting).created) < 2  # its id says when it was
    with pytest.raises(ValueError, match="cannot be resumed"):
        reader.resume(bad)
    assert path.read_bytes() == spoilt, "what a person may mend is left as it is"
    assert not reader.status(waiting).damaged


def test_a_run_that_is_removed_while_others_are_listed_is_left_out(tmp_path, monkeypatch):
    runs = Runs(tmp_path)
    here = runs.submit({})
    monkeypatch.setattr(runs, "_ids", lambda: [here, "20260101-000000-000-abcdef"])
    assert [run.id for run in runs.list()] == [here]


def test_locks_exclude_and_are_seen(tmp_path):
    lock = tmp_path / "lock"
    assert not is_held(lock)
    with holding(lock) as mine:
        assert mine
        assert is_held(lock)
        with holding(lock) as second:
            assert not second
        assert is_held(lock)
    assert not is_held(lock)
