"""The remaining time, on event streams told by a clock that the test turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from opcviz.common.progress import Epoch, Event, Stage, Step
from opcviz.engine import Runs

# seconds of a digits model's stages on one core; training: seconds an epoch
SECONDS = {
    "evidence": 0.13,
    "membership": 0.24,
    "similarity": 0.01,
    "blocks": 1.2,
    "relearning": 1.6,
    "maps": 0.35,
    "inversion": 1.9,
}
EPOCH = 0.07
STEPPED = ("relearning", "inversion")
JOB = {"plan": {"study": {"data": {"name": "digits"}}}, "device": "cpu"}


class Clock:
    """Seconds since 1970, as far as the test has turned it."""

    def __init__(self) -> None:
        self.now = 1.8e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runs(tmp_path, clock) -> Runs:
    return Runs(tmp_path, clock)


def model(epochs: int, speed: float = 1.0, title: str = "OPC") -> list[tuple[float, Event]]:
    """What a run tells in training a model, each event with the seconds before it."""
    looks = [(EPOCH / speed, Epoch(i, epochs, {})) for i in range(1, epochs + 1)]
    return [(0.0, Stage("model", 0, 0, title)), (0.4 / speed, Epoch(0, epochs, {})), *looks]


def attacks(speed: float = 1.0, title: str = "OPC") -> list[tuple[float, Event]]:
    """What it tells afterwards."""
    told: list[tuple[float, Event]] = []
    for name, seconds in SECONDS.items():
        told.append((0.0, Stage(name, 0, 0, title)))
        steps = 20 if name in STEPPED else 1
        each = seconds / speed / steps
        told += [(each, Step(i, 20, 1.0) if steps > 1 else Epoch) for i in range(1, steps + 1)]
    return told


def numbered(told: list[tuple[float, Event]]) -> list[tuple[float, Event]]:
    """With the place of each stage among all."""
    count = sum(isinstance(event, Stage) for _, event in told)
    index, found = -1, []
    for wait, event in told:
        if isinstance(event, Stage):
            index += 1
            event = Stage(event.name, index, count, event.model)
        found.append((wait, event))
    return found


def played(
    runs: Runs, clock: Clock, told: list[tuple[float, Event]], job: dict = JOB
) -> Iterator[str]:
    """Let a run tell its events when their time has come, and look after each; then it ends."""
    id = runs.submit(job)
    with runs.claim(id), runs.path(id, "events.jsonl").open("a") as log:
        clock.now += 3.0  # imports
        for wait, event in numbered(told):
            clock.now += wait
            if isinstance(event, Event):  # else only time goes by
                log.write(json.dumps({**event.to_dict(), "time": clock.now}) + "\n")
                log.flush()
            yield id
        runs.end(id, "finished", result={})


def finish(runs: Runs, clock: Clock, *args, **kwargs) -> None:
    for _ in played(runs, clock, *args, **kwargs):
        pass


def estimates(
    runs: Runs, clock: Clock, told: list[tuple[float, Event]], epochs: dict[str, int], job=JOB
) -> list[tuple[float, float | None]]:
    """Each time something was told: when, and what was said to be left."""
    said = []
    for id in played(runs, clock, told, job):
        said.append((clock.now, runs.remaining(id, epochs)))
    return said


def worst(said: list[tuple[float, float | None]], since: float = 0.2) -> float:
    """The largest factor between what was left and what was said, over all but the last second."""
    begin, end = said[0][0], said[-1][0]
    late = [(end - t, left) for t, left in said if t - begin >= since * (end - begin)]
    assert None not in [left for _, left in late]
    return max(max(true / left, left / true) for true, left in late if true > 1.0)


@pytest.mark.parametrize("epochs", [20, 120, 300])
@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
def test_from_a_fifth_of_a_run_on_it_is_right_within_half_as_much_again(runs, clock, epochs, speed):
    finish(runs, clock, model(20) + attacks())
    said = estimates(runs, clock, model(epochs, speed) + attacks(speed), {"OPC": epochs})
    assert worst(said) < 1.5


@pytest.mark.parametrize("epochs", [20, 120, 300])
def test_from_its_very_begin_where_a_run_like_it_has_finished(runs, clock, epochs):
    finish(runs, clock, model(50) + attacks())
    finish(runs, clock, model(20) + attacks())
    assert worst(estimates(runs, clock, model(epochs) + attacks(), {"OPC": epochs}), 0.0) < 1.5


def test_it_falls_as_time_goes_by_and_ends_at_nothing(runs, clock):
    finish(runs, clock, model(20) + attacks())
    said = [left for _, left in estimates(runs, clock, model(20) + attacks(), {"OPC": 20})]
    assert all(b <= a + 1e-6 for a, b in pairwise(said))
    assert said[-1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_a_run_that_trains_its_references_first(runs, clock):
    first = model(15, title="Original") + attacks(title="Original")
    whole = first + model(20) + attacks()
    finish(runs, clock, whole)
    longer = first + model(300) + attacks()
    said = estimates(runs, clock, longer, {"Original": 15, "OPC": 300})
    assert worst(said, 0.0) < 1.5


def test_nothing_is_said_where_nothing_is_known(runs, clock):
    said = estimates(runs, clock, model(20) + attacks(), {"OPC": 20})
    assert {left for _, left in said[:-21]} == {None}  # the last stage counts its own steps


@pytest.mark.parametrize(
    "other",
    [
        {**JOB, "device": "cuda"},
        {"plan": {"study": {"data": {"name": "cifar10"}}}, "device": "cpu"},
    ],
)
def test_runs_of_other_work_tell_nothing(runs, clock, other):
    finish(runs, clock, model(20) + attacks(), other)
    said = estimates(runs, clock, model(20) + attacks(), {"OPC": 20})
    assert said[0][1] is said[10][1] is None


def test_a_model_of_unknown_length_is_not_guessed_at(runs, clock):
    finish(runs, clock, model(20) + attacks())
    said = estimates(runs, clock, model(300, title="SalUn") + attacks(), {})
    assert said[0][1] is None  # it has not said how many epochs it will train
    assert said[3][1] is not None


def test_a_model_trained_again_goes_by_its_own_pace(runs, clock):
    said = estimates(runs, clock, model(120), {"OPC": 120})
    assert {left for _, left in said[:2]} == {None}
    assert worst(said, 0.2) < 1.01


def test_only_a_running_run_has_time_left(runs, clock):
    id = runs.submit(JOB)
    assert runs.remaining(id) is None
    finish(runs, clock, model(20) + attacks())
    assert [runs.remaining(run.id) for run in runs.list()] == [None, None]
