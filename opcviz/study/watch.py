"""What is seen of a model while it trains: live numbers, a moving map, and a replay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ..attacks.recovery import LiveRecovery
from ..common.progress import Epoch, Progress
from ..common.records import Undefined
from ..data import Data, Images, Split
from ..maps import draw
from ..measures import accuracy
from ..models import Classifier
from ..tasks import Task
from ..tasks.classification import Observation, observe

if TYPE_CHECKING:
    from .runner import StudyRunner

__all__ = ["LossMonitor", "Monitor", "ProbeWatch", "make_monitor"]

VALUES = (
    "forget_accuracy",
    "retain_accuracy",
    "fm_accuracy",
    "norm_ratio",
)


class ProbeWatch:
    """Observes a fixed part of the train set after every epoch.

    Args:
        images, split: the data set and its forget scenario.
        live: positions of the samples that the numbers are taken on, sorted.
        probe: positions of the samples that are drawn; a subset of `live`.
        original: the original model's observation of `live` and its head (W, b), for the live
            recovery attack; None while the original itself is trained.
        progress: told an `Epoch` each time.
        epochs: how many there will be, for the events.
    """

    def __init__(
        self,
        images: Images,
        split: Split,
        live: Tensor,
        probe: Tensor,
        original: tuple[Observation, tuple[Tensor, Tensor]] | None,
        progress: Progress,
        epochs: int,
    ) -> None:
        self.x, self.y = images.x_train[live], images.y_train[live]
        self.forget = torch.isin(live, split.forget_train)
        self.at = torch.searchsorted(live, probe)
        self.progress, self.epochs = progress, epochs
        self.points: list[Tensor] = []  # (probe, 2) float32 an epoch
        self.values: list[list[float]] = []  # VALUES an epoch, NaN where there is none
        self.recovery: LiveRecovery | None = None
        if original is not None:
            seen, head = original
            self.recovery = LiveRecovery(
                seen.features, head=head, labels=seen.labels, forget=self.forget
            )

    def __call__(self, model: Classifier, epoch: int) -> None:
        """Observe, remember, tell."""
        seen = observe(model, self.x, self.y)
        features = seen.features[self.at].cpu()
        numbers = self._numbers(seen)
        self.values.append([numbers[name] for name in VALUES])
        if bool(features.isfinite().all()):
            start = self.points[-1] if self.points and self.points[-1].isfinite().all() else None
            self.points.append(draw(features, "pca", start=start).points)
        else:
            self.points.append(torch.full((len(features), 2), float("nan")))
        # counted here: a method that trains in phases numbers each of them from 1
        seen_epochs = len(self.values) - 1
        self.progress(
            Epoch(
                seen_epochs,
                max(self.epochs, seen_epochs),
                {name: _number(name, value) for name, value in numbers.items()},
                [_significant(v) for v in self.points[-1].flatten().tolist() if math.isfinite(v)],
            )
        )

    def _numbers(self, seen: Observation) -> dict[str, float]:
        nan = float("nan")
        # float64, as `measures.collapse` has it: squares of a contracted feature underflow in fp32
        norms, forget = seen.features.cpu().double().norm(dim=1), self.forget.cpu()
        retain_norm = norms[~forget].mean().item()
        values = dict.fromkeys(VALUES, nan)
        values["forget_accuracy"] = accuracy(seen.logits[self.forget], seen.labels[self.forget])
        values["retain_accuracy"] = accuracy(seen.logits[~self.forget], seen.labels[~self.forget])
        if retain_norm > 0:
            values["norm_ratio"] = norms[forget].mean().item() / retain_norm
        if self.recovery is not None and bool(seen.features.isfinite().all()):
            recovered = self.recovery.score(seen.features)
            values["fm_accuracy"] = nan if isinstance(recovered, Undefined) else recovered
        return values

    def history(self) -> list[dict[str, float | None]]:
        """The live numbers, one dict an epoch."""
        return [
            {"epoch": epoch, **{k: _number(k, v) for k, v in zip(VALUES, row, strict=True)}}
            for epoch, row in enumerate(self.values)
        ]

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""
        return {
            "points": torch.stack(self.points),
            "values": torch.tensor(self.values, dtype=torch.float64),
        }

    def trajectory(self) -> dict[str, np.ndarray]:
        """The map of the probe set after every epoch, (epochs + 1, probe, 2)."""
        return {"points": torch.stack(self.points).numpy()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        self.points = list(state["points"])
        self.values = state["values"].tolist()


class LossMonitor:
    """The monitor of any task: what `Task.live` says of a fixed part of the train set.

    Args:
        task: what the model does.
        data, split: the data set and its forget scenario.
        live: positions of the samples that the numbers are taken on.
        progress: told an `Epoch` each time.
        epochs: how many there will be, for the events.
    """

    def __init__(
        self, task: Task, data: Data, split: Split, live: Tensor, progress: Progress, epochs: int
    ) -> None:
        self.task, self.progress, self.epochs = task, progress, epochs
        self.x, self.y = data.batch(live), data.y_train[live]
        self.forget = torch.isin(live, split.forget_train)
        self.values: list[dict[str, float]] = []  # one an epoch, NaN where there is none

    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Observe, remember, tell."""
        self.values.append(self.task.live(model, self.x, self.y, self.forget))
        # counted here: a method that trains in phases numbers each of them from 1
        seen_epochs = len(self.values) - 1
        numbers = {name: _number(name, value) for name, value in self.values[-1].items()}
        self.progress(Epoch(seen_epochs, max(self.epochs, seen_epochs), numbers, []))

    def history(self) -> list[dict[str, float | None]]:
        """The live numbers, one dict an epoch."""
        return [
            {"epoch": epoch, **{name: _number(name, value) for name, value in numbers.items()}}
            for epoch, numbers in enumerate(self.values)
        ]

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""
        names = self.values[0] if self.values else {}
        return {
            name: torch.tensor([numbers[name] for numbers in self.values], dtype=torch.float64)
            for name in names
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        columns = {name: column.tolist() for name, column in state.items()}
        rows = zip(*columns.values(), strict=True)
        self.values = [dict(zip(columns, row, strict=True)) for row in rows]

    def trajectory(self) -> dict[str, np.ndarray]:
        """Nothing: a task without features has no map."""
        return {}


Monitor = ProbeWatch | LossMonitor


def make_monitor(runner: StudyRunner, original: nn.Module | None, epochs: int) -> Monitor:
    """The monitor of one training.

    Args:
        runner: of the study.
        original: the original model; None while it is trained itself.
        epochs: how many there will be.
    """
    data, split, live, progress = runner.data, runner.split, runner.live, runner.progress
    if runner.study.task != "classification":
        return LossMonitor(runner.task, data, split, live, progress, epochs)
    reference = None
    if original is not None:
        seen = observe(original, data.x_train[live], data.y_train[live])
        reference = (seen, (original.head.weight.detach(), original.head.bias.detach()))
    return ProbeWatch(data, split, live, runner.probe, reference, progress, epochs)


def _number(name: str, value: float) -> float | None:
    """A live number as short as it is stored: percent to three decimals, ratios to four digits."""
    if not math.isfinite(value):
        return None
    return round(value, 3) if name.endswith("_accuracy") else _significant(value)


def _significant(value: float) -> float:
    """Four significant digits: a ratio of 1e-7 is a result, and rounded to decimals it were 0."""
    return float(f"{value:.4g}")
