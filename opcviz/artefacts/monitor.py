"""What is seen of a model while it trains: live numbers, a map where there is one, a replay.

A task may bring a monitor of its own with `register_monitor`; every other is watched by its losses.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..common.progress import Epoch, Progress
from ..common.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..data import Data, Split
    from ..tasks import Task

__all__ = [
    "LossMonitor",
    "Monitor",
    "MonitorSetup",
    "make_monitor",
    "register_monitor",
    "short_number",
    "significant",
]


@dataclass(frozen=True)
class MonitorSetup:
    """What a monitor is given.

    Attributes:
        task: what the model does.
        data, split: the data set and its forget scenario.
        live: positions of the samples that the numbers are taken on, ascending.
        probe: positions of the samples that are drawn; a subset of `live`.
        original: the original model; None while it is trained itself.
        progress: told an `Epoch` each time.
        epochs: how many there will be, for the events.
        known: of models that nobody trains, features and logits of the `live` samples, by model,
            once they were computed; None of models that change between two looks.
    """

    task: Task
    data: Data
    split: Split
    live: Tensor
    probe: Tensor
    original: nn.Module | None
    progress: Progress
    epochs: int
    known: dict[nn.Module, tuple[Tensor, Tensor]] | None = None


class Monitor(Protocol):
    """An `opcviz.training.EpochCallback` that remembers what it saw, for the store."""

    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Observe, remember, tell."""

    @property
    def seen(self) -> int:
        """How often it has looked."""

    def history(self) -> list[dict[str, float | None]]:
        """The live numbers, one dict an epoch."""

    def trajectory(self) -> dict[str, np.ndarray]:
        """Arrays for the replay, (epochs + 1, ...); empty where nothing is drawn."""

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""


class LossMonitor:
    """The monitor of any task: what `Task.live` says of a fixed part of the train set."""

    def __init__(self, setup: MonitorSetup) -> None:
        import torch

        self.setup = setup
        self.x, self.y = setup.data.batch(setup.live), setup.data.y_train[setup.live]
        self.forget = torch.isin(setup.live, setup.split.forget_train)
        self.values: list[dict[str, float]] = []  # one an epoch, NaN where there is none

    @property
    def seen(self) -> int:
        """How often it has looked."""
        return len(self.values)

    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Observe, remember, tell."""
        self.values.append(self.setup.task.live(model, self.x, self.y, self.forget))
        # counted here: a method that trains in phases numbers each of them from 1
        done = self.seen - 1
        numbers = {name: short_number(name, value) for name, value in self.values[-1].items()}
        self.setup.progress(Epoch(done, max(self.setup.epochs, done), numbers, []))

    def history(self) -> list[dict[str, float | None]]:
        """The live numbers, one dict an epoch."""
        return [
            {"epoch": epoch, **{name: short_number(name, value) for name, value in row.items()}}
            for epoch, row in enumerate(self.values)
        ]

    def trajectory(self) -> dict[str, np.ndarray]:
        """Nothing: a task without features has no map."""
        return {}

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""
        import torch

        names = self.values[0] if self.values else {}
        return {
            name: torch.tensor([row[name] for row in self.values], dtype=torch.float64)
            for name in names
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        columns = {name: column.tolist() for name, column in state.items()}
        rows = zip(*columns.values(), strict=True)
        self.values = [dict(zip(columns, row, strict=True)) for row in rows]


_MONITORS: Registry[Callable[[MonitorSetup], Monitor]] = Registry("monitor")


def register_monitor(
    task: str,
) -> Callable[[Callable[[MonitorSetup], Monitor]], Callable[[MonitorSetup], Monitor]]:
    """Decorator of a class that watches the models of one task, made from a `MonitorSetup`.

    Raises:
        ConfigError: when the task has one already.
    """

    def enter(make: Callable[[MonitorSetup], Monitor]) -> Callable[[MonitorSetup], Monitor]:
        _MONITORS.add(task, make)
        return make

    return enter


def make_monitor(setup: MonitorSetup) -> Monitor:
    """The monitor of one training: the task's own, or its losses."""
    for module in pkgutil.walk_packages([str(Path(__file__).parent)], f"{__package__}."):
        if module.name.endswith(".live"):  # those of our own tasks register
            importlib.import_module(module.name)
    name = setup.task.name
    return _MONITORS.get(name)(setup) if name in _MONITORS else LossMonitor(setup)


def short_number(name: str, value: float) -> float | None:
    """A live number as short as it is stored: percent to three decimals, ratios to four digits."""
    if not math.isfinite(value):
        return None
    return round(value, 3) if name.endswith("_accuracy") else significant(value)


def significant(value: float) -> float:
    """Four significant digits: a ratio of 1e-7 is a result; rounded to decimals it would be 0."""
    return float(f"{value:.4g}")
