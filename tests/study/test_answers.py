"""Stored answers as records: what cannot be read as one says why, and the JSON is as it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opcviz.artefacts import MODEL, kinds
from opcviz.common.records import Undefined
from opcviz.results import EvidenceResult, PlainResult, SimilarityResult
from opcviz.study import ModelResult, Store, StudyResult, open_study, shipped_root
from opcviz.ui.reading.store_reader import fit_of


@pytest.fixture
def study(tmp_path: Path) -> StudyResult:
    """A store of one shipped study, to be changed."""
    place = open_study(Store(shipped_root()), "digits").place
    shutil.copytree(shipped_root() / "studies" / place, tmp_path / "studies" / place)
    return open_study(Store(tmp_path), "digits")


def change(model: ModelResult, kind: str, how: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite a stored result, as another version would have stored it."""
    folder = model.artefact(kind).folder
    told = json.loads((folder / "result.json").read_text())
    how(told)
    data = json.dumps(told).encode()
    (folder / "result.json").write_bytes(data)
    record = json.loads((folder / "artefact.json").read_text())
    known = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    record["files"]["result.json"] = known
    (folder / "artefact.json").write_text(json.dumps(record))


@pytest.mark.slow
def test_every_kind_of_a_shipped_model_is_its_record() -> None:
    for name in ("digits", "digits-random"):
        study = open_study(Store(shipped_root()), name)
        first = [model for model in study.models if model.seed == 0]
        assert len(first) > 8
        for model in first:
            for kind in kinds("classification"):
                artefact = model.artefact(kind.name)
                if artefact is not None:
                    found, told = model.result(kind.name), artefact.json()
                    assert isinstance(found, kind.result) or told.keys() == {"reason"}
                    assert found is model.result(kind.name)  # read once
            assert model.training.status == model.artefact(MODEL).json()["status"]


@pytest.mark.slow
def test_a_reason_stored_in_place_of_numbers_is_the_reason(study: StudyResult) -> None:
    model = study.models[-1]
    change(model, "similarity", lambda told: (told.clear(), told.update(reason="it diverged")))
    assert model.results.get(SimilarityResult) == Undefined("it diverged")


@pytest.mark.slow
def test_what_another_version_stored_is_no_record_and_stays_in_the_json(study: StudyResult) -> None:
    model = study.models[-1]
    change(model, "evidence", lambda told: told["recovery"].pop("hr_labels"))
    found = model.results.get(EvidenceResult)
    assert isinstance(found, Undefined)
    assert found.reason.startswith(
        "made by another version, or changed since (EvidenceResult.recovery: hr_labels"
    )
    assert fit_of(model.results, "fm", "all").forget_accuracy == found
    shown = model.to_dict()
    stored = model.artefact("evidence").json()["recovery"]["fm"]["all"]
    assert shown["recovery"]["fm"]["all"] == stored


@pytest.mark.slow
def test_a_training_that_cannot_be_read_is_missing(study: StudyResult) -> None:
    model = study.models[-1]
    change(model, MODEL, lambda told: told.update(gradients="many"))
    assert model.training.status == "missing"
    assert "gradients" in model.training.reason


@pytest.mark.slow
def test_answers_of_a_kind_that_is_not_loaded_are_plain(study: StudyResult) -> None:
    model = study.models[-1]
    with study.store.writing(model.place, "unheard", {"version": 1}) as folder:
        (folder / "result.json").write_text('{"mean": 1.5, "of": [1, 2]}')
    found = model.result("unheard")
    assert isinstance(found, PlainResult)
    assert (found.at("mean"), found.to_dict()) == (1.5, {"mean": 1.5, "of": [1, 2]})
    assert study.own_kinds["unheard"].title == "unheard"
    (shown,) = study.to_dict([model.key])["models"]
    assert shown["unheard"]["mean"] == 1.5
