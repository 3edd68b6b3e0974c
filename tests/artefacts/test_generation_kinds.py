"""The kinds about generators on a study of three small models, from training to the tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.artefacts import ModelResults, kinds
from opcviz.common.records import Undefined
from opcviz.results import (
    AddressResult,
    DoseResult,
    GenerationResult,
    RegenerationResult,
    RelearnedPictures,
)
from opcviz.study import ModelResult, Plan, Store, StudyResult, StudyRunner, open_study, run
from opcviz.study.fields import documentation

KINDS = [kind for kind in kinds("generation") if kind.task == "generation"]
FEW = {"optimizer": "adam", "lr": 1e-3, "weight_decay": 0.0, "batch_size": 256}
PLAN = {
    "name": "tiny-generator",
    "task": "generation",
    "forget": "classes:3",
    "data": {"name": "digits"},
    "architecture": {"name": "diffusion:mlp-v", "width": 0.1},
    "training": {**FEW, "epochs": 2},
    "evidence": {
        "probe": 20,
        "live": 20,
        "drawing": {"asked": 20, "unconditional": 20, "each": 4, "steps": 3, "judge_epochs": 1},
        "regeneration": {"looks": [1, 3], "pictures": 20},
        "concept_inversion": {"steps": 4, "strong_steps": 6, "given": 5, "looks": 3}
        | {"pictures": 40},
        "reopened_address": {"steps": 2},
        "relearned_pictures": {"shots": [2, 3], "looks": [1, 2], "pictures": 20},
        "dose": {"unlearned": [3, 9], "attacked": [1, 2], "pictures": 20, "batch_size": 256},
    },
    "methods": ["original", "retrain", {"method": "ft", **FEW, "epochs": 2}],
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    root: Path = tmp_path_factory.mktemp("generator")
    plan, threads = Plan.from_dict(PLAN), torch.get_num_threads()
    torch.set_num_threads(1)
    run(plan, StudyRunner(plan.study, Store(root), torch.device("cpu"), seeds=(0,)))
    torch.set_num_threads(threads)
    return open_study(Store(root), plan.study.place)


def model(study: StudyResult, method: str) -> ModelResult:
    return next(each for each in study.models if each.method.info.name == method)


def results(study: StudyResult, method: str) -> ModelResults:
    return model(study, method).results


@pytest.mark.slow
def test_every_kind_answers_for_an_unlearned_model(study: StudyResult) -> None:
    found = results(study, "ft")
    answered = {kind.name: found.answer(kind.name) for kind in KINDS}
    assert not [name for name, each in answered.items() if isinstance(each, Undefined)]
    for kind in KINDS:
        for column in kind.columns:
            assert column.tables
            # a method that never looks forgotten has none
            if column.name != "stopped early, DiMRA, judged":
                assert column.value(found) is not None, column.name


@pytest.mark.slow
def test_what_is_shown_is_what_is_said(study: StudyResult) -> None:
    ft, names = model(study, "ft"), ("original", "retrain", "ft")
    drawn, shown = ft.results.get(GenerationResult), ft.arrays("generation", "pictures.npz")
    assert isinstance(drawn, GenerationResult)
    assert shown["asked"].shape == (20, 1, 8, 8)
    assert shown["asked"].dtype == np.uint8
    assert shown["path"].shape == (3, 16, 1, 8, 8)
    assert shown["grid"].shape == (10, 10, 1, 8, 8)
    right = shown["asked_judged"] == 3
    assert drawn.asked.judged == pytest.approx(100 * right.mean())
    assert drawn.asked.genuine == pytest.approx(100 * (right & shown["asked_genuine"]).mean())
    free = shown["unconditional_judged"] == 3
    assert drawn.unconditional.judged == pytest.approx(100 * free.mean())
    # the last denoising step is the picture; all but the net's rounding is the same
    assert np.abs(shown["path"][-1].astype(int) - shown["asked"][:16]).max() <= 2

    told = [results(study, name).get(GenerationResult) for name in names]
    assert [each.untrained for each in told] == [False, True, False]
    assert told[0].judge == told[1].judge == told[2].judge  # one judge for all
    kept = [model(study, name).arrays("generation", "judge.npz") for name in names]
    assert [bool(each) for each in kept] == [True, False, False]


@pytest.mark.slow
def test_attacks_begin_where_the_model_is(study: StudyResult) -> None:
    ft = model(study, "ft")
    found = {record: ft.results.get(record) for record in (RegenerationResult, RelearnedPictures)}
    assert [p.steps for p in found[RegenerationResult].curve] == [0, 1, 3]
    assert [each.given for each in found[RelearnedPictures].shots] == [2, 3]
    starts = [found[RegenerationResult].curve[0]]
    starts += [each.curve[0] for each in found[RelearnedPictures].shots]
    asked = ft.arrays("generation", "pictures.npz")["asked_judged"]
    for start in starts:
        assert start.judged == pytest.approx(100 * (asked == 3).mean())
    for kind, shape in (("regeneration", (3, 16)), ("relearned_pictures", (2, 3, 16))):
        shown = ft.arrays(kind, "pictures.npz")
        assert shown["pictures"].shape == (*shape, 1, 8, 8)
        assert shown["judged"].shape == shown["genuine"].shape == shape
    address = ft.results.get(AddressResult)
    assert address.quick.looks == (0, 2, 4)
    assert ft.arrays("concept_inversion", "pictures.npz")["strong_address"].shape == (1, 128)


@pytest.mark.slow
def test_a_dose_map_runs_the_method_again(study: StudyResult) -> None:
    found = results(study, "ft").get(DoseResult)
    assert isinstance(found, DoseResult)
    # an epoch of 1,291 retained pictures has 6 steps of 256
    assert [row.unlearned for row in found.rows] == [6, 12]
    assert [point.steps for point in found.rows[0].curve] == [0, 1, 2]
    for name in ("original", "retrain"):
        none = results(study, name).get(DoseResult)
        assert isinstance(none, Undefined)
        assert "no steps of unlearning" in none.reason


def test_the_document_describes_the_json() -> None:
    text = (Path(__file__).parents[2] / "docs" / "generators.md").read_text("utf-8")
    ours = {path for kind in KINDS for path in kind.fields}
    for path, meaning in documentation("generation").items():
        if path.removeprefix(".") in ours:
            assert f"| `{path}` | {meaning} |" in text, path
