"""Masked answers as a kind of artefact: its answer, column and rows, and what a verdict hears."""

from __future__ import annotations

from pathlib import Path

import known_results
import pytest
import torch

from opcviz.artefacts import get_kind, kinds
from opcviz.artefacts.classification.verdict import _attacks
from opcviz.artefacts.verdicts import Known
from opcviz.attacks.masked import masked
from opcviz.attacks.own_head import own_head
from opcviz.common.records import Undefined
from opcviz.data import as_float
from opcviz.methods import create
from opcviz.results import MaskedResult
from opcviz.study import Evidence, Store, Study, StudyRunner
from opcviz.training import Training

STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=()),
).replace(architecture={"width": 0.1})


@pytest.mark.parametrize("forget", ["classes:0,1", "random:10%"])
def test_the_kind_is_its_attack_on_the_answers_to_test_pictures(tmp_path: Path, forget: str):
    lab = StudyRunner(STUDY.replace(forget=forget), Store(tmp_path), torch.device("cpu"))
    original = create("original")
    lab.make("model", original, 0)
    told = MaskedResult.from_dict(lab.make("masked", original, 0).json())
    data, net = lab.data, lab.subject(original, 0).network
    with torch.inference_mode():
        logits = net(as_float(data.x_test))
        features, _ = net.features(as_float(data.x_train))
    wanted = masked(logits, data.y_test, lab.split)
    kind, model = get_kind("masked"), known_results.known(masked=told)
    (column,) = kind.columns
    if not lab.split.classes:
        assert isinstance(told.rules, Undefined)
        assert told == wanted
        assert column.value(model) is column.who(model) is None
        assert [row.value(model, model) for row in kind.rows] == [None] * 6
        return
    figures = {each.attacker: each.recovered for each in told.attempts()}
    both = (*wanted.attempts(), *own_head(features, net.head_weights, data, lab.split))
    assert figures == pytest.approx({e.attacker: e.recovered for e in both}, abs=1)
    best = max(told.attempts(), key=lambda each: each.recovered)
    assert (column.value(model), column.who(model)) == (best.recovered, best.words)
    cells = [row.value(model, model) for row in kind.rows]
    assert cells == [f"{value:.1f} %".replace(".0 %", " %") for value in figures.values()]
    attempts, _, lacking = _attacks(Known("a model", model))
    own = [each for each in attempts if each.attacker in figures]
    assert own == list(told.attempts())
    assert "recovery" in lacking, "masked answers do not stand for maps"


def test_every_study_has_it_and_so_has_the_quick_suite():
    kind = get_kind("masked")
    nothing = Evidence(instruments=())
    assert kind.wanted(nothing, 1)
    assert kind.wanted(nothing.in_suite("quick"), 1)
    family = [each.name for each in kinds("classification") if each.family == "recovery"]
    assert family.index("strongest") < family.index("masked"), "else maps would not be missed"
