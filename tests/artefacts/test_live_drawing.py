"""What the lab sees of a generator that trains: what it draws, its middle, and no trace of it."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from opcviz.artefacts.generation import live
from opcviz.artefacts.generation.live import SHOWN, DrawingMonitor
from opcviz.artefacts.monitor import MonitorSetup, make_monitor
from opcviz.common.progress import Epoch, Progress
from opcviz.measures.generation import Jury, train_judge
from opcviz.models import Architecture
from opcviz.study.shapes import fitting
from opcviz.tasks import get_task

EPOCHS = 50


@pytest.fixture
def watched(tiny_images, tiny_split):
    live._juries[tiny_images] = Jury.of(train_judge(tiny_images, epochs=1), tiny_images)
    task = get_task("generation")
    model = task.build(Architecture(name="diffusion:mlp-v"), tiny_images, 0).eval()
    everything = torch.arange(len(tiny_images.y_train))
    told = []

    def make() -> DrawingMonitor:
        said = Progress(told.append)
        return make_monitor(
            MonitorSetup(
                task, tiny_images, tiny_split, everything, everything[::2], None, said, EPOCHS
            )
        )

    return make, model, told


def test_it_draws_now_and_then_and_remembers_every_epoch(watched):
    make, model, told = watched
    watch = make()
    assert isinstance(watch, DrawingMonitor)
    before = torch.get_rng_state()
    for epoch in range(EPOCHS + 1):
        watch(model, epoch)
    assert torch.equal(torch.get_rng_state(), before), "nobody's random numbers are drawn"
    epochs = [event for event in told if isinstance(event, Epoch)]
    looks = [event for event in epochs if event.pictures]
    assert (len(epochs), looks[0].epoch, looks[-1].epoch) == (EPOCHS + 1, 0, EPOCHS)
    assert len(looks) <= live.LOOKS + 1
    assert all((event.values["asked_judged"] is None) == (not event.pictures) for event in epochs)
    assert 0 <= looks[0].values["asked_genuine"] <= looks[0].values["asked_judged"] <= 100

    kept = watch.trajectory()
    ids = np.arange(len(watch.setup.probe))
    assert fitting("trajectory.npz", {"ids": ids, **kept}) == ({"ids": ids, **kept}, [])
    assert kept["drawn_at"].tolist() == [event.epoch for event in looks]
    assert kept["drawn"].shape[:2] == (len(looks), SHOWN)
    assert base64.b64decode(looks[0].pictures["pixels"]) == kept["drawn"][0].tobytes()
    assert np.isfinite(kept["points"]).all()


def test_a_resumed_monitor_goes_on_where_it_was(watched):
    make, model, _ = watched
    whole, first = make(), make()
    for epoch in range(7):
        whole(model, epoch)
    for epoch in range(4):
        first(model, epoch)
    second = make()
    second.load(first.state())
    for epoch in range(4, 7):
        second(model, epoch)
    assert second.history() == whole.history()
    for name, values in whole.trajectory().items():
        assert np.array_equal(second.trajectory()[name], values), name


def test_a_model_that_diverged_is_shown_without_figures(watched):
    make, model, told = watched
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    watch = make()
    watch(model, 0)
    (event,) = told
    assert event.values["asked_judged"] is None
    assert event.points == []
    assert len(watch.trajectory()["drawn"]) == 1
