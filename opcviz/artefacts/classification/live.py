"""Live numbers and the moving map of a classifier while it trains."""

from __future__ import annotations

import base64
import math

import numpy as np
import torch
from torch import Tensor, nn

from ...attacks.inversion import LiveInversion, Rebuilt, too_large
from ...attacks.recovery import LiveRecovery
from ...common.json_types import Json
from ...common.progress import Epoch, Message
from ...common.records import Undefined
from ...data import Images
from ...maps import draw
from ...maps.coincident import coincident
from ...measures import accuracy
from ...measures.leaver import CLIENT_VALUES, LeaverNumbers
from ...models import as_body_head
from ...tasks.classification import Observation, observe
from ..monitor import MonitorSetup, register_monitor, short_number, significant

__all__ = ["FeatureMonitor"]

VALUES = (
    "forget_accuracy",
    "retain_accuracy",
    "fm_accuracy",
    "fm_retain_accuracy",
    "norm_ratio",
)
PICTURES = 4  # of the forget data of the probe set, rebuilt after every epoch


@register_monitor("classification")
class FeatureMonitor:
    """Observes a fixed part of the train set after every epoch.

    Accuracies, the size of the forget features, what FM recovers of them (once there is an original
    model to recover), the probe set's features as a map, which of them coincide, and what gradient
    inversion rebuilds of a few forget pictures. Random numbers are drawn nowhere: a model that is
    watched is trained as one that is not.
    """

    def __init__(self, setup: MonitorSetup) -> None:
        data, live, original = setup.data, setup.live, setup.original
        self.setup = setup
        self.x, self.y = data.x_train[live], data.y_train[live]
        self.forget = torch.isin(live, setup.split.forget_train)
        self.at = torch.searchsorted(live, setup.probe)
        self.points: list[Tensor] = []  # (probe, 2) float32 an epoch
        self.values: list[list[float]] = []  # `names` an epoch, NaN where there is none
        self.labels = data.y_train[setup.probe].cpu()
        self.gone = torch.isin(setup.probe, setup.split.forget_train).cpu()
        self.groups: list[Tensor] = []  # (probe,) int16 an epoch
        self.rebuilt: list[Tensor] = []  # (P, C, H, W) uint8 an epoch, where pictures are rebuilt
        self.psnr: list[Tensor] = []  # (P,) float32 an epoch
        self.leaver: LeaverNumbers | None = None
        if setup.split.clients is not None and isinstance(data, Images):
            self.leaver = LeaverNumbers(data, setup.split)
        self.names = (*VALUES, *(CLIENT_VALUES if self.leaver else ()))
        self.rebuilt_ids = _spread(setup.probe.cpu()[self.gone], PICTURES)
        self.inversion: LiveInversion | None = None
        self.recovery: LiveRecovery | None = None
        if original is not None:
            model = as_body_head(original)
            seen = observe(model, self.x, self.y)
            self.recovery = LiveRecovery(
                seen.features,
                head=model.head_weights,
                labels=seen.labels,
                forget=self.forget,
            )
            self.inversion = self._inversion(original)

    def _inversion(self, model: nn.Module) -> LiveInversion | None:
        """The search for a few forget pictures; it is left out, and that told, of large nets."""
        ids = self.rebuilt_ids.to(self.setup.probe.device)
        pictures = self.setup.data.batch(ids)
        if why := too_large(model, tuple(pictures.shape[1:])):
            self.setup.progress(Message(f"Pictures are not rebuilt during training: {why}."))
            return None
        return LiveInversion(pictures, self.setup.data.y_train[ids]) if len(ids) else None

    @property
    def seen(self) -> int:
        """How often it has looked."""
        return len(self.values)

    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Observe, remember, tell."""
        seen = self._observed(model)
        features = seen.features[self.at].cpu()
        numbers = self._numbers(seen)
        if self.leaver is not None:
            numbers |= self.leaver(model)
        self.values.append([numbers[name] for name in self.names])
        if bool(features.isfinite().all()):
            start = self.points[-1] if self.points and self.points[-1].isfinite().all() else None
            self.points.append(draw(features, "pca", start=start).points)
        else:
            self.points.append(torch.full((len(features), 2), float("nan")))
        found = coincident(features, self.labels, self.gone).groups
        self.groups.append(found.to(torch.int16))
        rebuilt = None if self.inversion is None else self.inversion(model)
        if rebuilt is not None:
            self.rebuilt.append((rebuilt.pictures * 255).round().byte())
            self.psnr.append(rebuilt.psnr.float())
        # counted here: a method that trains in phases numbers each of them from 1
        done = self.seen - 1
        self.setup.progress(
            Epoch(
                done,
                max(self.setup.epochs, done),
                {name: short_number(name, value) for name, value in numbers.items()},
                [significant(v) for v in self.points[-1].flatten().tolist() if math.isfinite(v)],
                found.tolist() if bool((found >= 0).any()) else [],
                {} if rebuilt is None else self._told(rebuilt),
            )
        )

    def _observed(self, model: nn.Module) -> Observation:
        known = {} if self.setup.known is None else self.setup.known
        if model in known:
            return Observation(*known[model], self.y)
        seen = observe(as_body_head(model), self.x, self.y)
        known[model] = seen.features, seen.logits
        return seen

    def _told(self, rebuilt: Rebuilt) -> Json:
        """The pictures of an epoch as its event has them."""
        pixels = self.rebuilt[-1]
        return {
            "ids": self.rebuilt_ids.tolist(),
            "shape": list(pixels.shape),
            "pixels": base64.b64encode(pixels.numpy().tobytes()).decode("ascii"),
            "psnr": [round(v, 2) if math.isfinite(v) else None for v in rebuilt.psnr.tolist()],
        }

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
            for name, alone in (("fm_accuracy", False), ("fm_retain_accuracy", True)):
                recovered = self.recovery.score(seen.features, retain_only=alone)
                values[name] = nan if isinstance(recovered, Undefined) else recovered
        return values

    def history(self) -> list[dict[str, float | None]]:
        """The live numbers, one dict an epoch."""
        return [
            {
                "epoch": epoch,
                **{k: short_number(k, v) for k, v in zip(self.names, row, strict=True)},
            }
            for epoch, row in enumerate(self.values)
        ]

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""
        kept = {
            "points": torch.stack(self.points),
            "values": torch.tensor(self.values, dtype=torch.float64),
            "groups": torch.stack(self.groups),
        }
        if self.inversion is not None:
            kept |= {"rebuilt": torch.stack(self.rebuilt), "psnr": torch.stack(self.psnr)}
            kept |= self.inversion.state()
        return kept

    def trajectory(self) -> dict[str, np.ndarray]:
        """What a replay shows, an entry an epoch and one for what was before the first.

        `points` (epochs + 1, probe, 2) is the map of the probe set, `groups` (epochs + 1, probe)
        who stands where others do; where pictures were rebuilt, those of `rebuilt_ids` (P,) in
        `rebuilt` (epochs + 1, P, C, H, W), and `rebuilt_psnr` (epochs + 1, P) in dB, NaN where no
        gradient reaches the body.
        """
        kept = {"points": torch.stack(self.points), "groups": torch.stack(self.groups)}
        if self.rebuilt:
            kept |= {"rebuilt_ids": self.rebuilt_ids, "rebuilt": torch.stack(self.rebuilt)}
            kept |= {"rebuilt_psnr": torch.stack(self.psnr)}
        return {name: values.numpy() for name, values in kept.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        self.points, self.groups = list(state["points"]), list(state["groups"])
        self.values = state["values"].tolist()
        if self.inversion is not None:
            self.rebuilt, self.psnr = list(state["rebuilt"]), list(state["psnr"])
            self.inversion.load(state)


def _spread(rows: Tensor, count: int) -> Tensor:
    """At most so many of the rows, from the first to the last."""
    at = torch.linspace(0, len(rows) - 1, min(count, len(rows))).round().long()
    return rows[at]
