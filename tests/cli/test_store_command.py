"""`opcviz store`: each verb once, as a person types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from one_study import PLACE
from tiny_study import asking

from opcviz.cli import stores
from opcviz.resources import shipped_root


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(stores.out, "width", 400)
    return asking(monkeypatch, capsys)


@pytest.mark.slow
def test_a_store_is_looked_after_from_the_command_line(ask, tmp_path: Path) -> None:
    store, other, file = tmp_path / "store", tmp_path / "other", tmp_path / "one.zip"
    source = shipped_root() / "studies" / PLACE
    shutil.copytree(
        source,
        store / "studies" / PLACE,
        ignore=lambda _, names: [n for n in names if "-s" in n][3:],
    )
    (listed,) = json.loads(ask("store", "list", "--store", store, "--json")[1])
    assert (listed["study"], listed["models"]) == (PLACE, 3)
    assert PLACE in ask("store", "list", "--store", store)[1]
    assert "all as they were written" in ask("store", "check", "--store", store)[1]
    assert (
        f"{listed['answers']} answers in {file}"
        in ask("store", "export", file, "--store", store)[1]
    )
    status, _, said = ask("store", "export", file, "--store", store)
    assert (status, "is there already" in said) == (2, True)
    assert "answers added, 0 known" in ask("store", "import", file, "--store", other)[1]
    assert (
        f"0 answers added, {listed['answers']} known"
        in (ask("store", "import", file, "--store", other)[1])
    )
    moved = tmp_path / "moved"
    assert f"are in {moved}" in ask("store", "move", PLACE, "--to", moved, "--store", other)[1]
    assert json.loads(ask("store", "list", "--store", other, "--json")[1]) == []
    (moved / "studies" / PLACE / ".damaged-study.json-000000").write_text("old")
    assert "1 place, 0.0 MB; nothing was removed" in ask("store", "prune", "--store", moved)[1]
    assert "1 place, 0.0 MB; removed" in ask("store", "prune", "--yes", "--store", moved)[1]
    assert "nothing to prune" in ask("store", "prune", "--store", moved)[1]
    next((moved / "studies" / PLACE).glob("models/*/maps-*/maps.npz")).write_bytes(b"")
    status, out, _ = ask("store", "check", PLACE, "--store", moved)
    assert (status, "maps.npz has 0 of" in out, "MB: 1 fault\n" in out) == (1, True, True)
