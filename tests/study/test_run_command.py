"""`opcviz run` that is interrupted, and run again with other settings and with the first ones."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_study
import tomli_w

from opcviz.study import Store, StudyRunner


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run `opcviz ARGUMENTS` over a store of the test's: (exit status, stdout, stderr)."""
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "store"))
    (tmp_path / "tiny.toml").write_text(tomli_w.dumps(tiny_study.PLAN))
    monkeypatch.chdir(tmp_path)

    return tiny_study.asking(monkeypatch, capsys)


RUN = ("run", "tiny.toml", "--device", "cpu")


@pytest.mark.slow
def test_ctrl_c_is_status_130_and_what_was_finished_is_kept(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, asked = StudyRunner.measure, []

    def interrupted(self: StudyRunner, kind: Any, *rest: Any) -> None:
        asked.append(kind.name)
        if len(asked) == 2:
            signal.raise_signal(signal.SIGINT)  # as the terminal does for Ctrl-C
        measure(self, kind, *rest)

    monkeypatch.setattr(StudyRunner, "measure", interrupted)
    # a program started in the background ignores the signal, and hands that on to its children
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        status, out, err = call(*RUN)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (status, out) == (130, "")
    assert err.splitlines()[-1] == (
        "opcviz: stopped; what was finished is kept, run the same again to go on"
    )
    assert "Traceback" not in err
    kept = {p: p.read_bytes() for p in (tmp_path / "store").rglob("*.safetensors")}
    assert kept
    finished = len(list((tmp_path / "store").glob("studies/*/models/*/*/artefact.json")))
    assert 2 <= finished < 8
    assert not list((tmp_path / "store").rglob(".*"))  # nothing half-written is left

    monkeypatch.setattr(StudyRunner, "measure", measure)
    status, out, _ = call(*RUN)
    assert status == 0
    assert f": {12 - finished} answers made, kept in" in out  # two models, five answers of each
    assert {path: path.read_bytes() for path in kept} == kept
    assert "everything is there already" in call(*RUN)[1]


@pytest.mark.slow
def test_the_record_comes_back_with_the_first_settings(call, tmp_path: Path) -> None:
    def shown() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        status, out, err = call("show", "tiny", "--json")
        assert (status, err) == (0, "")
        study = json.loads(out)
        return study["study"]["evidence"], study["models"]

    assert call(*RUN)[0] == 0
    evidence, models = shown()
    (record,) = tmp_path.glob("store/studies/tiny-*/study.json")
    before = record.read_text()

    change = ("--set", "evidence.recovery.ridge=0.5", "--set", "evidence.probe=30")
    status, out, _ = call(*RUN, *change)
    assert status == 0
    assert "answers made" in out
    other, others = shown()
    assert (other["recovery"]["ridge"], other["probe"]) == (0.5, 30)
    assert others[1]["recovery"]["fm"] != models[1]["recovery"]["fm"]
    assert all("outdated" not in model for model in others)

    status, out, _ = call(*RUN)
    assert status == 0
    assert "everything is there already, nothing was computed" in out
    assert record.read_text() == before
    assert shown() == (evidence, models)
    assert Store(tmp_path / "store").read_study(record.parent.name)["evidence"] == evidence
