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
from opcviz.attacks.slope import with_slope
from opcviz.attacks.strongest import Knowledge
from opcviz.common.records import Undefined
from opcviz.data import as_float
from opcviz.methods import create
from opcviz.models import Classifier
from opcviz.results import Attempt, MaskedResult
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
        assert told.rules == wanted.rules
        for absent in (told.rules, told.with_slope, told.head_cosine):
            assert isinstance(absent, Undefined)
            assert absent.reason.startswith("samples were forgotten")
        assert column.value(model) is column.who(model) is None
        assert [row.value(model, model) for row in kind.rows] == [None] * 10
        assert MaskedResult.from_dict(told.to_dict()) == told
        return
    assert not isinstance(told.rules, Undefined)
    figures = {each.attacker: each.recovered for each in told.rules}
    both = (*wanted.attempts(), *own_head(features, net.head_weights, data, lab.split))
    assert figures == pytest.approx({e.attacker: e.recovered for e in both}, abs=1)
    best = max(told.rules, key=lambda each: each.recovered)
    assert (column.value(model), column.who(model)) == (best.recovered, best.words)
    *cells, opened, cosine = (row.value(model, model) for row in kind.rows)
    assert cells == [f"{value:.1f} %".replace(".0 %", " %") for value in figures.values()]
    beside = _slopes(lab, net)
    assert [each.key for each in told.with_slope] == [each.key for each in beside]
    shares = [each.recovered for each in told.with_slope]
    assert shares == pytest.approx([each.recovered for each in beside], abs=1)
    most = max(told.with_slope, key=lambda each: each.recovered)
    assert opened == f"{most.recovered:.1f} % ({most.words})".replace(".0 %", " %")
    assert (told.head_cosine, cosine) == ({"0": pytest.approx(1), "1": pytest.approx(1)}, "1.00")
    attempts, _, lacking = _attacks(Known("a model", model))
    own = [each for each in attempts if each in told.attempts()]
    assert own == [*told.rules, *told.with_slope]
    assert "recovery" in lacking, "masked answers do not stand for maps"


def _slopes(lab: StudyRunner, net: Classifier) -> tuple[Attempt, ...]:
    """The attack itself on the original, which is its own reference."""
    known = Knowledge(lab.subject(create("original"), 0).outputs, net.head_weights, lab.split)
    found = with_slope(net, lab.data, known)
    assert not isinstance(found, Undefined)
    return found


def test_of_one_class_the_units_are_asked_and_no_answers(tmp_path: Path) -> None:
    study = STUDY.replace(forget="classes:3", evidence=STUDY.evidence.in_suite("quick"))
    lab = StudyRunner(study, Store(tmp_path), torch.device("cpu"))
    original, anew = create("original"), create("retrain")
    for method in (original, anew):
        lab.make("model", method, 0)
    told = MaskedResult.from_dict(lab.make("masked", anew, 0).json())
    assert isinstance(told.rules, Undefined)
    assert not isinstance(told.with_slope, Undefined)
    assert {each.place for each in told.with_slope} == {"stage3", "features"}, "of the quick suite"
    rows = [lab.subject(each, 0).network.head_weights[0][3].double() for each in (original, anew)]
    cosine = rows[0] @ rows[1] / (rows[0].norm() * rows[1].norm())
    assert told.head_cosine == {"3": pytest.approx(cosine.item())}


def test_an_older_answer_is_read_as_one_that_was_not_asked_more() -> None:
    older = {"rules": None, "reason": "one class was forgotten"}
    told = MaskedResult.from_dict(older)
    assert told.rules == Undefined("one class was forgotten")
    assert (told.attempts(), told.best(), told.best_with_slope()) == ((), None, None)
    assert told.to_dict() == {"rules": None, "reason": {"rules": "one class was forgotten"}}


def test_every_study_has_it_and_so_has_the_quick_suite():
    kind = get_kind("masked")
    nothing = Evidence(instruments=())
    assert kind.wanted(nothing, 1)
    assert kind.wanted(nothing.in_suite("quick"), 1)
    family = [each.name for each in kinds("classification") if each.family == "recovery"]
    assert family.index("strongest") < family.index("masked"), "else maps would not be missed"
