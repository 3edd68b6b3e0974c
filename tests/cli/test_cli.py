"""The command line: stable JSON, one sentence for what a person can put right, exit status 2."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from opcviz.cli import commands as cli
from opcviz.data import list_datasets
from opcviz.methods import list_methods
from opcviz.models import list_architectures

ROOT = Path(__file__).resolve().parents[2]

TINY = """
name = "tiny"
title = "A study for tests"
forget = "classes:0,1,2"
methods = ["original", {method = "ft", epochs = 1, batch_size = 256}]
seeds = [0]
[data]
name = "digits"
[architecture]
width = 0.1
[training]
epochs = 1
batch_size = 512
[evidence]
probe = 40
live = 60
pictures = 1
maps = ["pca"]
instruments = ["similarity"]
[evidence.inversion]
iterations = 2
restarts = 1
rounds = 1
[evidence.strongest]
quick = true
maps = ["affine"]
"""


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path):
    """Run `opcviz ARGUMENTS` in this process: (exit status, stdout, stderr)."""
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "home"))
    monkeypatch.setattr(cli.err, "width", 1000)  # no line is broken
    capsys.readouterr()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["opcviz", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code or 0
        caught = capsys.readouterr()
        return status, caught.out, caught.err

    return run


def test_listings_as_json_hold_everything(call) -> None:
    def names(what: str) -> list[str]:
        status, out, err = call("list", what, "--json")
        assert (status, err) == (0, "")
        return [row["name"] for row in json.loads(out)]

    assert names("datasets") == [info.name for info in list_datasets()]
    assert names("architectures") == list_architectures()
    assert names("methods") == [cls.info.name for cls in list_methods()]
    assert {"recovery", "inversion"} <= set(names("attacks"))


def test_a_method_is_listed_with_its_settings(call) -> None:
    rows = {row["name"]: row for row in json.loads(call("list", "methods", "--json")[1])}
    opc = rows["opc_logits"]
    assert (opc["fidelity"], rows["opc"]["fidelity"]) == ("faithful", "ours")
    assert all(said.endswith(".") for said in opc["deviations"])
    assert opc["needs"] == ["forget", "original", "retain"]
    assert "2507.07754" in opc["paper"]
    fields = {field["name"]: field for field in opc["fields"]}
    assert fields["target"]["default"] == "logits"
    assert fields["weight"]["help"]


@pytest.mark.parametrize("what", ["datasets", "architectures", "methods", "attacks", "studies"])
def test_listings_for_people_are_tables(call, what: str) -> None:
    status, out, _ = call("list", what, "--store", "/nonexistent/store")
    assert status == 0
    assert "│" in out or "┃" in out


def test_an_empty_store_has_no_studies(call, tmp_path: Path) -> None:
    status, out, _ = call("list", "studies", "--json", "--store", tmp_path / "empty")
    assert (status, json.loads(out)) == (0, [])
    assert not (tmp_path / "empty").exists()  # looking makes nothing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "planets"], "'planets' cannot be listed; there are: datasets, architectures"),
        (["run", "nothing"], "'nothing' is neither a TOML file nor a preset; presets: cifar10-"),
        (["run", "nothing.toml"], "nothing.toml: cannot be read (No such file or directory)"),
        (["run", "digits", "--methods", "amnesia"], "no method is called 'amnesia'; there are: "),
        (["run", "digits", "--seeds", "one"], "--seeds: wants whole numbers"),
        (["run", "digits", "--seeds", "-1"], "--seeds: wants whole numbers from 0"),
        (["run", "digits", "--seeds", "1,,2"], "--seeds: wants whole numbers"),
        (["run", "digits", "--device", "abacus"], "device 'abacus' cannot be used here"),
        (["show", "nothing", "--store", "/nonexistent"], "no study is called 'nothing'"),
        (["show"], "Missing argument"),
        (["dance"], "No such command 'dance'"),
        (["run", "digits", "--speed", "9"], "No such option"),
        (["run", "digits", "--set", "evidence"], "--set: wants NAME=VALUE"),
        (["run", "digits", "--set", "training.speed=9"], "Training has no setting 'speed'"),
        (
            ["run", "digits-generator", "--set", "forget.classes=5"],
            "set it whole, as in forget=classes:3",
        ),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(call, arguments: list[str], message: str) -> None:
    status, out, err = call(*arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("opcviz: ")
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_bad_file_is_named_with_its_entry(call, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(TINY.replace("epochs = 1\nbatch_size = 512", "epochs = 0"))
    status, _, err = call("run", path)
    assert status == 2
    assert f"{path}: Training.epochs: 0 is below the least allowed, 1" in err


@pytest.mark.slow
def test_a_study_is_run_once_shown_and_listed(call, tmp_path: Path) -> None:
    path, store = tmp_path / "tiny.toml", tmp_path / "store"
    path.write_text(TINY)
    status, out, err = call("run", path, "--store", store, "--device", "cpu")
    assert status == 0, err
    assert "answers made" in out

    listed = json.loads(call("list", "studies", "--json", "--store", store)[1])
    assert [(row["title"], row["models"]) for row in listed] == [("A study for tests", 3)]

    status, out, _ = call("show", "tiny", "--json", "--store", store)
    shown = json.loads(out)
    assert status == 0
    assert shown["study"]["place"] == listed[0]["name"]
    assert [m["method"] for m in shown["models"]] == ["original", "retrain", "ft"]
    for model in shown["models"]:
        accuracy = model["accuracy"]
        parts = ("forget_train", "retain_train", "forget_test", "retain_test")
        assert all(0 <= accuracy[part] <= 100 for part in parts)
        for attack in ("fm", "hr"):
            for fit in ("all", "retain", "heldout", "heldout_retain"):
                found = model["recovery"][attack][fit]
                names = {"forget_accuracy", "balanced_accuracy", "constant_predictor"}
                assert names <= found.keys()
                empty = [name for name in names if found[name] is None]
                assert not empty or found["reason"]
        assert {"radius_ratio", "norm_ratio", "effective_rank"} <= model["collapse"].keys()
        assert {"psnr", "ssim"} <= model["inversion"].keys()
        assert model["seconds"] > 0

    files = {p: p.stat().st_mtime_ns for p in store.rglob("*") if p.is_file()}
    status, out, _ = call("run", path, "--store", store, "--device", "cpu")
    assert status == 0
    assert "everything is there already, nothing was computed" in out
    assert files == {p: p.stat().st_mtime_ns for p in store.rglob("*") if p.is_file()}

    status, out, _ = call("show", "tiny", "--store", store)
    assert status == 0
    assert "A study for tests" in out


@pytest.mark.slow
def test_the_module_is_a_program() -> None:
    command = [sys.executable, "-m", "opcviz", "show", "nothing", "--store", "/nonexistent"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("opcviz: no study is called 'nothing'")
    assert done.stdout == ""


def test_app_starts_the_server_and_hands_on_what_it_does_not_know(call, monkeypatch) -> None:
    started = []
    monkeypatch.setattr("opcviz.ui.serve.main", started.append)
    assert call("app", "--port", "8600", "--server.headless=true")[0] == 0
    assert call("app")[0] == 0
    assert started == [["--server.port=8600", "--server.headless=true"], []]


@pytest.mark.slow
def test_the_command_line_itself_does_not_import_torch() -> None:
    code = """
        import sys
        from opcviz import cli
        for asked in (["app", "--help"], ["show", "nothing", "--store", "/nonexistent"]):
            sys.argv = ["opcviz", *asked]
            try:
                cli.main()
            except SystemExit:
                pass
            assert "torch" not in sys.modules, asked
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "--port" in done.stdout


@pytest.mark.slow
def test_a_method_file_is_loaded_in_a_program_that_has_imported_nothing_yet(tmp_path) -> None:
    """What the file imports registers things of its own; they are not the file's."""
    file = tmp_path / "gentle.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from opcviz.methods import Iterative, register\n"
        "@register('gentle', title='Gentle', paper='', family='own', needs='retain', summary='')\n"
        "@dataclass(frozen=True)\n"
        "class Gentle(Iterative):\n"
        "    pass\n"
    )
    command = [sys.executable, "-m", "opcviz", "--method-file", str(file), "list", "studies"]
    done = subprocess.run(
        [*command, "--store", str(tmp_path / "none"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr[-800:]
    assert "refused" not in done.stderr
    assert "left out" not in done.stderr
