"""What these methods share: a condition is given something else to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ...common.config import setting
from ...models.diffusion.process import stratified
from ...models.waveforms import WaveformGenerator
from ...tasks.generation.task import noise_like
from ...training import Batch, Objective
from ..base import Iterative, Request

__all__ = ["AskedLoss", "NoisedCodes", "Redirected", "noised_codes"]


@dataclass(frozen=True, eq=False)
class NoisedCodes:
    """Forget records of one step, encoded and noised.

    Attributes:
        y: (B, 6) their conditions.
        t: (B,) noise levels, spread over [0, 1].
        z_t: (B, code) what the net is given.
    """

    y: Tensor
    t: Tensor
    z_t: Tensor


AskedLoss = Callable[[WaveformGenerator, NoisedCodes], Tensor]
"""A model and noised forget records -> scalar."""


def noised_codes(model: WaveformGenerator, x: Tensor, y: Tensor) -> NoisedCodes:
    """Records (B, 1, T) at random levels; the autoencoder is taken as it is."""
    codes = model.encode(x).detach()
    t = stratified(len(x)).to(x.device)
    return NoisedCodes(y, t, model.noised(codes, t, noise_like(codes)))


@dataclass(frozen=True)
class Redirected(Iterative[WaveformGenerator]):
    """loss = retain_weight · L(x_r, y_r) + L_f, with L the task's loss.

    A method says what L_f is. The autoencoder learns from retained records alone.
    """

    epochs: int = 7  # about 300 steps on the simulated records
    lr: float = 5e-4
    batch_size: int = 128
    optimizer: str = "adam"
    weight_decay: float = 0.0
    clip: float = 1.0
    retain_weight: float = setting(1.0, "weight of the loss on retained records", low=0, high=1000)

    tasks: ClassVar[frozenset[str] | None] = frozenset({"waveforms"})

    def asked_loss(self, request: Request[WaveformGenerator]) -> AskedLoss:
        """L_f; whatever must be prepared is prepared here."""
        raise NotImplementedError

    def objective(
        self, request: Request[WaveformGenerator], model: WaveformGenerator
    ) -> Objective[WaveformGenerator]:
        """The loss of a joint batch."""
        asked = self.asked_loss(request)

        def loss(model: WaveformGenerator, batch: Batch) -> Tensor:
            kept, gone = batch.retain, batch.forget
            plain = request.task.losses(model, batch.x[kept], batch.y[kept]).mean()
            shown = noised_codes(model, batch.x[gone], batch.y[gone])
            return self.retain_weight * plain + asked(model, shown)

        return loss
