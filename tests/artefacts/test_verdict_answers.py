"""Which stored answers a verdict may use: of one question, and measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opcviz.artefacts import ModelResults
from opcviz.artefacts.verdicts import Known, judge_models, judge_together
from opcviz.common.records import Undefined
from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.verdict import Verdict

KINDS = ("evidence", "strongest", "relearned", "signs", "membership")


@pytest.fixture(scope="module")
def study() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


def known(study: StudyResult, method: str, seed: int = 0) -> Known:
    return next(m.known for m in study.models if (m.method.info.name, m.seed) == (method, seed))


def with_answers(model: Known, **changed: object) -> Known:
    answers = {kind: model.results.answer(kind) for kind in KINDS}
    training = model.results.training
    return replace(model, results=ModelResults(training, answers | changed))


def verdict(study: StudyResult, model: Known, band: list[Known] | None = None) -> Verdict:
    retrained = band or [known(study, "retrain", seed) for seed in range(3)]
    sizes = {"forget_train": 430, "retain_train": 1007, "forget_test": 107, "retain_test": 253}
    original = known(study, "original")
    return judge_models("classification", model, original, retrained, sizes=sizes)


def test_answers_to_another_question_are_not_compared(study: StudyResult) -> None:
    opc = known(study, "opc")
    assert verdict(study, opc).gone == "hidden"
    other = dict.fromkeys(("strongest", "few_shot", "relearned"), "steps 3 instead of 60")
    found = verdict(study, replace(opc, outdated=other))
    assert found.gone is None, "nor do maps with a slope count, whose floors are not known"
    assert any("made with steps 3 instead of 60" in each for each in found.missing)
    band = [replace(known(study, "retrain", seed), outdated=other) for seed in range(3)]
    found = verdict(study, opc, band)
    assert found.gone is None
    assert any("retrained" in each.lower() for each in found.missing)


def test_what_could_not_be_measured_is_missing(study: StudyResult) -> None:
    opc = known(study, "opc")
    why = Undefined("the model's features are not finite")
    unmeasured = {
        "strongest": replace(opc.results.answer("strongest"), rungs=why),
        "relearned": replace(opc.results.answer("relearned"), attacks=()),
    }
    found = verdict(study, with_answers(opc, **unmeasured))
    assert found.gone is None
    assert any("could not be measured" in each for each in found.missing)
    beyond = known(study, "opc_deep")
    judged = replace(beyond.results.answer("signs"), judged=())
    found = verdict(study, with_answers(beyond, signs=judged))
    assert found.gone is None
    assert any("separability" in each for each in found.missing)


def test_one_retrained_model_without_a_ladder_is_told(study: StudyResult) -> None:
    """Else all attackers on blocks would drop out in silence."""
    band = [known(study, "retrain", seed) for seed in range(3)]
    why = Undefined("not finite")
    band[1] = with_answers(
        band[1], strongest=replace(band[1].results.answer("strongest"), rungs=why)
    )
    found = verdict(study, known(study, "opc_deep"), band)
    assert found.gone is None
    assert any("maps from every block" in each or "recovery" in each for each in found.missing)


def test_a_task_without_a_rule_has_no_seeds_together(study: StudyResult) -> None:
    assert judge_together("regression", [], [], sizes={}) is None
