"""`opcviz audit` and `opcviz verify`: exit statuses, files, and a sentence for bad input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audited import FAST, weights
from tiny_study import asking

from opcviz.audit.spec import AuditSpec, command_of
from opcviz.cli import auditing

Ask = Callable[..., tuple[int, str, str]]
SAME = "audit.json: every number, word and hash is the same\n"
QUICK = ["--quick", *(word for name in FAST for word in ("--without", name))]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ask:
    """Run `opcviz ARGUMENTS` in this process, with a store of its own."""
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "home"))
    for console in (auditing.out, auditing.err):
        monkeypatch.setattr(console, "width", 1000)
    return asking(monkeypatch, capsys)


def asked(**changes: str) -> list[str]:
    values = {"original": weights("original"), "unlearned": weights("opc")}
    values |= {"retrained": weights("retrain")} | changes
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


@pytest.mark.slow
def test_it_ends_with_0_and_writes_what_is_asked_for(ask: Ask, tmp_path: Path) -> None:
    files = [tmp_path / f"audit.{suffix}" for suffix in ("html", "json", "csv")]
    wanted = [
        w
        for name, path in zip(("report", "json", "csv"), files, strict=True)
        for w in (f"--{name}", path)
    ]
    status, out, err = ask("audit", *asked(), *QUICK, *wanted)
    assert status == 0, err
    assert out.startswith("Gone? ")
    told = json.loads(files[1].read_text())
    assert out.split("\n")[1] == told["profile"]["why"]
    assert "<html" in files[0].read_text()[:500].lower()
    assert files[2].read_text().count("\n") > 100

    # the same again from its own report, and with another model in the place of one
    status, out, err = ask("verify", files[1])
    assert (status, out) == (0, SAME), err
    other = tmp_path / "other.safetensors"
    shutil.copy(weights("retrain", 1), other)
    status, out, err = ask("verify", files[1], "--retrained", other)
    assert status == 1
    assert out.startswith("inputs[2, retrained].sha256: ")
    assert "1 difference; nothing was computed again" in err

    # the command that the report names asks the same
    again = told["command"].split()
    assert AuditSpec.from_dict(told["spec"]).unlearned in again
    assert command_of(AuditSpec.from_dict(told["spec"]), "cpu") == told["command"]


def moved(folder: Path) -> dict[str, Path]:
    """The models of `asked`, the digits and a list, by role; files in a folder of their own."""
    import opcviz

    data = opcviz.load_data("digits", device="cpu")
    folder.mkdir(parents=True)
    found = {"data": folder / "pictures.npz", "forget": folder / "gone.txt"}
    arrays = {name: getattr(data, name).numpy() for name in ("x_train", "y_train")}
    arrays |= {name: getattr(data, name).numpy() for name in ("x_test", "y_test")}
    np.savez(found["data"], **arrays)
    found["forget"].write_text("\n".join(map(str, range(0, 700, 7))))
    for role, method in (("original", "original"), ("unlearned", "opc"), ("retrained", "retrain")):
        found[role] = Path(shutil.copy(weights(method), folder / f"{role}.safetensors"))
    return found


@pytest.mark.slow
def test_files_are_known_by_their_hashes_wherever_they_lie(ask: Ask, tmp_path: Path) -> None:
    given = moved(tmp_path / "a")
    told = tmp_path / "audit.json"
    options = [word for role, path in given.items() for word in (f"--{role}", path)]
    status, _, err = ask("audit", *options, *QUICK, "--json", told)
    assert status == 0, err
    report = json.loads(told.read_text())
    assert str(tmp_path) not in json.dumps(
        {key: value for key, value in report.items() if key not in ("spec", "command")}
    )

    elsewhere = tmp_path / "b" / "c"
    elsewhere.mkdir(parents=True)
    for role, name in (("original", "m.pt.safetensors"), ("unlearned", "n.safetensors")):
        given[role].rename(elsewhere / name)
    given["retrained"].rename(elsewhere / "unlearned.safetensors")  # another one's name
    given["forget"].rename(elsewhere / "list.txt")
    given["data"].rename(elsewhere / "pictures.npz")
    status, _, err = ask("verify", told)
    assert status == 2
    assert "Say where it lies with --original, or name with --root" in err
    status, out, err = ask("verify", told, "--root", tmp_path / "b")
    assert status == 0, out + err
    assert out.endswith(SAME)
    assert "For information, no difference: inputs[1, unlearned].name: unlearned.safetensors" in out

    # other settings than the report's findings were made with
    for change, path in (
        ({"seed": 1}, "command"),
        ({"architecture": "resnet8"}, "command"),
        ({"mean": [0.1], "std": [0.9]}, "command"),
    ):
        forged = {**report, "spec": {**report["spec"], **change}}
        told.write_text(json.dumps(forged))
        status, out, err = ask("verify", told, "--root", tmp_path / "b")
        assert status == 1, err
        assert f"{path}: " in out

    # other data, and another list
    told.write_text(json.dumps(report))
    (elsewhere / "list.txt").write_text("1\n2\n3\n")
    status, _, err = ask("verify", told, "--root", tmp_path / "b")
    assert status == 2
    assert "has the SHA-256 of 'gone.txt' (forget)" in err


@pytest.mark.slow
def test_a_report_cannot_have_a_file_quoted(ask: Ask, tmp_path: Path) -> None:
    status, _, _ = ask("audit", *asked(), *QUICK, "--json", tmp_path / "audit.json")
    report = json.loads((tmp_path / "audit.json").read_text())
    secret = tmp_path / "secret.txt"
    secret.write_text("the password is swordfish\n")
    forged = tmp_path / "forged.json"

    def verified(**changes: object) -> str:
        forged.write_text(json.dumps(report | {"spec": report["spec"] | changes}))
        status, out, err = ask("verify", forged)
        assert status in (1, 2)
        assert "swordfish" not in out + err
        assert "Traceback" not in err
        return out + err

    as_list = {"kind": "indices", "path": str(secret)}
    told = verified(forget=as_list)
    assert "inputs[4, forget].sha256" in told
    verified(unlearned=str(secret))
    verified(data={"name": "arrays", "path": str(secret)})
    pictures = tmp_path / "pictures"  # whose names are nobody's business
    for part in ("train", "test"):
        for name in ("swordfish", "trout"):
            (pictures / part / name).mkdir(parents=True)
    told = verified(data={"name": "folder", "path": str(pictures)})
    assert "of a file that only the report names no more is told" in told

    twice = json.dumps(report).replace('"words": ', '"words": "as in retrained models", "words": ')
    forged.write_text(twice)
    status, _, err = ask("verify", forged)
    assert status == 2
    assert "'words' stands twice" in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "unlearned", "status"),
    [("hidden", "original", 1), ("not-gone,damaged", "original", 1), ("damaged", "opc", 0)],
)
def test_a_pipeline_is_stopped_by_what_it_names(
    ask: Ask, words: str, unlearned: str, status: int
) -> None:
    given = asked(unlearned=weights(unlearned, 1 if unlearned == "original" else 0))
    found, _, err = ask("audit", *given, *QUICK, "--fail-on", words)
    assert found == status
    assert ("--fail-on" in err) == bool(status)


@pytest.mark.slow
def test_the_first_look_keeps_nothing(ask: Ask, tmp_path: Path) -> None:
    status, out, _ = ask("audit", *asked(), "--check")
    assert status == 0
    assert "unlearned: weights.safetensors" in out
    assert "There is one retrained model" in out
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("changes", "more", "told"),
    [
        ({"unlearned": "nowhere.pt"}, [], "nowhere.pt"),
        ({"retrained": ""}, ["--retrain", "-1"], "AuditSpec.retrain"),
        ({}, ["--retrain", "3"], "retrained models were given"),
        (
            {},
            ["--data", "imagenet"],
            "'imagenet' is no data set, no folder and no file of pictures",
        ),
        ({}, ["--forget", "everything"], "everything"),
        ({}, ["--forget", "classes:0,1,2,3,4,5,6,7,8,9"], "leave at least one to retain"),
        ({}, ["--mean", "a,b"], "--mean: wants numbers with commas"),
        ({}, ["--mean", "0.5"], "mean and std: 1 and 0 numbers"),
        ({}, ["--fail-on", "rain"], "--fail-on: 'rain' is not one of"),
        ({}, ["--fail-on", ", ,"], "names nothing"),
        ({}, ["--report", "/proc/out.html"], "cannot be written"),
        ({"unlearned": "~nobody-of-that-name/x.pt"}, [], "write the path out"),
        ({}, ["--without", "rain"], "'rain' is no attack"),
        ({}, ["--set", "training.pace=3"], "pace"),
        ({}, ["--architecture", "resnet20"], "does not fit"),
        ({}, ["--json", "/nowhere/at/all.json"], "cannot be written"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence_and_leaves_nothing(
    ask: Ask, tmp_path: Path, changes: dict[str, str], more: list[str], told: str
) -> None:
    status, out, err = ask("audit", *asked(**changes), *more)
    assert (status, out) == (2, "")
    assert told in err
    assert "Traceback" not in err
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 99}', '{"version": 1}'])
def test_what_is_no_report_cannot_be_verified(ask: Ask, tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    status, _, err = ask("verify", tmp_path / "r.json")
    assert status == 2
    assert err.startswith("opcviz: r.json: ")


def test_the_command_that_repeats_it_has_every_digit() -> None:
    spec = AuditSpec(unlearned="x.pt", mean=(0.49139968,), std=(0.25,))
    assert "--mean 0.49139968 --std 0.25" in command_of(spec)
