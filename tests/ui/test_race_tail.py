"""The epochs of a race, sorted by method, at a pace that can be watched."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opcviz.common.progress import Epoch, Event, Message, Stage, Step
from opcviz.engine import Runs
from opcviz.engine.events import EventLog
from opcviz.ui.lab.race_tail import RaceTail

LAST = 40


def race(store: Path, events: list[Event]) -> tuple[Runs, str]:
    runs = Runs(store)
    id = runs.submit({"together": True})
    with EventLog(runs.path(id, "events.jsonl")) as log:
        for event in events:
            log(event)
    return runs, id


def epochs(last: int = LAST) -> list[Event]:
    found: list[Event] = [Stage("model", 0, 3, "Retrained"), Epoch(0, 1)]
    for epoch in range(last + 1):
        for place, title in enumerate(("A", "B")):
            picture: dict[str, Any] = {
                "ids": [7],
                "shape": [1, 1, 1, 2],
                "pixels": base64.b64encode(bytes([epoch, place])).decode(),
                "psnr": [None if place else 3.5 + epoch],
            }
            found.append(Stage("model", 1 + place, 3, title))
            groups = [0, 0] if place else []
            points = [float(epoch)] * 4
            found.append(Epoch(epoch, last, {"fm_accuracy": epoch}, points, groups, picture))
    return found


def test_every_method_has_its_own_epochs_and_none_is_left_out(tmp_path):
    runs, id = race(tmp_path, [*epochs(), Message("done"), Stage("evidence", 2, 3, "A")])
    tail, polls = RaceTail(id, ["A", "B"]), 0
    while polls == 0 or tail.behind:
        tail.poll(runs, runs.status(id))
        polls += 1
    assert polls > 10  # shown over many looks, however fast it was
    for runner in tail.runners.values():
        assert [each["epoch"] for each in runner.epochs] == list(range(LAST + 1))
        assert [each["fm_accuracy"] for each in runner.values] == list(range(LAST + 1))
    assert tail.over
    assert tail.done == 1
    assert tail.stage["name"] == "evidence"
    assert [each["text"] for each in tail.messages] == ["B: done"], "whose message it is"


def test_one_that_diverges_is_out_of_the_race_and_the_others_go_on(tmp_path):
    events: list[Event] = [
        Stage("model", 0, 2, "A"),
        Epoch(0, 3),
        Message("A: no model, diverged at step 3.", "warning"),
        Stage("model", 1, 2, "A, deep"),
        *(Epoch(epoch, 3) for epoch in range(3)),
    ]
    runs, id = race(tmp_path, events)
    tail = RaceTail(id, ["A", "A, deep"])
    for _ in range(30):
        tail.poll(runs, runs.status(id))
    gone, on = tail.runners.values()
    assert gone.ended == "no model, diverged at step 3"
    assert gone.done == 1
    assert not on.ended
    assert not tail.over
    with EventLog(runs.path(id, "events.jsonl")) as log:
        log(Epoch(3, 3))
    tail.poll(runs, runs.status(id))
    assert tail.over


def test_the_step_under_way_is_known_before_the_first_epoch(tmp_path):
    runs, id = race(tmp_path, [Stage("model", 0, 3, "Retrained"), Step(5, 90)])
    tail = RaceTail(id, ["A", "B"])
    tail.poll(runs, runs.status(id))
    assert (tail.now["model"], tail.step["step"], tail.step["steps"]) == ("Retrained", 5, 90)


def test_a_film_of_it_is_as_a_stored_one(tmp_path):
    runs, id = race(tmp_path, epochs(2))
    tail = RaceTail(id, ["A", "B"])
    while not tail.over:
        tail.poll(runs, runs.status(id))
    a, b = tail.runners.values()
    assert a.points(2).shape == (3, 2, 2)
    assert a.points(2)[2].tolist() == [[2, 2], [2, 2]]
    assert np.isnan(a.points(3)).all()  # of another probe set
    assert a.groups(2) is None
    assert b.groups(2).tolist() == [[0, 0]] * 3
    assert a.rebuilt()["rebuilt"][2].ravel().tolist() == [2, 0]
    assert b.rebuilt()["rebuilt"][2].ravel().tolist() == [2, 1]
    assert a.rebuilt()["rebuilt_psnr"].tolist() == [[3.5], [4.5], [5.5]]
    assert np.isnan(b.rebuilt()["rebuilt_psnr"]).all()


def test_a_race_is_over_when_the_last_one_has_come_to_the_end():
    """Of three methods one has done half, one all, and one ended without a model."""
    tail = RaceTail("r", ["half", "whole", "broken"])
    assert (tail.done, tail.over) == (0.0, False)
    for title, at in (("half", 5), ("whole", 10)):
        tail.runners[title].epochs.append({"epoch": at, "epochs": 10, "values": {}})
    assert tail.done == 0.5
    tail.runners["broken"].ended = "no model: it diverged"
    assert tail.done == pytest.approx(2.5 / 3)
    assert not tail.over
    tail.runners["half"].epochs.append({"epoch": 10, "epochs": 10, "values": {}})
    assert (tail.done, tail.over) == (1.0, True)
