"""A study and the library on data with a flaw planted in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import opcviz
from opcviz.data import DataError
from opcviz.methods import create
from opcviz.study import Evidence, Plan, Store, Study, StudyRunner
from opcviz.study.pipeline import missing, run
from opcviz.training import Training

TRIGGER = "trigger:0:10%"
STUDY = Study(
    name="tiny",
    training=Training(epochs=5, batch_size=64, lr=0.1),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=()),
).replace(architecture={"width": 0.25}, forget=TRIGGER)


def lab(study: Study, root: Path) -> StudyRunner:
    return StudyRunner(study, Store(root), torch.device("cpu"))


@pytest.mark.slow
def test_the_original_learns_the_flaw_the_retrained_model_does_not(tmp_path: Path) -> None:
    plan = Plan(STUDY, (create("original"), create("retrain")))
    runner = lab(STUDY, tmp_path)
    asked = {item.kind for item in missing(plan, runner)}
    assert "ground_truth" in asked  # though the study chose no optional kind
    run(plan, runner, only=("model", "ground_truth"))
    first, second = (
        runner.make("ground_truth", create(name), 0).json()["trigger"]
        for name in ("original", "retrain")
    )
    assert first["planted"] == second["planted"] == 130
    assert first["success"] > 80
    assert first["taught"] > 80
    assert second["success"] < 20
    assert second["taught"] < 20
    later = lab(STUDY, tmp_path)  # the data recorded are those with the flaw in them
    assert not missing(plan, later, ("model", "ground_truth"))
    assert torch.equal(later.data.x_train, runner.data.x_train)


def test_only_studies_of_a_planted_flaw_are_asked_about_it(tmp_path: Path) -> None:
    study = STUDY.replace(forget="random:10%")
    plan = Plan(study, (create("original"),))
    assert "ground_truth" not in {item.kind for item in missing(plan, lab(study, tmp_path))}


def test_every_planting_is_a_study_of_its_own() -> None:
    texts = (TRIGGER, "trigger:0:10%:2", "trigger:0:10%@7", "confusion:3,5:10%", "random:10%")
    assert len({STUDY.replace(forget=text).place for text in texts}) == len(texts)


@pytest.mark.slow
def test_library() -> None:
    data = opcviz.load_data("digits", device="cpu")
    with pytest.raises(DataError, match=r"opcviz\.prepare\(data, 'trigger:0:10%'\)"):
        opcviz.split(data, TRIGGER)
    before = data.x_train.clone()
    poisoned = opcviz.prepare(data, TRIGGER)
    assert torch.equal(data.x_train, before)
    split = opcviz.split(poisoned, TRIGGER)
    original = opcviz.train(poisoned, "resnet8", epochs=2, progress=False)
    found = opcviz.measure(
        original, poisoned, split, "ground_truth", original=original, progress=False
    ).record.to_dict()
    assert found["confusion"] == {"reason": "what was planted is a trigger"}
    assert found["trigger"]["success"] > 50
    part = opcviz.split(poisoned, split.forget_train[:20])  # only some of it was found out
    assert len(part.forget_train) == 20
    assert opcviz.prepare(data, "random:10%") is data
    seven = opcviz.split(data, "random:10%", seed=7).forget_train
    assert torch.equal(opcviz.split(data, "random:10%@7").forget_train, seven)
