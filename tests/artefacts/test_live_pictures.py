"""What a monitor remembers beside its map, who coincides and what is rebuilt; it only looks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from opcviz.artefacts.classification import live as watching
from opcviz.artefacts.classification.live import FeatureMonitor
from opcviz.artefacts.monitor import MonitorSetup
from opcviz.attacks.inversion import live as searching
from opcviz.attacks.inversion import too_large
from opcviz.common.progress import Epoch, Event, Message, Progress
from opcviz.data import Images, Split
from opcviz.methods import Request, create
from opcviz.models import Classifier, as_body_head
from opcviz.tasks import get_task
from opcviz.tasks.classification import Observation, observe

Watched = Callable[..., FeatureMonitor]


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def watched(
    tiny_images: Images, tiny_split: Split, tiny_original: Classifier, told: list[Event]
) -> Watched:
    """Makes a monitor of an unlearning; all of the train set is watched, half of it drawn."""

    def make(original: Classifier | None = tiny_original) -> FeatureMonitor:
        live = torch.arange(len(tiny_images.y_train))
        task, said = get_task("classification"), Progress(told.append)
        return FeatureMonitor(
            MonitorSetup(task, tiny_images, tiny_split, live, live[::2], original, said, 2)
        )

    return make


def epochs(told: list[Event]) -> list[Epoch]:
    return [event for event in told if isinstance(event, Epoch)]


@pytest.mark.slow
def test_a_watched_training_is_the_same_bit_for_bit(
    tiny_request: Callable[..., Request], watched: Watched
) -> None:
    def train(**changes: Any) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        torch.manual_seed(7)
        model, _ = create("delete", epochs=3).unlearn(tiny_request(**changes))
        return model.state_dict(), torch.get_rng_state()

    watch = watched()
    (alone, before), (seen, after) = train(), train(watch=watch)
    assert watch.rebuilt
    assert watch.seen == 4
    assert all(torch.equal(alone[name], seen[name]) for name in alone)
    assert torch.equal(before, after)


def test_the_retained_alone_are_fitted_and_the_forgotten_scored(
    watched: Watched, tiny_images: Images, tiny_split: Split, tiny_original: Classifier
) -> None:
    watch = watched()
    watch(tiny_original, 0)
    seen = observe(as_body_head(tiny_original), tiny_images.x_train, tiny_images.y_train)
    gone = torch.isin(torch.arange(len(tiny_images.y_train)), tiny_split.forget_train).numpy()
    f, z = (v.double().numpy() for v in (seen.features, seen.logits))
    ones = np.ones((len(f), 1))
    solved = np.linalg.lstsq(np.hstack([f, ones])[~gone], z[~gone], rcond=None)[0]
    right = (np.hstack([f, ones])[gone] @ solved).argmax(1) == seen.labels.numpy()[gone]
    assert watch.history()[0]["fm_retain_accuracy"] == pytest.approx(100 * right.mean(), abs=1e-3)


def test_coincident_samples_are_told_and_kept(
    watched: Watched,
    told: list[Event],
    tiny_split: Split,
    tiny_original: Classifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = watched()
    plain = observe(as_body_head(tiny_original), watch.x, watch.y)
    shrunk = plain.features.clone()
    shrunk[tiny_split.forget_train] *= 1e-6
    views = [plain, Observation(shrunk, plain.logits, plain.labels)]
    monkeypatch.setattr(watching, "observe", lambda *_: views.pop(0))
    watch(tiny_original, 0)
    watch(tiny_original, 1)
    groups = watch.trajectory()["groups"]
    assert groups.dtype == np.int16
    assert epochs(told)[0].groups == []
    assert (groups[0] == -1).all()
    assert np.array_equal(groups[1], np.where(watch.gone.numpy(), 0, -1))
    assert epochs(told)[1].groups == groups[1].tolist()


def test_an_epoch_without_finite_features_has_no_groups(
    watched: Watched, tiny_original: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watched()
    plain = observe(as_body_head(tiny_original), watch.x, watch.y)
    wild = Observation(plain.features.fill_(torch.nan), plain.logits, plain.labels)
    monkeypatch.setattr(watching, "observe", lambda *_: wild)
    watch(tiny_original, 0)
    assert (watch.trajectory()["groups"] == -1).all()


def test_a_model_that_is_not_finite_gives_no_picture(
    tiny_images: Images, tiny_original: Classifier
) -> None:
    search = searching.LiveInversion(tiny_images.batch(torch.arange(3)), tiny_images.y_train[:3])
    search(tiny_original)
    for weights in tiny_original.parameters():
        weights.data.fill_(torch.nan)
    found = search(tiny_original)
    assert found.psnr.isnan().all()
    assert (found.pictures == 0.5).all()


def test_pictures_are_rebuilt_where_a_gradient_reaches_the_body(
    watched: Watched, told: list[Event], tiny_images: Images, tiny_original: Classifier
) -> None:
    watch = watched()
    watch(tiny_original, 0)
    with torch.no_grad():  # its features are zero: no gradient passes the head
        tiny_original.head.weight.zero_()
    watch(tiny_original, 1)
    kept = watch.trajectory()
    assert kept["rebuilt"].shape == (2, 4, *tiny_images.shape)
    assert np.isfinite(kept["rebuilt_psnr"][0]).all()
    assert np.isnan(kept["rebuilt_psnr"][1]).all()
    assert (kept["rebuilt"][1] == 128).all()
    sent = epochs(told)[0].pictures
    pixels = np.frombuffer(base64.b64decode(sent["pixels"]), np.uint8).reshape(sent["shape"])
    assert np.array_equal(pixels, kept["rebuilt"][0])
    assert sent["ids"] == kept["rebuilt_ids"].tolist()
    truth = tiny_images.batch(watch.rebuilt_ids).numpy()
    error = ((kept["rebuilt"][0] / 255 - truth) ** 2).mean((1, 2, 3))
    assert sent["psnr"] == pytest.approx(-10 * np.log10(error), abs=0.3)


@pytest.mark.slow
def test_a_search_goes_on_from_the_epoch_before(
    watched: Watched, tiny_original: Classifier
) -> None:
    watch = watched()
    for epoch in range(4):
        watch(tiny_original, epoch)
    score = watch.trajectory()["rebuilt_psnr"].mean(1)
    assert score[3] > score[0]


@pytest.mark.slow
def test_what_is_remembered_is_resumed(watched: Watched, tiny_original: Classifier) -> None:
    whole, first, second = watched(), watched(), watched()
    for epoch in range(3):
        whole(tiny_original, epoch)
    first(tiny_original, 0)
    first(tiny_original, 1)
    second.load(first.state())
    second(tiny_original, 2)
    for name, values in whole.trajectory().items():
        assert np.array_equal(values, second.trajectory()[name], equal_nan=True), name
    assert second.history() == whole.history()


def test_an_original_is_not_attacked(
    watched: Watched, told: list[Event], tiny_original: Classifier
) -> None:
    watch = watched(None)
    watch(tiny_original, 0)
    assert watch.trajectory().keys() == {"points", "groups"}
    assert epochs(told)[0].pictures == {}


def test_of_a_large_net_nothing_is_rebuilt_and_that_is_told(
    watched: Watched,
    told: list[Event],
    tiny_original: Classifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "MOST_WEIGHTS", 10)
    watch = watched()
    watch(tiny_original, 0)
    (message,) = [event for event in told if isinstance(event, Message)]
    assert "Pictures are not rebuilt during training: the network has" in message.text
    assert message.level == "info"
    assert "rebuilt" not in watch.trajectory()


def test_large_pictures_are_left_out_too(tiny_original: Classifier) -> None:
    assert too_large(tiny_original, (3, 32, 32)) == ""
    assert too_large(tiny_original, (1, 40, 40)).startswith("pictures are 40×40 pixels")
