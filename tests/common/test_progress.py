"""Events and cancelling."""

from __future__ import annotations

import json

import pytest

from opcviz.common.progress import (
    Cancelled,
    Epoch,
    Event,
    Message,
    Progress,
    Stage,
    Step,
    event_from_dict,
)

EVENTS = [
    Stage("model", 2, 7, "OPC"),
    Step(3, 10),
    Step(3, 10, 0.25),
    Epoch(1, 5, {"forget_accuracy": 12.5, "fm_accuracy": None}, [0.0, 1.5]),
    Message("diverged", "warning"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.kind)
def test_an_event_survives_json(event: Event) -> None:
    assert event_from_dict(json.loads(json.dumps(event.to_dict()))) == event


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="gossip"):
        event_from_dict({"kind": "gossip"})


def test_reading_an_event_leaves_its_dict_alone() -> None:
    values = Step(1, 2).to_dict()
    event_from_dict(values)
    assert values["kind"] == "step"


def test_every_listener_hears_everything_in_order() -> None:
    first: list[Event] = []
    second: list[Event] = []
    progress = Progress(first.append, second.append)
    for event in EVENTS:
        progress(event)
    assert first == second == EVENTS


def test_a_stop_is_raised_after_the_listeners_were_told() -> None:
    heard: list[Event] = []
    flag = False
    progress = Progress(heard.append, stop=lambda: flag)
    progress.check()
    progress(EVENTS[0])
    flag = True
    with pytest.raises(Cancelled):
        progress(EVENTS[1])
    assert heard == EVENTS[:2]
    with pytest.raises(Cancelled):
        progress.check()
    assert heard == EVENTS[:2]


def test_the_default_is_silent_and_never_stops(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    assert progress.listeners == ()
    for event in EVENTS:
        assert progress(event) is None
    assert progress.check() is None  # and raises nothing
    assert capsys.readouterr() == ("", "")
