"""What is seen of a model of records while it trains: losses, and a map of the codes."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from ...common.progress import Epoch
from ...maps import draw
from ...tasks.waveforms import as_waveform_generator
from ..monitor import LossMonitor, MonitorSetup, register_monitor, short_number, significant

__all__ = ["CodeMonitor"]


@register_monitor("waveforms")
class CodeMonitor(LossMonitor):
    """Looks at losses and codes after every epoch; random numbers are drawn from nobody."""

    def __init__(self, setup: MonitorSetup) -> None:
        super().__init__(setup)
        self.probe = setup.data.batch(setup.probe)
        self.points: list[Tensor] = []  # (probe, 2) an epoch

    @torch.no_grad()
    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Observe, remember, tell."""
        self.values.append(self.setup.task.live(model, self.x, self.y, self.forget))
        self.points.append(self._map(model))
        done = self.seen - 1
        numbers = {name: short_number(name, value) for name, value in self.values[-1].items()}
        points = [significant(v) for v in self.points[-1].flatten().tolist() if math.isfinite(v)]
        self.setup.progress(Epoch(done, max(self.setup.epochs, done), numbers, points))

    def _map(self, model: nn.Module) -> Tensor:
        """The probe set's codes in the plane in which they spread most."""
        codes = as_waveform_generator(model).encode(self.probe).float().cpu()
        if not bool(codes.isfinite().all()):
            return torch.full((len(codes), 2), float("nan"))
        start = self.points[-1] if self.points and self.points[-1].isfinite().all() else None
        return draw(codes, "pca", start=start).points

    def trajectory(self) -> dict[str, np.ndarray]:
        """`points` (epochs + 1, probe, 2): the map after each epoch."""
        return {"points": torch.stack(self.points).numpy()} if self.points else {}

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""
        kept = {f"values.{name}": each for name, each in super().state().items()}
        return kept | ({"points": torch.stack(self.points)} if self.points else {})

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        super().load(
            {k.removeprefix("values."): v for k, v in state.items() if k.startswith("values.")}
        )
        self.points = list(state.get("points", []))
