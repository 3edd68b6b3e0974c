"""Worst-case recovery on trained digits: contraction of the last features is seen for what it is.

OPC on features leaves nothing there, and everything one block earlier, where unpooled outputs under
a kernel machine name the forgotten classes as surely as those of a retrained model.
"""

from __future__ import annotations

import pytest

import opcviz
from opcviz.attacks.strongest import Strongest, strongest
from opcviz.results import StrongestResult

CONFIG = Strongest(maps=("rbf", "affine"))


@pytest.fixture(scope="module")
def climbed() -> dict[str, StrongestResult]:
    """The ladder of an original, a retrained and a contracted model of three forgotten classes."""
    data = opcviz.load_data("digits", device="cpu")
    split = opcviz.split(data, "classes:0,1,2")
    original = opcviz.train(data, epochs=15, lr=0.1, batch_size=64, progress=False)
    models = {"original": original} | {
        name: opcviz.unlearn(original, data, split, name, progress=False, **settings)
        for name, settings in (("retrain", {}), ("opc", {"target": "features"}))
    }
    outputs = opcviz.observe(original, data, progress=False)
    head = (original.network.head.weight.detach(), original.network.head.bias.detach())
    return {
        name: strongest(model.network, data, split, outputs, head, CONFIG)
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


def test_a_contracted_model_is_empty_at_its_end_alone(climbed):
    opc = climbed["opc"]
    assert opc.answers.recovered < 5
    for place, view in (("stage3", "unpooled"), ("features", "pooled")):
        assert rbf(opc, place, view) < 45  # the constant answer has 34
    for place in ("stem", "stage1", "stage2"):
        assert rbf(opc, place, "unpooled") > 95
    assert opc.worst("all").attempt.recovered > 95


def test_a_retrained_model_tells_the_classes_that_it_never_saw(climbed):
    retrained = climbed["retrain"]
    assert retrained.answers.recovered == 0
    for place in ("stem", "stage1", "stage2", "stage3"):
        assert rbf(retrained, place, "unpooled") > 95
    assert rbf(retrained, "features", "pooled") > 95


def test_who_holds_retained_data_alone_recovers_from_the_original_and_not_from_the_ends(climbed):
    assert climbed["original"].worst("retain", "features").attempt.recovered > 95
    assert climbed["retrain"].worst("retain", "features").attempt.recovered < 40
    assert climbed["opc"].worst("retain", "features").attempt.recovered < 5
    assert climbed["opc"].worst("retain", "stage2").attempt.recovered > 60


def test_pixels_alone_name_the_forgotten_for_any_model(climbed):
    floors = {result.floor("all").attempt.recovered for result in climbed.values()}
    (floor,) = floors
    assert floor > 95
