"""What readers say of a study with damaged files: the file, the fault, the remedy; no traceback."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_study
import torch

from opcviz.artefacts import get_kind
from opcviz.study import (
    Plan,
    Store,
    StoreError,
    StudyRunner,
    list_studies,
    open_study,
    run,
    shipped_root,
)
from opcviz.study.table import rows, to_markdown


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a study of two models."""
    root = tmp_path_factory.mktemp("store")
    return tiny_study.make(root)


@pytest.fixture
def root(made_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(made_once, tmp_path / "store")
    return tmp_path / "store"


def one(root: Path, pattern: str) -> Path:
    (found,) = root.glob(f"studies/tiny-*/{pattern}")
    return found


def files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def garble(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


def remake(root: Path, heard: list[str]) -> None:
    plan = Plan.from_dict(tiny_study.PLAN)
    run(plan, StudyRunner(plan.study, Store(root, warn=heard.append), torch.device("cpu")))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["model", "evidence", "inversion"])
def test_garbled_numbers_are_named_and_the_other_model_is_read(root: Path, kind: str) -> None:
    sound = {m["method"]: m for m in open_study(Store(root), "tiny").to_dict()["models"]}
    path = one(root, f"models/ft-*/{kind}-*/result.json")
    garble(path)
    before, heard = files(root), []
    study = open_study(Store(root, warn=heard.append), "tiny")
    shown = study.to_dict()
    assert [model["method"] for model in shown["models"]] == ["original", "ft"]
    assert shown["models"][0] == sound["original"]
    assert heard == [said for said in heard if str(path) in said and "`opcviz run`" in said] != []
    assert len(heard) == 1
    if kind == "evidence":
        assert str(path) in shown["models"][1]["accuracy"]["reason"]
    assert to_markdown(rows(study.models)).count("\n") == 3
    assert files(root) == before  # reading changes nothing

    remake(root, told := [])
    assert any("set aside" in said for said in told)
    again = open_study(Store(root, warn=heard.append), "tiny").to_dict()["models"]
    assert again[1]["accuracy"] == sound["ft"]["accuracy"]
    assert len(heard) == 1


def test_garbled_words_about_the_data_leave_the_numbers_readable(root: Path) -> None:
    path = one(root, "probe-*/result.json")
    garble(path)
    heard: list[str] = []
    study = open_study(Store(root, warn=heard.append), "tiny")
    assert len(study.to_dict()["models"]) == 2
    assert [str(path) in said for said in heard] == [True]
    with pytest.raises(StoreError, match="is damaged"):
        study.probe()


RECORDS: dict[str, Callable[[Any], Any]] = {
    "a list": lambda record: [record],
    "no seed": lambda record: _without(record, "seed"),
    "a seed in words": lambda record: _with(record, seed="three"),
    "no method": lambda record: _without(record, "method"),
    "a number for a method": lambda record: _with(record, method=3),
    "a list for settings": lambda record: _with(record, settings=[1]),
    "an unknown setting": lambda record: _with(record, settings={"speed": 9}),
    "a list for a question": lambda record: {**record, "question": []},
    "no time": lambda record: {k: v for k, v in record.items() if k != "created"},
}


def _with(record: Any, **changes: Any) -> Any:
    return {**record, "question": {**record["question"], **changes}}


def _without(record: Any, name: str) -> Any:
    kept = {k: v for k, v in record["question"].items() if k != name}
    return {**record, "question": kept}


@pytest.mark.parametrize("change", RECORDS.values(), ids=RECORDS.keys())
def test_a_misshapen_record_leaves_its_model_out(root: Path, change) -> None:
    path = one(root, "models/ft-*/model-*/artefact.json")
    rewrite(path, change)
    before, heard = files(root), []
    shown = open_study(Store(root, warn=heard.append), "tiny").to_dict()["models"]
    assert [model["method"] for model in shown] == ["original"]
    assert len(heard) == 1
    assert str(path.parent) in heard[0]
    assert files(root) == before


STUDIES: dict[str, Callable[[Any], Any]] = {
    "a list": lambda spec: [spec],
    "a number": lambda spec: 3,
    "empty": lambda spec: {},
    "a number for data": lambda spec: {**spec, "data": 3},
    "a list for evidence": lambda spec: {**spec, "evidence": []},
    "a number for a name": lambda spec: {**spec, "name": 3},
    "an unknown setting": lambda spec: {**spec, "speed": 9},
}


@pytest.mark.parametrize("change", STUDIES.values(), ids=STUDIES.keys())
def test_a_misshapen_study_is_named_and_written_anew_by_its_next_run(root: Path, change) -> None:
    path = one(root, "study.json")
    sound, models = json.loads(path.read_text()), sorted(path.parent.glob("models/*/*"))
    rewrite(path, change)
    before, heard = files(root), []
    store = Store(root, (shipped_root(),), warn=heard.append)
    with pytest.raises(StoreError, match=r"study\.json"):
        open_study(store, path.parent.name)
    others = list_studies(store)
    assert path.parent.name not in others
    assert others  # the shipped ones are read
    assert len(heard) == 1
    assert "study.json" in heard[0]
    assert files(root) == before

    remake(root, told := [])
    assert json.loads(path.read_text()) == sound
    assert sorted(path.parent.glob("models/*/*")) == models
    assert len(open_study(Store(root), "tiny").models) == 2
    aside = list(path.parent.glob(".damaged-study.json-*"))
    assert [str(each.name) in said for each in aside for said in told] == [True] * len(aside)
    assert bool(aside) == (change is not STUDIES["a list for evidence"])  # what may change anyway


def test_an_instrument_that_is_no_list_costs_the_settings_alone(root: Path) -> None:
    path = one(root, "study.json")
    rewrite(path, lambda spec: {**spec, "evidence": {**spec["evidence"], "instruments": 3}})
    heard: list[str] = []
    assert len(open_study(Store(root, warn=heard.append), "tiny").models) == 2
    assert "its evidence settings are left out" in heard[0]


@pytest.mark.slow
def test_blocks_of_another_version_are_read_as_far_as_they_go(root: Path) -> None:
    """Numbers are as they were stored; a verdict that cannot read them does without."""
    lends = open_study(Store(shipped_root()), "digits")
    model = next(m for m in lends.models if m.method.info.name == "opc")
    store = root / "other"
    shutil.copytree(shipped_root() / "studies" / lends.place, store / "studies" / lends.place)
    folder = store / "studies" / model.place / model.artefact("blocks").folder.name
    old = json.loads((folder / "result.json").read_text())
    for block in old["blocks"]:
        block["linear_probe"] = block.pop("probes")["linear"]  # as an older version had it
    text = json.dumps(old).encode()
    (folder / "result.json").write_bytes(text)
    known = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}

    def older(record: Any) -> Any:
        asked = {**record["question"], "version": record["question"]["version"] - 1}
        return {**record, "question": asked, "files": {"result.json": known}}

    rewrite(folder / "artefact.json", older)
    study = open_study(Store(store), lends.place)
    shown = study.model(model.key).to_dict()
    assert shown["blocks"] == old["blocks"]
    now = get_kind("blocks").version
    assert f"version {now - 1} instead of {now}" in shown["outdated"]["blocks"].replace("'", "")
    assert study.verdict(study.model(model.key)).words == lends.verdict(model).words
    assert shown["accuracy"] == model.to_dict()["accuracy"]
