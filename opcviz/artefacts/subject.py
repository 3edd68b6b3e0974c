"""One trained model under examination, as kinds of artefact are given it.

A task may bring a subject of its own with `register_subject`, one that shows more of its models;
that of every other shows what `Task.observe` sees.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Generic, Never, Protocol, cast

from typing_extensions import TypeVar

from ..common.records import Record
from ..common.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from torch import nn

    from ..common.progress import Progress
    from ..data import Data, Split
    from ..tasks import Task

__all__ = [
    "Bench",
    "NotGiven",
    "Stored",
    "Subject",
    "is_given",
    "make_subject",
    "not_given",
    "register_subject",
]

ModelT = TypeVar("ModelT", bound="nn.Module", default="nn.Module", covariant=True)
"""The class of the task's models."""
OutputsT = TypeVar("OutputsT", default=object, covariant=True)
"""What the task observes of one."""
R = TypeVar("R", bound=Record)


class Stored(Protocol):
    """A stored artefact, for reading."""

    def record(self, cls: type[R]) -> R:
        """Its numbers as the record that its kind declares."""

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """An npz file of it."""


class Bench(Protocol):
    """Where models are examined: a study at work, or models in hand."""

    @property
    def task(self) -> Task:
        """What the models do."""

    @property
    def data(self) -> Data:
        """The data set, on the device."""

    @property
    def split(self) -> Split:
        """Forget and retain positions of the train and the test set."""

    @property
    def progress(self) -> Progress:
        """Told what happens, asked whether to stop."""

    @property
    def data_root(self) -> Path | None:
        """The folder of data sets, None for the usual one; see `opcviz.data.load`."""

    @property
    def download(self) -> bool:
        """Whether a missing data set may be fetched."""


class Subject(Generic[ModelT, OutputsT]):
    """One trained model; what it computes is computed when first asked for, and kept.

    Args:
        bench: where it is examined; read when something is computed.
        method: registered name of the method that made it.
        seed: of its training.
        load: gives the model in eval mode, on the device.
        stored: gives another artefact about it.
    """

    large: ClassVar[tuple[str, ...]] = ("outputs",)
    """What is large, beside the weights: `release` lets go of it."""

    def __init__(
        self,
        bench: Bench,
        method: str,
        seed: int,
        load: Callable[[], ModelT],
        stored: Callable[[str], Stored],
    ) -> None:
        self.bench, self.method, self.seed = bench, method, seed
        self._load, self._stored = load, stored
        self._awaited: dict[str, tuple[Hashable, ...]] = {}

    @cached_property
    def network(self) -> ModelT:
        """The model in eval mode, on the device.

        Raises:
            StoreError: when its training left none.
        """
        return self._load()

    @cached_property
    def outputs(self) -> OutputsT:
        """What it computes on all train and test samples, see `Task.observe`."""
        bench = self.bench
        seen = bench.task.observe(self.network, bench.data, progress=bench.progress)
        return cast(OutputsT, seen)  # what a task observes, its subject is declared to have

    def stored(self, kind: str) -> Stored:
        """Another artefact about it, made first if it is missing."""
        return self._stored(kind)

    @property
    def awaited(self) -> tuple[Hashable, ...]:
        """What kinds that are still to be made will look at, each once; see `Kind.looks`."""
        return tuple(dict.fromkeys(each for looks in self._awaited.values() for each in looks))

    def expect(self, kind: str, looks: Iterable[Hashable]) -> None:
        """Learn that a kind will be made, so that one pass over the data may serve several."""
        self._awaited[kind] = tuple(looks)

    def done(self, kind: str) -> None:
        """Learn that it was made: what nobody else waits for may go."""
        self._awaited.pop(kind, None)

    def release(self) -> None:
        """Let go of what takes memory; it is computed anew if it is asked for again."""
        for name in self.large:
            self.__dict__.pop(name, None)


class NotGiven(Exception):
    """A reference model was asked for something, and there is none; the message is the reason."""


class _Absent:
    """Stands where a reference model was not given: whatever it is asked, it says so."""

    def __init__(self, method: str, reason: str) -> None:
        self.method, self._reason = method, reason

    def __getattr__(self, name: str) -> Never:
        raise NotGiven(self._reason)


def not_given(method: str, reason: str) -> Subject:
    """What stands in the place of a reference model that was not given.

    Args:
        method: `original` or `retrain`.
        reason: a sentence, which `NotGiven` carries when anything is asked of it.
    """
    return cast(Subject, _Absent(method, reason))


def is_given(subject: Subject) -> bool:
    """Whether a model stands there."""
    return not isinstance(cast(object, subject), _Absent)


_SUBJECTS: Registry[type[Subject]] = Registry("subject")

SubjectClass = TypeVar("SubjectClass", bound=type[Subject])


def register_subject(task: str) -> Callable[[SubjectClass], SubjectClass]:
    """Decorator of the class of subjects that one task's kinds are given.

    Raises:
        ConfigError: when the task has one already.
    """

    def enter(cls: SubjectClass) -> SubjectClass:
        _SUBJECTS.add(task, cls)
        return cls

    return enter


def make_subject(
    bench: Bench,
    method: str,
    seed: int,
    load: Callable[[], nn.Module],
    stored: Callable[[str], Stored],
) -> Subject:
    """A subject as the bench's task wants it; see `Subject` for the arguments."""
    name = bench.task.name
    cls = _SUBJECTS.get(name) if name in _SUBJECTS else Subject
    return cls(bench, method, seed, load, stored)
