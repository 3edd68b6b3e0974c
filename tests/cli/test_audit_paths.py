"""Paths that `opcviz audit` is given: names that are no text, and files that would be replaced."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audited import weights
from PIL import Image
from tiny_study import asking

Ask = Callable[..., tuple[int, str, str]]
ODD = os.fsdecode(b"m\xff")


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ask:
    """Run `opcviz ARGUMENTS` in this process, with a store of its own."""
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "home"))
    return asking(monkeypatch, capsys)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A copy of the model under audit."""
    (tmp_path / "w").mkdir()
    return Path(shutil.copy(weights("opc"), tmp_path / "w" / "over.safetensors"))


def refused(answer: tuple[int, str, str]) -> str:
    """What was said of bad input, on one line."""
    status, out, err = answer
    assert (status, out) == (2, ""), err
    assert "Traceback" not in err
    return " ".join(err.split())


def pictures(folder: Path) -> Path:
    """A class of an odd name, and a plain one."""
    for part in ("train", "test"):
        for name in (ODD, "plain"):
            (folder / part / name).mkdir(parents=True)
            Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / part / name / "a.png")
    return folder


@pytest.mark.slow
def test_names_that_are_no_text_are_refused_as_they_are_read(
    ask: Ask, given: Path, tmp_path: Path
) -> None:
    named = [
        *(["--original", f"{ODD}.pt"], ["--retrained", f"{ODD}.pt"], ["--name", ODD]),
        *(["--data", f"arrays:{ODD}.npz"], ["--forget", f"{ODD}.csv"]),
        *([f"--{to}", str(tmp_path / ODD)] for to in ("report", "json", "csv", "store")),
    ]
    for options in named:
        said = refused(ask("audit", "--unlearned", given, *options))
        assert r"m\xff" in said, said
        assert "is no text (not UTF-8)" in said
    odd = shutil.copy(given, tmp_path / f"{ODD}.safetensors")
    said = refused(ask("audit", "--unlearned", odd, "--json", tmp_path / "a.json"))
    assert r"m\xff.safetensors' is no text" in said
    (tmp_path / "model").mkdir()
    shutil.copy(given, tmp_path / "model" / f"{ODD}.safetensors")
    said = refused(ask("audit", "--unlearned", tmp_path / "model"))
    assert r"m\xff.safetensors: the name is no text" in said
    data = pictures(tmp_path / "data")
    said = refused(ask("audit", "--unlearned", given, "--data", data))
    assert r"m\xff: the name is no text" in said
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_no_file_that_is_read_is_written(ask: Ask, given: Path, tmp_path: Path) -> None:
    linked = tmp_path / "hard.json"
    os.link(given, linked)
    (tmp_path / "soft.html").symlink_to(given)
    before = given.read_bytes()
    for output in (given, given.parent / ".." / "w" / given.name, linked, tmp_path / "soft.html"):
        for option in ("--report", "--json", "--csv"):
            said = refused(ask("audit", "--unlearned", given, option, output))
            assert f"{option}: " in said
            assert "would replace what is to be read" in said
    listed = tmp_path / "gone.csv"
    listed.write_text("1\n2\n")
    assert "gone.csv" in refused(
        ask("audit", "--unlearned", given, "--forget", listed, "--csv", listed)
    )
    (given.parent / "config.json").write_text("{}")
    said = refused(
        ask("audit", "--unlearned", given.parent, "--json", given.parent / "config.json")
    )
    assert "config.json' would replace" in said
    assert given.read_bytes() == before
    assert listed.read_text() == "1\n2\n"


def test_no_two_results_share_a_file(ask: Ask, given: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "a.out", tmp_path / "b.out"
    pairs = [(one, one), (one, given.parent / ".." / "a.out")]
    one.touch()
    os.link(one, other)
    for first, second in (*pairs, (one, other)):
        said = refused(ask("audit", "--unlearned", given, "--report", first, "--json", second))
        assert "--json and --report name the same file" in said
    assert one.read_bytes() == b""


@pytest.mark.parametrize("small", [100, 5000])
def test_a_disk_that_is_full_ends_a_run_in_a_sentence(ask: Ask, tmp_path: Path, small: int) -> None:
    """A limit of file size stands for it: the first file that does not fit, JSON or weights."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (small, usual[1]))
    try:
        status, _, said = ask(
            *("run", "digits-lecture", "--methods", "original", "--only", "model"),
            *("--set", "training.epochs=1", "--store", tmp_path / "store"),
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert status == 2
    assert "opcviz: File too large; what was finished is kept: make room" in said
    assert "Traceback" not in said
    assert not list((tmp_path / "store").rglob("*.part"))


def test_a_store_that_is_none_is_told_before_anything_is_read(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for store in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        said = refused(ask("audit", "--unlearned", "nowhere.pt", "--store", store))
        assert "--store: results cannot be kept in" in said
