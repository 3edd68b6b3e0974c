"""What is seen of a model while it trains: live numbers, a moving map, and a replay."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..attacks.recovery import LiveRecovery
from ..common.progress import Epoch, Progress
from ..data import Images, Split
from ..maps import draw
from ..measures import accuracy
from ..models import Classifier
from ..models.observe import Observation, observe
from .trajectory import pack

__all__ = ["ProbeWatch"]

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
        probe: positions of the samples whose features are kept and drawn; a subset of `live`.
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
        self.packed: list[dict[str, Tensor]] = []  # the probe set's features, see `trajectory`
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
        self.packed.append(pack(features))
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
                {name: _number(value) for name, value in numbers.items()},
                [round(v, 4) for v in self.points[-1].flatten().tolist() if math.isfinite(v)],
            )
        )

    def _numbers(self, seen: Observation) -> dict[str, float]:
        nan = float("nan")
        norms = seen.features.norm(dim=1)
        retain_norm = norms[~self.forget].mean().item()
        values = dict.fromkeys(VALUES, nan)
        values["forget_accuracy"] = accuracy(seen.logits[self.forget], seen.labels[self.forget])
        values["retain_accuracy"] = accuracy(seen.logits[~self.forget], seen.labels[~self.forget])
        if retain_norm > 0:
            values["norm_ratio"] = norms[self.forget].mean().item() / retain_norm
        if self.recovery is not None and bool(seen.features.isfinite().all()):
            recovered = self.recovery.score(seen.features)
            values["fm_accuracy"] = recovered["forget_accuracy"]
        return values

    def history(self) -> list[dict[str, float | None]]:
        """The live numbers, one dict an epoch."""
        return [
            {"epoch": epoch, **{k: _number(v) for k, v in zip(VALUES, row, strict=True)}}
            for epoch, row in enumerate(self.values)
        ]

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""
        return {
            **{name: torch.stack([p[name] for p in self.packed]) for name in self.packed[0]},
            "points": torch.stack(self.points),
            "values": torch.tensor(self.values, dtype=torch.float64),
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        pairs = zip(state["shares"], state["largest"], strict=True)
        self.packed = [{"shares": shares, "largest": largest} for shares, largest in pairs]
        self.points = list(state["points"])
        self.values = state["values"].tolist()


def _number(value: float) -> float | None:
    return round(value, 5) if value == value and abs(value) != float("inf") else None
