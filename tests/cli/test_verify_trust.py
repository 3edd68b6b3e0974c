"""`opcviz verify` of reports from anybody: what it reads is bounded, and what it says of files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audited import FAST, weights
from tiny_study import asking

from opcviz.audit import verifying
from opcviz.audit.finding import Lookup
from opcviz.audit.verifying import read_report
from opcviz.cli import auditing
from opcviz.common.config import ConfigError
from opcviz.intake.folders import hash_of, size_of

Ask = Callable[..., tuple[int, str, str]]
QUICK = ["--quick", *(word for name in (*FAST, "similarity") for word in ("--without", name))]
SECRET = "swordfish"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ask:
    """Run `opcviz ARGUMENTS` in this process, with a store of its own."""
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "home"))
    for console in (auditing.out, auditing.err):
        monkeypatch.setattr(console, "width", 1000)
    return asking(monkeypatch, capsys)


def folder_with(place: Path, source: str, **texts: str) -> Path:
    """A model as a folder."""
    place.mkdir(parents=True)
    shutil.copy(source, place / "model.safetensors")
    for name, text in texts.items():
        (place / f"{name}.json").write_text(text)
    return place


def audited(ask: Ask, told: Path, unlearned: Path) -> dict[str, Any]:
    given = ("--original", weights("original"), "--unlearned", unlearned)
    retrained = ("--retrained", weights("retrain"))
    status, _, err = ask("audit", *given, *retrained, *QUICK, "--json", told)
    assert status == 0, err
    return json.loads(told.read_text())


@pytest.mark.slow
def test_a_model_that_is_a_folder_is_known_by_its_hash(ask: Ask, tmp_path: Path) -> None:
    told = tmp_path / "audit.json"
    place = folder_with(tmp_path / "a" / "model", weights("opc"))
    audited(ask, told, place)
    elsewhere = place.rename(tmp_path / "b")
    for method in ("original", "retrain"):
        shutil.copy(weights(method), elsewhere / f"{method}.pt")
    status, out, err = ask("verify", told, "--root", elsewhere)  # itself the model
    assert status == 0, out + err
    (elsewhere / "config.json").write_text("{}")  # with which it is another one
    status, _, err = ask("verify", told, "--root", elsewhere)
    assert status == 2
    assert f"nothing in {elsewhere} has the SHA-256 of 'model' (unlearned)" in err


def test_a_packed_folder_is_known_by_the_same_hash(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "there" / "model", weights("opc"), config="{}")
    sha, size = hash_of(folder), size_of(folder)
    assert size is not None
    assert Lookup(tmp_path).model(sha, size) == folder
    packed = tmp_path / "there" / "other.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"m/{file.name}")
    shutil.rmtree(folder)
    assert Lookup(tmp_path).model(sha, size) == packed
    assert Lookup(tmp_path).model(sha, size + 1) is None


@pytest.mark.slow
def test_a_folder_that_only_the_report_names_is_compared_before_it_is_read(
    ask: Ask, tmp_path: Path
) -> None:
    told = tmp_path / "audit.json"
    report = audited(ask, told, Path(weights("opc")))
    config = json.dumps({"model_type": f"TOPSECRET {SECRET}"})
    folder = folder_with(tmp_path / "theirs", weights("opc"), config=config)
    broken = folder_with(tmp_path / "broken", weights("opc"), config=f'{{"{SECRET}"')
    odd = folder_with(tmp_path / "odd", weights("opc"))
    (odd / "model.safetensors").rename(odd / f"{SECRET}.txt")
    packed = tmp_path / "theirs.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    for place in (folder, broken, odd, packed):
        told.write_text(json.dumps(report | {"spec": report["spec"] | {"unlearned": str(place)}}))
        status, out, err = ask("verify", told)
        assert status in (1, 2)
        assert SECRET not in out + err
        wanted = "cannot be read as a model" if place == odd else "another one now"
        assert wanted in out + err
        assert "Traceback" not in err


@pytest.mark.slow
def test_the_hash_of_what_only_the_report_names_is_not_told(ask: Ask, tmp_path: Path) -> None:
    told = tmp_path / "audit.json"
    report = audited(ask, told, Path(weights("opc")))
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    digest = hashlib.sha256(secret.read_bytes()).hexdigest()
    listed = {"kind": "indices", "path": str(secret)}
    for change, place in (
        ({"unlearned": str(secret)}, "inputs[1, unlearned]"),
        ({"forget": listed}, "inputs[4, forget]"),
    ):
        told.write_text(json.dumps(report | {"spec": report["spec"] | change}))
        status, out, err = ask("verify", told)
        assert status == 1
        assert f"{place}.sha256: " in out
        assert "another one now" in out
        assert digest[:6] not in out + err
        # whoever names it may know it
        option = place.rpartition(" ")[2].rstrip("]")
        other = tmp_path / "mine.csv"
        shutil.copy(secret, other)
        status, out, _ = ask("verify", told, f"--{option}", other)
        assert status == 1
        assert digest in out


def test_what_is_no_plain_file_is_no_report(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, tmp_path / "none.json"):
        with pytest.raises(ConfigError, match=path.name):
            read_report(path)


@pytest.mark.parametrize("value", ["[]", "{}", "0", '{"a":0}'])
def test_a_report_holds_no_more_than_one_may(value: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{"version": 1, "x": [' + ",".join([value] * 2_000_001) + "]}")
    with pytest.raises(ConfigError, match=r"values in .* bytes, and a report at most 2,000,000"):
        read_report(path)


def test_a_report_is_not_too_large(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with path.open("wb") as file:
        file.truncate(verifying.LARGEST + 1)  # takes no room on the disk
    with pytest.raises(ConfigError, match="at most 64 MiB are read"):
        read_report(path)


def test_a_report_is_not_quoted_at_length(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"version": 1, "inputs": "x" * 100_000}))
    with pytest.raises(ConfigError) as caught:
        read_report(path)
    assert len(str(caught.value)) < 1000


def test_a_folder_with_what_may_not_be_read_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text("same")
    sha = hashlib.sha256(b"same").hexdigest()
    look, read = Path.lstat, Path.open

    def lstat(path: Path) -> os.stat_result:
        if path.name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    def opened(path: Path, *arguments: str):
        if path.name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *arguments)

    monkeypatch.setattr(Path, "lstat", lstat)
    monkeypatch.setattr(Path, "open", opened)
    assert Lookup(tmp_path).file(sha, 4) == tmp_path / "c"


def test_the_page_of_a_report_is_not_its_json(ask: Ask, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("\n<!DOCTYPE html>\n<html><body>37.5 %</body></html>", encoding="utf-8")
    status, _, err = ask("verify", page)
    assert status == 2
    assert "report.html: is a web page; give the report's JSON" in err
