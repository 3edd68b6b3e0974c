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
from ..tasks.classification import Observation, observe

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
            values["fm_accuracy"] = recovered["forget_accuracy"]
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

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        self.points = list(state["points"])
        self.values = state["values"].tolist()


def _number(name: str, value: float) -> float | None:
    """A live number as short as it is stored: percent to three decimals, ratios to four digits."""
    if not math.isfinite(value):
        return None
    return round(value, 3) if name.endswith("_accuracy") else _significant(value)


def _significant(value: float) -> float:
    """Four significant digits: a ratio of 1e-7 is a result, and rounded to decimals it were 0."""
    return float(f"{value:.4g}")
