"""The lab on a study of generators: its methods, its live view, its way on."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from abbreviations import unexplained, words
from drawn_study import FORGOTTEN
from reading import curves, fine, maps, sent

from opcviz.common.progress import Epoch, Stage
from opcviz.engine.events import EventLog
from opcviz.methods import known_methods

EPOCHS = 4
PICTURES = np.arange(2 * 64, dtype=np.uint8).reshape(2, 1, 8, 8)


def looked(epoch: int, judged: float) -> Epoch:
    """An epoch after which it was asked; every other one has no pictures."""
    shown = {"shape": [2, 1, 8, 8], "pixels": base64.b64encode(PICTURES + epoch).decode("ascii")}
    values = {"forget_loss": 0.5, "retain_loss": 0.25, "asked_judged": judged}
    at = [float(epoch)] * 2 * 50
    return Epoch(epoch, EPOCHS, {**values, "asked_genuine": judged / 2}, at, pictures=shown)


def plain(epoch: int) -> Epoch:
    values = {"forget_loss": 0.5, "retain_loss": 0.2, "asked_judged": None, "asked_genuine": None}
    return Epoch(epoch, EPOCHS, values, [0.0] * 2 * 50)


@pytest.fixture
def lab(visit, drawn):
    return visit("lab", study=drawn.place)


def test_only_methods_of_generators_are_offered_with_the_studys_settings(lab):
    box = lab.selectbox(key="lab.method.generation")
    assert len(box.options) == len(known_methods("generation"))
    assert not any("DELETE" in option for option in box.options)
    assert box.value == "rl_diffusion"
    assert f"classes:{FORGOTTEN}" in [text.value for text in lab.text_input]
    networks = [b for b in lab.selectbox if b.label == "Architecture"]
    assert [box.options for box in networks] == [["diffusion:mlp-v"]]
    assert not unexplained(words(lab))


def test_what_it_draws_how_often_and_its_trunk_are_shown_while_it_trains(lab, engine):
    lab.button(key="lab.start").click().run()
    run = fine(lab).session_state["lab.run"]
    events = (Stage("model", 1, 4, "Random labels"), looked(0, 100.0), plain(1), looked(2, 40.0))
    with engine.runs.claim(run), EventLog(engine.runs.path(run, "events.jsonl")) as log:
        for event in events:
            log(event)
        for _ in range(3):  # a backlog is shown over a few looks
            fine(lab.run())
        tiles = {metric.label: metric.value for metric in lab.metric}
        assert tiles["Asked: judged"] == "40 %"
        assert tiles["Asked: genuine"] == "20 %"
        assert tiles["Loss on what is kept"] == "0.250"
        wall = sent(lab, "live.drawn")
        assert wall["steps"] == ["after epoch 0", "after epoch 2"]
        assert base64.b64decode(wall["columns"][0]["frames"])[-1] == PICTURES[-1, 0, -1, -1] + 2
        drawn = curves(lab, "live.curves")
        assert (drawn["judged"]["x"], drawn["judged"]["y"]) == ([0, 2], [100.0, 40.0])
        (panel,) = maps(lab, "live.map")["panels"]
        assert panel["title"] == "Random labels, epoch 2"
