"""A store that takes no files: what the engine's clients are told."""

from __future__ import annotations

import pytest

from opcviz.engine import DaskEngine, EngineError


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
