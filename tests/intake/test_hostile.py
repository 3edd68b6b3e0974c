"""Hostile and broken inputs end in a sentence: nothing runs, nothing is left, memory is bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import tiny_study
from hostile import CASES, MARK

WORKER = Path(__file__).with_name("hostile_worker.py")
SECONDS, MEMORY = 10, 2 * 2**30
SENTENCES = {"IntakeError", "DataError", "ConfigError", "CheckpointError"}
"""Errors that the command line prints as they are, with exit status 2."""


class Outcome(NamedTuple):
    kind: str
    said: str
    seconds: float
    peak: int
    seen: list[str]
    left: list[str]


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What came of every case, each read in turn by one process of bounded memory."""
    root, temporary = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("temporary")
    asked, before = [], {}
    for number, (name, case) in enumerate(CASES.items()):
        folder = root / str(number)
        folder.mkdir()
        asked.append([name, case.reader, str(case.make(folder))])
        before[name] = (folder, listing(folder))
    done = subprocess.run(
        [sys.executable, "-B", str(WORKER)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=240,
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(temporary)}
        | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not os.listdir(temporary)
    found = {}
    for line in done.stdout.splitlines():
        name, kind, said, seconds, peak, seen = json.loads(line)
        folder, listed = before[name]
        found[name] = Outcome(kind, said, seconds, peak, seen, sorted(listing(folder) - listed))
    return found


def listing(folder: Path) -> set[str]:
    return {os.path.join(where, name) for where, _, names in os.walk(folder) for name in names}


def test_the_table_is_long_enough() -> None:
    assert len(CASES) >= 50


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_ends_in_a_sentence(outcomes: dict[str, Outcome], name: str) -> None:
    found = outcomes[name]
    assert found.kind in SENTENCES, found
    assert CASES[name].said in found.said
    assert "\n" not in found.said
    assert len(found.said) < (1200 if CASES[name].reader != "audit" else 16_000)  # tensors by name
    assert found.seen == []
    assert found.left == []
    assert found.seconds < SECONDS


@pytest.mark.slow
def test_no_code_of_theirs_ran(outcomes: dict[str, Outcome], tmp_path_factory) -> None:
    assert outcomes
    root = tmp_path_factory.getbasetemp()
    assert not [*root.rglob(MARK), *root.rglob("owned")]


@pytest.mark.slow
def test_memory_stays_bounded(outcomes: dict[str, Outcome]) -> None:
    assert max(found.peak for found in outcomes.values()) < MEMORY


@pytest.mark.parametrize("name", ["arrays: 70 TiB in a forged header", "folder: a link to a file"])
def test_the_command_line_ends_with_status_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    kind = CASES[name].reader
    path = CASES[name].make(tmp_path)
    plan = tmp_path.parent / f"{tmp_path.name}.toml"
    plan.write_text(f'methods = ["original"]\n[data]\nname = "{kind}"\npath = "{path}"\n')
    ask = tiny_study.asking(monkeypatch, capsys)
    status, said, told = ask("run", plan, "--store", tmp_path / "store")
    assert (status, said) == (2, "")
    assert CASES[name].said in told
    assert not (tmp_path / "store" / "studies").exists()
