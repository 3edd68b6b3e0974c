"""Few-shot recovery as a kind of artefact: its answer, its columns, and what a verdict misses."""

from __future__ import annotations

from pathlib import Path

import known_results
import pytest
import torch

from opcviz.artefacts import get_kind
from opcviz.artefacts.classification.verdict import _attacks, _made
from opcviz.artefacts.verdicts import Known
from opcviz.attacks.few_shot import FewShot, few_shot
from opcviz.attacks.strongest import Strongest, observe_views
from opcviz.common.records import Undefined
from opcviz.methods import create
from opcviz.results import PIXELS, Attempt, FewShotResult, FewShotRung
from opcviz.study import Evidence, Store, Study, StudyRunner
from opcviz.training import Training

CONFIG = FewShot(quick=True, shots=(1, 10), draws=3)
STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=("few_shot",)).replace(
        few_shot=CONFIG
    ),
).replace(architecture={"width": 0.1})


def rung(place: str, given: int) -> FewShotRung:
    got = Attempt("few_shot", place, "whole", "shots", given, 60.0, 50, 40.0)
    return FewShotRung(got, 3.0, 50.0, 70.0, 90.0, 64)


@pytest.mark.parametrize("forget", ["classes:0,1", "random:10%"])
def test_the_kind_is_its_attack_on_the_model_it_is_about(tmp_path: Path, forget: str) -> None:
    lab = StudyRunner(STUDY.replace(forget=forget), Store(tmp_path), torch.device("cpu"))
    original = create("original")
    lab.make("model", original, 0)
    told = FewShotResult.from_dict(lab.make("few_shot", original, 0).json())
    data, net = lab.data, lab.subject(original, 0).network
    views = observe_views(net, data, blocks="last")
    assert told == few_shot(views, (data.y_train, data.y_test), lab.split, CONFIG)
    if not lab.split.classes:
        assert isinstance(told.rungs, Undefined)
        return
    assert told.places()[0] == PIXELS
    assert told.places()[-1] == "logits"
    kind = get_kind("few_shot")
    model = known_results.known(few_shot=told)
    for given, column in zip((1, 10), kind.columns, strict=True):
        rungs = [r.attempt for r in told.rungs if r.attempt.given == given]
        best = max((a for a in rungs if a.place != PIXELS), key=lambda a: a.recovered)
        assert column.value(model) == best.recovered
        assert column.who(model) == best.words
    rows = {row.name: row.value(model, model) for row in kind.rows}
    floor = max(a.recovered for a in told.floors() if a.given == 1)
    assert rows["floor: raw pixels, 1 picture"].startswith(f"{floor:.1f}".removesuffix(".0"))
    assert "on logits, from 1 picture" in rows["from 1 picture, logits"]


def test_it_looks_where_worst_case_recovery_looks() -> None:
    """So one pass over the data serves both, in the full suite and in the quick one."""
    for suite in ("full", "quick"):
        evidence = Evidence().in_suite(suite)
        ladder, few = get_kind("strongest"), get_kind("few_shot")
        assert few.looks(evidence) == ladder.looks(evidence)
        assert evidence.settings(FewShot).draws == 50
        assert evidence.settings(FewShot).shots == ((1, 5, 10) if suite == "full" else (1,))
    assert FewShot().sight == Strongest().sight


def test_what_was_not_measured_says_so() -> None:
    kind, nothing = get_kind("few_shot"), known_results.known()
    assert [column.value(nothing) for column in kind.columns] == [None, None]
    assert [column.who(nothing) for column in kind.columns] == [None, None]
    assert [row.value(nothing, nothing) for row in kind.rows] == [None] * 4
    told = kind.show(None, "few_shot was not computed yet")["few_shot"]
    assert told["reason"] == "few_shot was not computed yet"


def test_a_verdict_hears_it_and_does_not_miss_it_of_samples() -> None:
    made = (rung(PIXELS, 1), rung(PIXELS, 5), rung("logits", 1), rung("logits", 5))
    alone = Known("a model", known_results.known(few_shot=FewShotResult(made, 50, ())))
    attempts, _, lacking = _attacks(alone)
    assert attempts == (made[2].attempt,)
    assert "recovery" in lacking, "a few pictures are no ladder of maps"
    none = FewShotResult(Undefined("samples were forgotten"), 50, ())
    ladder = known_results.record("strongest")
    beside = Known("a model", known_results.known(strongest=ladder, few_shot=none))
    attempts, _, lacking = _attacks(beside)
    assert attempts == ladder.attempts()
    assert "recovery" not in lacking


def test_the_floors_of_few_pictures_are_told_the_verdict() -> None:
    floor = rung(PIXELS, 1)
    few = FewShotResult((floor,), 50, ())
    answers = {"evidence": known_results.record("evidence"), "few_shot": few}
    told = _made(Known("a model", known_results.known(**answers)), {})
    assert told.floors == (floor.attempt,)
