"""RMIA and LiRA as a study stores them, and what the verdict is told of membership."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from known_results import known, read

from opcviz.artefacts import ModelResults, get_kind
from opcviz.artefacts.classification.lira import WHOLE_CLASSES
from opcviz.artefacts.classification.subject import POPULATION, population
from opcviz.artefacts.classification.verdict import _attacks
from opcviz.attacks.membership import forget_references, reference_attack, scaled_confidence
from opcviz.data import Split
from opcviz.methods import create
from opcviz.results import GameScore, LiraResult, MembershipResult, RocReport, Undefined
from opcviz.study import Evidence, Store, Study, StudyRunner
from opcviz.training import Training
from opcviz.verdict import MEMBERSHIP

STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=("membership",)),
).replace(architecture={"width": 0.1})
FT = create("ft", epochs=1, batch_size=512)
KINDS = ("reference", "membership")


def results(told: dict[str, Any]) -> ModelResults:
    return known(**{kind: read(kind, numbers) for kind, numbers in told.items()})


def stored(root: Path, forget: str) -> tuple[StudyRunner, dict[str, Any]]:
    lab = StudyRunner(
        STUDY.replace(forget=forget), Store(root), torch.device("cpu"), seeds=range(4)
    )
    return lab, {kind: lab.make(kind, FT, 0).json() for kind in KINDS}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyRunner, dict[str, Any]]:
    return stored(tmp_path_factory.mktemp("samples"), "random:10%")


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyRunner, dict[str, Any]]:
    return stored(tmp_path_factory.mktemp("classes"), "classes:0,1")


@pytest.mark.slow
def test_the_stored_statistics_are_the_attack_by_hand(samples) -> None:
    lab, told = samples

    def confidence(method, seed: int, part: str) -> torch.Tensor:
        seen = lab.subject(method, seed).outputs
        side, rows = (
            (seen.train, lab.split.forget_train)
            if part == "forget"
            else (seen.test, lab.split.retain_test)
        )
        return scaled_confidence(side.logits[rows], side.labels[rows])

    seeds = {"original": (1, 2, 3), "retrain": range(4)}  # the method's own original is left out
    models = [(create(name), seed) for name, of_it in seeds.items() for seed in of_it]
    forget = [confidence(*each, "forget") for each in models]
    by_hand, _ = reference_attack(
        confidence(FT, 0, "forget"),
        forget_references(forget[:3], forget[3:], [confidence(*each, "unseen") for each in models]),
        population=confidence(FT, 0, "unseen"),
    )
    found = LiraResult.from_dict(told["reference"])
    assert found.statistics.keys() == {"online", "calibrated", "rmia", "offline", "distance"}
    for name, score in by_hand.statistics.items():
        assert found.statistics[name].auc == pytest.approx(score.auc, abs=1e-4), name
        low, high = found.statistics[name].auc_interval
        assert low < score.auc < high
    assert found.statistics["online"].auc == pytest.approx(found.auc)
    for name in ("RMIA, retrained models", "distance, retrained models"):
        (row,) = [row for row in get_kind("reference").rows if row.name == name]
        assert row.value(results(told), results(told)).startswith("0.")
        assert row.value(known(), known()) is None


@pytest.mark.slow
def test_of_samples_the_verdict_hears_the_strongest_first(samples) -> None:
    _, told = samples
    _, signs, _ = _attacks(results(told))
    assert [sign.place for sign in signs] == [
        "online LiRA",
        "RMIA",
        "calibrated LiRA",
        "offline LiRA",
        "two-sided distance",
        "loss threshold",
    ]
    assert {sign.judge for sign in signs} == {MEMBERSHIP}
    assert signs[1].auc == told["reference"]["statistics"]["rmia"]["auc"]
    assert signs[0].auc == told["reference"]["auc"]
    assert signs[4].auc == told["reference"]["statistics"]["distance"]["auc"]
    assert signs[5].auc == told["membership"]["thresholds"]["loss"]["auc"]
    without = known(membership=read("membership", told["membership"]), reference=Undefined("no"))
    assert [sign.place for sign in _attacks(without)[1]] == ["loss threshold"]
    assert _attacks(known())[1] == ()


@pytest.mark.slow
def test_of_whole_classes_there_is_a_reason_a_distance_and_no_sign(classes) -> None:
    _, told = classes
    found = results(told)
    reference = told["reference"]
    assert reference["auc"] is None
    assert reference["roc"] is None
    assert reference["reason"]["auc"] == WHOLE_CLASSES
    assert reference["statistics"]["distance"]["auc"] is not None
    for name in ("online", "calibrated", "offline", "rmia"):
        assert reference["statistics"][name]["reason"]["auc"] == WHOLE_CLASSES
    rows = {row.name: row for row in get_kind("reference").rows}
    assert "cannot tell" in rows["LiRA, retrained models"].value(found, found)
    assert "cannot tell" in rows["RMIA, retrained models"].value(found, found)
    assert rows["distance, retrained models"].value(found, found).startswith(("0.", "1."))
    assert LiraResult.from_dict(reference).signs() == ()
    assert MembershipResult.from_dict(told["membership"]).signs() == ()
    assert _attacks(found)[1] == ()


def test_the_population_is_retained_test_data_and_never_large() -> None:
    def split(n: int) -> Split:
        none = torch.arange(0)
        return Split(none, none, none, torch.arange(3, n + 3))

    assert torch.equal(population(split(360)), torch.arange(3, 363))
    many = population(split(2500))
    assert len(many) <= POPULATION
    assert len(many) > POPULATION / 2
    assert many.unique().equal(many)
    assert len(population(split(0))) == 0


def test_a_score_without_figures_is_no_sign_and_keeps_its_reason() -> None:
    score = GameScore.undefined(Undefined("too few"))
    assert score.sign("RMIA") is None
    assert GameScore.from_dict(json.loads(json.dumps(score.to_dict())), strict=True) == score
    assert isinstance(RocReport.from_dict({**score.to_dict(), "roc": None}).auc, Undefined)
