"""SCRUB: a student moves away from its teacher on forget data and stays close on retain data."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register
from .teachers import divergence, frozen_teacher

__all__ = ["SCRUB"]


@register(
    "scrub",
    title="SCRUB",
    paper="Kurmanji et al. 2023, arXiv 2302.09880",
    family="distillation",
    needs="forget retain original",
    summary="max KL(θo‖θ) on forget data, min α·KL + γ·CE on retain data",
)
@dataclass(frozen=True)
class SCRUB(Iterative[Classifier]):
    """SCRUB: away from the original on forget data, along with it on retain data.

        max steps: loss = −T² · KL(m_o(x_f)/T ‖ m(x_f)/T)
        min steps: loss = α · T² · KL(m_o(x_r)/T ‖ m(x_r)/T) + γ · CE(m(x_r), y_r)

    The first `msteps` epochs begin with max steps over D_f, every epoch has min steps over D_r,
    hence separate passes. The paper lowers the rate tenfold after epochs 5, 8 and 9 of 10;
    `step` lowers it after 1/2 and 3/4 of all steps, the nearest schedule there is.
    """

    epochs: int = 10
    lr: float = 5e-4
    batch_size: int = 128
    optimizer: str = "adam"
    schedule: str = "step"
    msteps: int = setting(3, "epochs that begin with max steps", low=0, high=2000)
    alpha: float = setting(0.5, "α, weight of the divergence on retain data", low=0, high=100)
    gamma: float = setting(1.0, "γ, weight of the cross-entropy on retain data", low=0, high=100)
    temperature: float = setting(2.0, "T, softening of both models", low=0.1, high=100)

    parts = "sequence"
    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """One loss for a forget batch, another for a retain batch."""
        teacher = frozen_teacher(request.copy_of_original())

        def loss(model: Classifier, batch: Batch) -> Tensor:
            logits = model(batch.x)
            with torch.no_grad():
                target = teacher(batch.x)
            apart = self.temperature**2 * divergence(logits, target, self.temperature)
            if bool(batch.forget.any()):
                return -apart
            return self.alpha * apart + self.gamma * F.cross_entropy(logits, batch.y)

        return loss

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """Copy the original and train, with forget batches in the first epochs only."""
        self.check(request)
        model = request.copy_of_original()
        objective = self.objective(request, model)
        return model, request.train(model, self.parts, self, objective, forget_epochs=self.msteps)
