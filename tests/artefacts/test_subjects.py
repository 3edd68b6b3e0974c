"""Subjects: what a task's kinds are given of a model, computed once, and let go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from opcviz.artefacts import Subject, make_subject
from opcviz.artefacts import subject as subjects
from opcviz.artefacts.classification.subject import ClassifierSubject
from opcviz.artefacts.subject import register_subject
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.tasks import Classification, Task
from opcviz.tasks.classification import observe, observe_blocks


class Counting(Task):
    """A task that counts how often it observes."""

    name = "counting"

    def __init__(self) -> None:
        self.seen: list[object] = []

    def build(self, architecture: Any, data: Any, seed: int) -> Any:
        raise AssertionError("nothing is built here")

    losses = build

    def observe(self, model: Any, data: Any, *, progress: Progress | None = None) -> Any:
        assert progress is not None
        progress.check()
        self.seen.append(model)
        return SimpleNamespace(of=model, data=data)


@dataclass
class Bench:
    task: Task
    data: Any = None
    split: Any = None
    progress: Progress = Progress()  # noqa: RUF009  (it holds nothing)


@pytest.fixture
def _registry() -> Iterator[None]:
    before = subjects._SUBJECTS.snapshot()
    yield
    subjects._SUBJECTS.restore(before)


def of(bench: Bench, network: object) -> Subject:
    loaded: list[object] = []

    def load() -> Any:
        assert not loaded, "loaded twice"
        loaded.append(network)
        return network

    return make_subject(bench, "ft", 3, load, lambda kind: SimpleNamespace(kind=kind))


def test_a_task_without_subjects_of_its_own_shows_what_it_observes() -> None:
    bench, network = Bench(Counting(), data="data"), object()
    subject = of(bench, network)
    assert type(subject) is Subject
    assert (subject.method, subject.seed) == ("ft", 3)
    assert bench.task.seen == []  # nothing is computed before it is asked for
    assert subject.outputs is subject.outputs
    assert subject.outputs.of is subject.network is network
    assert subject.outputs.data == "data"
    assert bench.task.seen == [network]
    assert subject.stored("evidence").kind == "evidence"
    subject.release()
    assert subject.outputs.of is network
    assert len(bench.task.seen) == 2
    with pytest.raises(AttributeError, match="blocks"):
        subject.blocks  # noqa: B018


def test_the_progress_of_now_is_asked_whether_to_stop() -> None:
    bench = Bench(Counting())
    subject = of(bench, object())
    bench.progress = Progress(stop=lambda: True)
    with pytest.raises(Cancelled):
        subject.outputs  # noqa: B018


@pytest.mark.usefixtures("_registry")
def test_a_task_brings_its_own_subject_once() -> None:
    @register_subject("counting")
    class Twice(Subject):
        large = ("outputs", "twice")

        @property
        def twice(self) -> tuple[Any, Any]:
            return self.outputs, self.outputs

    assert type(of(Bench(Counting()), object())) is Twice
    with pytest.raises(ConfigError, match="subject named 'counting' exists"):
        register_subject("counting")(Twice)


@pytest.mark.usefixtures("one_thread")
def test_classifiers_show_their_blocks_and_the_forget_data(
    tiny_original, tiny_images, tiny_split
) -> None:
    subject = of(Bench(Classification(), tiny_images, tiny_split), tiny_original.eval())
    assert type(subject) is ClassifierSubject
    blocks = observe_blocks(tiny_original, tiny_images.x_test, tiny_images.y_test)
    assert list(subject.blocks) == list(blocks) == list(tiny_original.block_names)
    for name, seen in blocks.items():
        assert torch.equal(subject.blocks[name].test.features, seen.features)
    rows = tiny_split.forget_train
    forget = observe(tiny_original, tiny_images.x_train[rows], tiny_images.y_train[rows])
    assert torch.equal(subject.on_forget_data.logits, forget.logits)
    assert torch.equal(subject.on_forget_data.labels, tiny_images.y_train[rows])
    assert subject.outputs
    kept = subject.on_forget_data
    subject.release()
    assert not {"outputs", "blocks"} & vars(subject).keys()
    assert subject.on_forget_data is kept  # small, and wanted for every seed
