"""A run in the lab: which stage it says to be at, and which number stands under which name."""

from __future__ import annotations

import pytest
from reading import curves, fine, progress
from streamlit.testing.v1 import AppTest

from opcviz.common.progress import Epoch, Stage
from opcviz.engine.events import EventLog

WORDS = {
    "model": "training",
    "evidence": "attacking",
    "membership": "testing membership in",
    "similarity": "comparing",
    "blocks": "attacking every block of",
    "relearning": "relearning from",
    "features": "keeping features of",
    "maps": "drawing maps of",
    "inversion": "inverting gradients of",
}


@pytest.fixture
def started(visit, store) -> tuple[AppTest, str]:
    """The lab with a run that waits."""
    from opcviz.ui.reading import store_reader as library

    lab = visit("lab")
    lab.button(key="lab.start").click().run()
    return fine(lab), library.engine().list()[0].id


def test_every_stage_has_its_word(started, store):
    from opcviz.ui.reading import store_reader as library

    lab, run = started
    runs = library.engine().runs
    with runs.claim(run), EventLog(runs.path(run, "events.jsonl")) as log:
        for index, (stage, word) in enumerate(WORDS.items()):
            log(Stage(stage, index, len(WORDS), "OPC"))
            (text,) = progress(fine(lab.run()))
            wanted = f"{word} OPC (step {index + 1} of {len(WORDS)})"
            assert text.lower().startswith(wanted.lower()), stage


def test_every_live_number_stands_under_its_name(started, store):
    from opcviz.ui.reading import store_reader as library

    lab, run = started
    runs = library.engine().runs
    values = {
        "forget_accuracy": 11.5,
        "retain_accuracy": 88.25,
        "fm_accuracy": 64.75,
        "norm_ratio": 0.33,
    }
    with runs.claim(run), EventLog(runs.path(run, "events.jsonl")) as log:
        log(Stage("model", 0, 1, "OPC"))
        log(Epoch(0, 4, values))
        fine(lab.run())
        shown = {metric.label: metric.value for metric in lab.metric}
        lines = {name: line["y"][-1] for name, line in curves(lab, "live.curves").items()}
    assert shown == {
        "Forget accuracy": "11.5 %",
        "Retain accuracy": "88.2 %",
        "FM, all data": "64.8 %",
        "Norm ratio": "0.33",
    }
    drawn = {"forget": 11.5, "retain": 88.25, "FM, all data": 64.75}
    assert {name: lines[name] for name in drawn} == drawn
    assert 0.33 in lines.values()
