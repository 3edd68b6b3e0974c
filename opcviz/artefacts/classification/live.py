"""Live numbers and the moving map of a classifier while it trains."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from ...attacks.recovery import LiveRecovery
from ...common.progress import Epoch
from ...common.records import Undefined
from ...maps import draw
from ...measures import accuracy
from ...models import as_body_head
from ...tasks.classification import Observation, observe
from ..monitor import MonitorSetup, register_monitor, short_number, significant

__all__ = ["FeatureMonitor"]

VALUES = (
    "forget_accuracy",
    "retain_accuracy",
    "fm_accuracy",
    "norm_ratio",
)


@register_monitor("classification")
class FeatureMonitor:
    """Observes a fixed part of the train set after every epoch.

    Accuracies, the size of the forget features, what FM recovers of them (once there is an original
    model to recover), and the probe set's features as a map.
    """

    def __init__(self, setup: MonitorSetup) -> None:
        data, live, original = setup.data, setup.live, setup.original
        self.setup = setup
        self.x, self.y = data.x_train[live], data.y_train[live]
        self.forget = torch.isin(live, setup.split.forget_train)
        self.at = torch.searchsorted(live, setup.probe)
        self.points: list[Tensor] = []  # (probe, 2) float32 an epoch
        self.values: list[list[float]] = []  # VALUES an epoch, NaN where there is none
        self.recovery: LiveRecovery | None = None
        if original is not None:
            model = as_body_head(original)
            seen, head = observe(model, self.x, self.y), model.head
            self.recovery = LiveRecovery(
                seen.features,
                head=(head.weight.detach(), head.bias.detach()),
                labels=seen.labels,
                forget=self.forget,
            )

    @property
    def seen(self) -> int:
        """How often it has looked."""
        return len(self.values)

    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Observe, remember, tell."""
        seen = observe(as_body_head(model), self.x, self.y)
        features = seen.features[self.at].cpu()
        numbers = self._numbers(seen)
        self.values.append([numbers[name] for name in VALUES])
        if bool(features.isfinite().all()):
            start = self.points[-1] if self.points and self.points[-1].isfinite().all() else None
            self.points.append(draw(features, "pca", start=start).points)
        else:
            self.points.append(torch.full((len(features), 2), float("nan")))
        # counted here: a method that trains in phases numbers each of them from 1
        done = self.seen - 1
        self.setup.progress(
            Epoch(
                done,
                max(self.setup.epochs, done),
                {name: short_number(name, value) for name, value in numbers.items()},
                [significant(v) for v in self.points[-1].flatten().tolist() if math.isfinite(v)],
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
            {"epoch": epoch, **{k: short_number(k, v) for k, v in zip(VALUES, row, strict=True)}}
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
