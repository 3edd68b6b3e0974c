"""Models trained side by side: the same models as alone, their epochs in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.artefacts.classification import live
from opcviz.common.progress import Cancelled, Epoch, Event, Message, Progress, Stage
from opcviz.methods import create
from opcviz.models import load_weights
from opcviz.study import Evidence, Job, Plan, Store, Study, StudyRunner, run
from opcviz.study.pipeline import execute
from opcviz.study.race import Lane, race
from opcviz.study.spec import model_place
from opcviz.training import Training

EVIDENCE = Evidence(probe=40, live=60, maps=("pca",))
STUDY = Study(name="race", training=Training(epochs=1, batch_size=512), evidence=EVIDENCE).replace(
    architecture={"width": 0.1}
)
METHODS = (  # three that draw random numbers as they go, of unlike lengths, and one without a loop
    create("original"),
    create("retrain"),
    create("rl", epochs=3, batch_size=512),
    create("opc", epochs=6, batch_size=512),
    create("ngd", epochs=2, batch_size=512, sigma=0.01),
    create("ssd"),
)
TITLES = {method.info.title for method in METHODS[2:]}
PLAN = Plan(STUDY, METHODS)


@pytest.fixture(scope="module", autouse=True)
def nothing_rebuilt() -> Iterator[None]:
    """Pictures are sought in other tests: here they would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "too_large", lambda *_: "not in this test")
        yield


def made(root: Path, *, together: bool, progress: Progress | None = None) -> Store:
    store = Store(root)
    runner = StudyRunner(STUDY, store, torch.device("cpu"), progress=progress)
    run(PLAN, runner, only=("model",), together=together)
    return store


def kept(store: Store) -> dict[str, dict[str, np.ndarray]]:
    """Weights and film of every model, by its folder."""
    found = {}
    for method in METHODS:
        artefact = store.latest(model_place(STUDY, method, 0), "model")
        assert artefact is not None
        network = StudyRunner(STUDY, store, torch.device("cpu")).build(0)
        load_weights(network, artefact.path("weights.safetensors"))
        weights = {name: value.numpy() for name, value in network.state_dict().items()}
        found[method.info.name] = {**weights, **artefact.arrays("trajectory.npz")}
    return found


class Seen(list[Event]):
    """What happened, each epoch with the model that it is of."""

    def turns(self) -> list[tuple[str, int]]:
        model, found = "", []
        for event in self:
            if isinstance(event, Stage):
                model = event.model
            elif isinstance(event, Epoch):
                found.append((model, event.epoch))
        return found


@pytest.fixture(scope="module")
def raced(tmp_path_factory) -> tuple[Store, Seen]:
    seen, root = Seen(), tmp_path_factory.mktemp("raced")
    return made(root, together=True, progress=Progress(seen.append)), seen


@pytest.mark.slow
def test_every_model_is_bit_for_bit_as_if_trained_alone(raced, tmp_path) -> None:
    alone, together = kept(made(tmp_path, together=False)), kept(raced[0])
    for name, arrays in alone.items():
        for key, value in arrays.items():
            assert np.array_equal(value, together[name][key], equal_nan=True), (name, key)


@pytest.mark.slow
def test_epochs_are_taken_in_turn_and_all_end_together(raced) -> None:
    turns = [(model, epoch) for model, epoch in raced[1].turns() if model in TITLES]
    assert Counter(model for model, _ in turns) == {
        method.info.title: getattr(method, "epochs", 1) + 1 for method in METHODS[2:]
    }
    long = METHODS[3].info.title
    share = dict.fromkeys(TITLES, 0.0)
    for model, epoch in turns:  # nobody is ahead of the others by more than an epoch of theirs
        last = max(e for m, e in turns if m == model)
        share[model] = epoch / last
        if epoch:
            assert share[model] - min(share.values()) <= 1 / last + 1e-9, (model, epoch)
    assert [epoch for model, epoch in turns if model == long] == list(range(7))


@pytest.mark.slow
def test_the_references_come_first(raced) -> None:
    models = [model for model, _ in raced[1].turns()]
    first = min(models.index(title) for title in TITLES)
    assert not set(models[:first]) & TITLES
    assert set(models[first:]) == TITLES


@pytest.mark.slow
def test_finished_models_are_trained_again_and_compared(raced, tmp_path) -> None:
    seen = Seen()
    store = raced[0]
    before = {str(path): path.stat().st_mtime_ns for path in store.root.rglob("*.safetensors")}
    runner = StudyRunner(STUDY, store, torch.device("cpu"), progress=Progress(seen.append))
    assert run(PLAN, runner, only=("model",), together=True).made == 0
    texts = [e.text for e in seen if isinstance(e, Message) and e.text.startswith("Trained")]
    assert len(texts) == len(TITLES)
    assert all("bit for bit" in text for text in texts)
    assert before == {str(p): p.stat().st_mtime_ns for p in store.root.rglob("*.safetensors")}


@pytest.mark.slow
def test_a_training_that_leaves_no_model_says_so_while_it_runs(raced) -> None:
    """Whoever watches learns it then, not when the whole run is over."""
    seen = Seen()
    runner = StudyRunner(STUDY, raced[0], torch.device("cpu"), progress=Progress(seen.append))
    burst = create("ga", lr=10.0, epochs=20, momentum=0.99, weight_decay=1.0)
    reason = runner.make("model", burst, 0).json()["reason"]
    assert reason.startswith("diverged at step")
    told = [each for each in seen if isinstance(each, Message) and each.level == "warning"]
    assert told == [Message(f"{burst.info.title}: no model, {reason}.", "warning")]


@pytest.mark.slow
def test_cancelling_stops_every_lane_and_keeps_nothing_half_made(tmp_path) -> None:
    seen = Seen()
    stop = lambda: sum(model in TITLES for model, _ in seen.turns()) >= 5  # noqa: E731
    progress = Progress(seen.append, stop=stop)
    with pytest.raises(Cancelled):
        made(tmp_path, together=True, progress=progress)
    store = Store(tmp_path)
    for method in METHODS[2:]:
        if getattr(method, "epochs", 0) > 1:
            assert store.latest(model_place(STUDY, method, 0), "model") is None


def test_one_that_fails_does_not_stop_the_others() -> None:
    told: list[Event] = []
    progress = Progress(told.append)
    mine = [progress]

    def fails() -> None:
        mine[0](Epoch(0, 2))
        raise ZeroDivisionError("of its own")

    def goes_on() -> None:
        for epoch in range(3):
            mine[0](Epoch(epoch, 2))

    def take(given: Progress) -> None:
        mine[0] = given

    lanes = [Lane(Stage("model", i, 2, str(i)), each) for i, each in enumerate((fails, goes_on))]
    race(lanes, progress, take)
    assert isinstance(lanes[0].error, ZeroDivisionError)
    assert lanes[1].error is None
    assert [event.epoch for event in told if isinstance(event, Epoch)][-1] == 2
    assert mine[0] is progress  # given back


@pytest.mark.slow
def test_a_job_can_ask_for_it(tmp_path) -> None:
    seen = Seen()
    job = Job(PLAN.to_dict(), device="cpu", kinds=("model",), together=True)
    assert Job.from_dict(job.to_dict()) == job
    done = execute(job.to_dict(), tmp_path, Progress(seen.append))
    assert done["made"] == len(METHODS)
    models = [model for model, _ in seen.turns() if model in TITLES]
    assert sum(a != b for a, b in pairwise(models)) > len(TITLES)
