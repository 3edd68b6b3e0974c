"""What is remembered of a model while it trains, and how exactly."""

from __future__ import annotations

import pytest
import torch

from opcviz.artefacts.classification import live as watching
from opcviz.artefacts.classification.live import FeatureMonitor
from opcviz.artefacts.monitor import MonitorSetup
from opcviz.common.progress import Epoch, Progress
from opcviz.data import Images, Split
from opcviz.measures import collapse
from opcviz.models import Classifier
from opcviz.tasks import get_task
from opcviz.tasks.classification import Observation, observe


@pytest.fixture
def live(tiny_images: Images) -> torch.Tensor:
    """All of the train set: the live numbers are those of the finished model's evidence."""
    return torch.arange(len(tiny_images.y_train))


def monitor(
    images: Images, split: Split, live: torch.Tensor, probe: torch.Tensor, progress: Progress
) -> FeatureMonitor:
    task = get_task("classification")
    return FeatureMonitor(MonitorSetup(task, images, split, live, probe, None, progress, 0))


def contracted(seen: Observation, split: Split, factor: float) -> Observation:
    features = seen.features.clone()
    features[split.forget_train] *= factor
    return Observation(features, seen.logits, seen.labels)


@pytest.mark.parametrize("factor", [1.0, 1e-3, 1e-6, 1e-12, 1e-25, 0.0])
def test_the_last_live_norm_ratio_is_that_of_the_finished_model(
    tiny_images: Images,
    tiny_split: Split,
    tiny_original: Classifier,
    live: torch.Tensor,
    monkeypatch: pytest.MonkeyPatch,
    factor: float,
) -> None:
    seen = observe(tiny_original, tiny_images.x_train, tiny_images.y_train)
    seen = contracted(seen, tiny_split, factor)
    monkeypatch.setattr(watching, "observe", lambda *_: seen)
    told: list[Epoch] = []
    watch = monitor(tiny_images, tiny_split, live, live[::3].contiguous(), Progress(told.append))
    watch(tiny_original, 0)
    expected = collapse(
        seen.features[tiny_split.forget_train], seen.features[tiny_split.retain_train]
    ).to_dict()
    ratio = watch.history()[-1]["norm_ratio"]
    assert ratio == pytest.approx(expected["norm_ratio"], rel=0.01, abs=0)
    assert (ratio == 0) == (factor == 0)
    assert told[-1].values["norm_ratio"] == ratio


@pytest.mark.slow
def test_a_map_of_tiny_features_is_still_a_map(
    tiny_images: Images,
    tiny_split: Split,
    tiny_original: Classifier,
    live: torch.Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = observe(tiny_original, tiny_images.x_train, tiny_images.y_train)
    small = Observation(seen.features * 1e-7, seen.logits, seen.labels)
    monkeypatch.setattr(watching, "observe", lambda *_: small)
    told: list[Epoch] = []
    watch = monitor(tiny_images, tiny_split, live, live, Progress(told.append))
    watch(tiny_original, 0)
    drawn = torch.tensor(told[-1].points).view(-1, 2)
    torch.testing.assert_close(drawn, watch.points[-1], rtol=1e-3, atol=0)


def test_nothing_is_remembered_that_nobody_reads(
    tiny_images: Images, tiny_split: Split, tiny_original: Classifier, live: torch.Tensor
) -> None:
    watch = monitor(tiny_images, tiny_split, live, live, Progress())
    watch(tiny_original, 0)
    assert watch.state().keys() == {"points", "values", "groups"}


def test_a_memory_with_packed_features_of_earlier_versions_is_read(
    tiny_images: Images, tiny_split: Split, tiny_original: Classifier, live: torch.Tensor
) -> None:
    watch, again = (monitor(tiny_images, tiny_split, live, live, Progress()) for _ in range(2))
    watch(tiny_original, 0)
    earlier = {"shares": torch.zeros(1, len(live), 8, dtype=torch.int8), "largest": torch.ones(1)}
    again.load({**watch.state(), **earlier})
    assert again.history() == watch.history()
    assert torch.equal(again.points[0], watch.points[0])
