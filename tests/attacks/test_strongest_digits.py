"""Worst-case recovery on the shipped digits: contracted last features are seen for what they are.

OPC on features leaves nothing there, and everything one block earlier, where unpooled outputs under
a kernel machine name the forgotten classes as surely as those of a retrained model.
"""

from __future__ import annotations

import pytest
import torch

from opcviz.attacks.strongest import Strongest, strongest
from opcviz.results import StrongestResult
from opcviz.study import Store, StudyRunner, open_study, shipped_root
from opcviz.tasks import get_task

CONFIG = Strongest(maps=("rbf", "affine"))


@pytest.fixture(scope="module")
def climbed() -> dict[str, StrongestResult]:
    """The ladder of an original, a retrained and a contracted model of three forgotten classes."""
    shipped = open_study(Store(shipped_root()), "digits")
    runner = StudyRunner(shipped.study, shipped.store, torch.device("cpu"))
    methods = {m.method.info.name: m.method for m in shipped.models}
    models = {n: runner.load_model(methods[n], 0).eval() for n in ("original", "retrain", "opc")}
    original = models["original"]
    outputs = get_task("classification").observe(original, runner.data)
    head = (original.head.weight.detach(), original.head.bias.detach())
    return {
        name: strongest(model, runner.data, runner.split, outputs, head, CONFIG)
        for name, model in models.items()
    }


def rbf(result: StrongestResult, place: str, view: str) -> float:
    (found,) = [
        attempt.recovered
        for attempt in result.attempts()
        if (attempt.attacker, attempt.place, attempt.view, attempt.holds)
        == ("rbf", place, view, "all")
    ]
    return found


@pytest.mark.slow
def test_a_contracted_model_is_empty_at_its_end_alone(climbed):
    opc = climbed["opc"]
    assert opc.answers.recovered < 5
    for place, view in (("stage3", "unpooled"), ("features", "pooled")):
        assert rbf(opc, place, view) < 45  # the constant answer has 34
    for place in ("stem", "stage1", "stage2"):
        assert rbf(opc, place, "unpooled") > 95
    assert opc.worst("all").attempt.recovered > 95


@pytest.mark.slow
def test_a_retrained_model_tells_the_classes_that_it_never_saw(climbed):
    retrained = climbed["retrain"]
    assert retrained.answers.recovered == 0
    for place in ("stem", "stage1", "stage2", "stage3"):
        assert rbf(retrained, place, "unpooled") > 95
    assert rbf(retrained, "features", "pooled") > 95


@pytest.mark.slow
def test_who_holds_retained_data_alone_recovers_from_the_original_and_not_from_the_ends(climbed):
    assert climbed["original"].worst("retain", "features").attempt.recovered > 95
    assert climbed["retrain"].worst("retain", "features").attempt.recovered < 40
    assert climbed["opc"].worst("retain", "features").attempt.recovered < 5
    assert climbed["opc"].worst("retain", "stage2").attempt.recovered > 60


@pytest.mark.slow
def test_pixels_alone_name_the_forgotten_for_any_model(climbed):
    floors = {result.floor("all").attempt.recovered for result in climbed.values()}
    (floor,) = floors
    assert floor > 95
