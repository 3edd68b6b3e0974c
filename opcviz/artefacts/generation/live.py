"""What is seen of a generator while it trains: losses, a map of its middle, and what it draws."""

from __future__ import annotations

import base64
import math
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from ...common.json_types import Json
from ...common.progress import Epoch
from ...data import Data
from ...maps import draw
from ...measures.generation import Jury, train_judge
from ...models.diffusion import Generator, as_bytes, pictures, sample
from ...tasks.generation.observe import SEEN_AT, fixed_noise
from ...tasks.generation.task import as_generator
from ..monitor import LossMonitor, MonitorSetup, register_monitor, short_number, significant
from .settings import Drawing

__all__ = ["ASKED", "LOOKS", "SHOWN", "DrawingMonitor"]

LOOKS = 20  # at what is drawn, at most about so many a training: each takes a tenth of a second
ASKED, SHOWN = 100, 16  # pictures of a look, and those of them that are shown
JUDGE_EPOCHS = 8  # somebody waits for the first look; the evidence has a judge that learnt longer
STEPS = 10  # of the sampler: enough to see what it is, in half the time
JUDGED, GENUINE = "asked_judged", "asked_genuine"

_juries: WeakKeyDictionary[Data, Jury] = WeakKeyDictionary()


@register_monitor("generation")
class DrawingMonitor(LossMonitor):
    """Looks at a generator after every epoch, and now and then asks it for the forgotten classes.

    The jury is trained once for all models of a process. Random
    numbers are drawn from nobody's generator: a model that is watched is trained as one that is
    not. Where single pictures are forgotten nobody can ask for them, and nothing is drawn.
    """

    def __init__(self, setup: MonitorSetup) -> None:
        super().__init__(setup)
        data, split = setup.data, setup.split
        self.every = max(1, math.ceil(setup.epochs / LOOKS))
        self.forgotten = data.y_train[split.forget_train].unique()
        if split.forgets != "classes":
            self.forgotten = self.forgotten[:0]
        self.probe = pictures(data, setup.probe)
        self.points: list[Tensor] = []  # (probe, 2) an epoch
        self.drawn_at: list[int] = []  # epochs of the looks
        self.drawn: list[Tensor] = []  # (SHOWN, C, H, W) uint8 a look

    @torch.no_grad()
    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Observe, remember, tell."""
        net, done = as_generator(model), self.seen
        values = self.setup.task.live(model, self.x, self.y, self.forget)
        values |= dict.fromkeys((JUDGED, GENUINE), float("nan"))
        looked = bool(len(self.forgotten)) and (done % self.every == 0 or done >= self.setup.epochs)
        if looked:
            values |= self._look(net, done)
        self.values.append(values)
        self.points.append(self._map(net))
        self.setup.progress(
            Epoch(
                done,
                max(self.setup.epochs, done),
                {name: short_number(name, value) for name, value in values.items()},
                [significant(v) for v in self.points[-1].flatten().tolist() if math.isfinite(v)],
                pictures=self._told() if looked else {},
            )
        )

    def _look(self, model: Generator, epoch: int) -> dict[str, float]:
        """Ask for the forgotten classes in turn, under the model's own addresses."""
        wanted = self.forgotten[
            torch.arange(ASKED, device=self.forgotten.device) % len(self.forgotten)
        ]
        noise = fixed_noise(ASKED, model.shape).to(wanted.device)
        drawn = sample(model, model.address(wanted), noise, steps=STEPS)
        self.drawn_at.append(epoch)
        self.drawn.append(as_bytes(drawn[:SHOWN]).cpu())
        if not bool(drawn.isfinite().all()):
            return {}
        told = _jury(self.setup.data).look(drawn)
        judged = told.labels == wanted
        genuine = judged & told.genuine
        return {
            JUDGED: 100 * judged.double().mean().item(),
            GENUINE: 100 * genuine.double().mean().item(),
        }

    def _map(self, model: Generator) -> Tensor:
        """The probe set in the model's middle, lightly noised and without a condition."""
        x = self.probe
        t = torch.full((len(x),), SEEN_AT, device=x.device)
        noise = fixed_noise(1, model.shape).to(x.device).expand_as(x)
        features = model.middle(model.noised(x, t, noise), t, model.null(len(x))).float().cpu()
        if not bool(features.isfinite().all()):
            return torch.full((len(x), 2), float("nan"))
        start = self.points[-1] if self.points and self.points[-1].isfinite().all() else None
        return draw(features, "pca", start=start).points

    def _told(self) -> Json:
        """The pictures of the last look as their event has them."""
        pixels = self.drawn[-1]
        return {
            "shape": list(pixels.shape),
            "pixels": base64.b64encode(pixels.numpy().tobytes()).decode("ascii"),
        }

    def trajectory(self) -> dict[str, np.ndarray]:
        """What a replay shows.

        `points` (epochs + 1, probe, 2) is the map of the probe set in the middle of the net;
        `drawn` (looks, pictures, C, H, W) uint8 what came when it was asked for the forgotten
        classes, after the epochs `drawn_at` (looks,).
        """
        kept = {"points": torch.stack(self.points)}
        if self.drawn:
            kept |= {"drawn_at": torch.tensor(self.drawn_at), "drawn": torch.stack(self.drawn)}
        return {name: values.numpy() for name, values in kept.items()}

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, as tensors."""
        kept = {f"values.{name}": each for name, each in super().state().items()}
        if self.points:
            kept["points"] = torch.stack(self.points)
        if self.drawn:
            kept |= {"drawn_at": torch.tensor(self.drawn_at), "drawn": torch.stack(self.drawn)}
        return kept

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
        ours = {k.removeprefix("values."): v for k, v in state.items() if k.startswith("values.")}
        super().load(ours)
        self.points = list(state.get("points", []))
        self.drawn = list(state.get("drawn", []))
        self.drawn_at = state["drawn_at"].tolist() if self.drawn else []


def _jury(data: Data) -> Jury:
    """The jury about a data set, trained when it is first asked."""
    if data not in _juries:
        judge = train_judge(data, epochs=JUDGE_EPOCHS, seed=Drawing().judge_seed)
        _juries[data] = Jury.of(judge, data)
    return _juries[data]
