"""Likelihood ratios from several seeds' models, and one word over several seeds."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.attacks.membership import forget_references, reference_attack, scaled_confidence
from opcviz.common.records import defined
from opcviz.methods import Request, create
from opcviz.study import Evidence, Plan, Store, Study, StudyRunner, missing, open_study, run
from opcviz.study.spec import read_method
from opcviz.training import Outcome, Training

STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, pictures=1, maps=("pca",), instruments=("membership",)),
).replace(architecture={"width": 0.1}, forget="random:10%")
METHODS = ("original", "retrain", {"method": "ft", "epochs": 1, "batch_size": 512})
KINDS = ("model", "evidence", "reference")


def done(root: Path, seeds: Sequence[int], study: Study = STUDY) -> tuple[Plan, StudyRunner]:
    plan = Plan(study, tuple(map(read_method, METHODS)), tuple(seeds))
    lab = StudyRunner(study, Store(root), torch.device("cpu"), seeds=seeds)
    run(plan, lab, only=KINDS)
    return plan, lab


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, StudyRunner]:
    return done(tmp_path_factory.mktemp("four"), range(4))


@pytest.mark.slow
def test_the_stored_figure_is_the_attack_by_hand(four) -> None:
    plan, lab = four
    method = plan.methods[-1]

    def confidence(of, seed: int) -> torch.Tensor:
        seen = lab.subject(of, seed).outputs.train
        rows = lab.split.forget_train
        return scaled_confidence(seen.logits[rows], seen.labels[rows])

    original, retrained, _ = plan.methods
    seeds = {original: (0, 1, 3), retrained: range(4)}
    sides = [[confidence(of, seed) for seed in of_it] for of, of_it in seeds.items()]
    by_hand, by_hand_scores = reference_attack(confidence(method, 2), forget_references(*sides))
    stored = lab.find("reference", method, 2)
    told = stored.json()
    assert told["auc"] == pytest.approx(by_hand.auc, abs=1e-9)
    assert told["seeds"] == {"inside": [0, 1, 3], "outside": [0, 1, 2, 3]}
    scores = stored.arrays("reference.npz")["scores"]
    np.testing.assert_allclose(scores, by_hand_scores, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_a_model_is_never_its_own_reference_nor_is_the_original_of_its_seed(four) -> None:
    """Those of a band face as many originals as those that are held against it."""
    plan, lab = four
    original, retrained, method = plan.methods
    for each, outside in ((original, [0, 1, 2, 3]), (method, [0, 1, 2, 3]), (retrained, [0, 2, 3])):
        told = lab.find("reference", each, 1).json()
        assert told["seeds"] == {"inside": [0, 2, 3], "outside": outside}, each.info.name
        assert told["auc"] is not None


@pytest.mark.slow
def test_the_same_weights_get_the_same_score_as_original_and_as_unlearned(
    four, tmp_path: Path
) -> None:
    """Who leaves the original as it is has done neither more nor less than nothing."""
    plan, lab = four
    original, _, method = plan.methods
    lab = StudyRunner(lab.study, Store(tmp_path, (lab.store.root,)), lab.device, seeds=range(4))

    class Untouched(type(create("ft"))):
        def unlearn(self, request: Request) -> tuple[torch.nn.Module, Outcome]:
            return copy.deepcopy(request.original), Outcome()

    given, *told = (
        {**lab.make("reference", each, 1).json(), "seconds": None}
        for each in (method, original, Untouched(epochs=1, batch_size=256))
    )
    assert told[0] == told[1] != given


@pytest.mark.slow
def test_a_second_call_computes_nothing_and_a_further_seed_asks_anew(four) -> None:
    plan, lab = four
    assert not missing(plan, lab, KINDS)
    more = StudyRunner(lab.study, lab.store, lab.device, seeds=range(5))
    wanted = missing(plan, more, KINDS)
    assert {(i.method.info.name, i.seed) for i in wanted if i.kind == "model"} == {
        ("original", 4),
        ("retrain", 4),
    }
    assert sum(item.kind == "reference" for item in wanted) == 12
    assert [item.kind for item in wanted][-12:] == ["reference"] * 12, "all models come before"


@pytest.mark.slow
def test_one_seed_says_what_it_would_take(tmp_path: Path) -> None:
    done(tmp_path, [0])
    model = open_study(Store(tmp_path), "tiny").models[-1].to_dict()
    assert model["reference"]["auc"] is None
    assert "--seeds 0,1,2" in model["reference"]["reason"]["auc"]


@pytest.mark.slow
def test_reference_seeds_serve_and_are_not_shown(tmp_path: Path) -> None:
    """One seed of the methods, more of the references: retraining many methods is dear."""
    study = STUDY.replace(evidence=STUDY.evidence.replace(reference={"seeds": [1, 2]}))
    assert study.place == STUDY.place
    done(tmp_path, [0], study)
    shown = open_study(Store(tmp_path), "tiny").to_dict()["models"]
    assert [(m["method"], m["seed"]) for m in shown] == [("original", 0), ("retrain", 0), ("ft", 0)]
    assert shown[-1]["reference"]["seeds"]["outside"] == [0, 1, 2]
    assert shown[-1]["reference"]["auc"] is not None
    assert "reference models outside" in shown[1]["reference"]["reason"]["auc"]  # two others only


@pytest.mark.slow
def test_verdicts_of_all_seeds_are_counted(four) -> None:
    _, lab = four
    study = open_study(lab.store, "tiny")
    for model in study.models:
        consensus = study.consensus(model)
        assert consensus.seeds == (0, 1, 2, 3)
        assert sum(consensus.counts.values()) == 4
        same = [study.verdict(m).words for m in study.models if m.method == model.method]
        agreed = same[0] if len(set(same)) == 1 and same[0] != "none" else None
        assert (consensus.verdict if defined(consensus.verdict) else None) == agreed


@pytest.mark.slow
def test_outputs_of_other_models_are_let_go(four) -> None:
    plan, lab = four

    def held() -> int:
        return sum("seen" in subject.__dict__ for subject in lab._subjects.values())

    for method in plan.methods:
        assert lab.subject(method, 0).outputs
    assert held() == 3
    first = lab.subject(plan.methods[0], 0).outputs
    assert lab.subject(plan.methods[-1], 1).outputs
    assert held() == 1, "another seed's references are of no use"
    again = lab.subject(plan.methods[0], 0).outputs
    assert torch.equal(first.train.logits, again.train.logits)
