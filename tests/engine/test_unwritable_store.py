"""A store that takes no files: what the engine's clients are told."""

from __future__ import annotations

import argparse
import errno
import os

import pytest
from inline_engine import InlineEngine

from opcviz.engine import DaskEngine, EngineError, Runs, cluster, locks, runs
from opcviz.engine import __main__ as program


@pytest.mark.parametrize(
    ("ask", "needs"), [(DaskEngine.ensure, "engine"), (lambda engine: engine.submit({}), "runs")]
)
def test_a_store_that_cannot_be_written_is_named_and_what_to_do(ask, needs, tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("nothing is started"))
    (tmp_path / needs).write_text("a file where a folder would be")
    with pytest.raises(EngineError, match=rf"{tmp_path}, cannot be written .*OPCVIZ_STORE"):
        ask(DaskEngine(tmp_path))


def test_a_run_cannot_be_resumed_there_either(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("nothing is started"))
    engine = DaskEngine(tmp_path)
    run = engine.runs.submit({})
    engine.cancel(run)
    lock = engine.runs.path(run, "lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()  # where a file is to be written
    with pytest.raises(EngineError, match=rf"{tmp_path}, cannot be written .*OPCVIZ_STORE"):
        engine.resume(run)
    assert engine.status(run).status == "cancelled"


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def on_a_full_disk(job, store, progress):
    full()


def test_a_full_disk_fails_a_run_with_a_sentence(tmp_path, monkeypatch):
    engine = InlineEngine(tmp_path, runner=f"{__name__}:on_a_full_disk")
    # not even the traceback finds room
    monkeypatch.setattr("opcviz.engine.execute.traceback.format_exc", full)
    run = engine.status(engine.submit({}))
    assert run.status == "failed"
    assert run.cause.startswith("No space left on device; what was finished is kept: make room")


def test_a_lost_run_is_told_though_it_cannot_be_noted(tmp_path, monkeypatch):
    known = Runs(tmp_path)
    run = known.submit({})
    with known.claim(run):
        pass  # left without a word, as a killed process does
    monkeypatch.setattr(runs, "write_json", full)
    assert known.status(run).status == "failed"
    assert known.status(run).cause == "the program that executed this ended before its first stage"
    monkeypatch.undo()
    assert known.status(run).resumable


def test_what_a_full_disk_cut_off_is_not_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        locks.write_json(tmp_path / "state.json", {"state": "ready"})
    assert not list(tmp_path.iterdir())


def test_the_engine_outlives_a_full_disk(tmp_path, monkeypatch):
    locks.engine_folder(tmp_path).mkdir()
    engine = program._Program(tmp_path, argparse.Namespace())
    monkeypatch.setattr(program, "write_json", full)
    engine._set_status("starting")
    monkeypatch.undo()
    engine._set_status("ready")
    assert '"ready"' in (locks.engine_folder(tmp_path) / "state.json").read_text()


def test_busy_workers_are_ended_while_their_cluster_forgets_them(monkeypatch):
    class Closing:
        workers = {0: "first", 1: "second"}

    def ends(nanny):
        ended.append(nanny)
        Closing.workers.pop(len(ended) - 1)  # as the thread that closes the cluster does

    ended: list[str] = []
    monkeypatch.setattr(cluster, "_kill_process", ends)
    pool = object.__new__(cluster.Pool)
    pool._cluster = Closing()
    pool._kill_all()
    assert ended == ["first", "second"]
