"""DELETE: distillation from the original model with the true class of forget data masked out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...models import Classifier
from ...training import Batch, Objective
from ..base import Iterative, Request, register
from .teachers import divergence, frozen_teacher

__all__ = ["Delete"]


@register(
    "delete",
    title="DELETE",
    paper="Zhou et al. 2025, arXiv 2503.23751",
    family="distillation",
    needs="forget original",
    summary="KL to the original with the true class struck out, on forget data",
)
@dataclass(frozen=True)
class Delete(Iterative[Classifier]):
    """DELETE: forget samples keep what the original thought of them, but for their own class.

        loss = KL(softmax(m_o(x_f) with logit y at −∞) ‖ softmax(m(x_f)))

    D_f alone is used: the dark knowledge in the other logits is what holds the rest. Only a
    sample's own class is struck out, also where several classes are forgotten. The paper is about
    classes, and rightly: on digits, forgetting a random 10 % of the samples this way costs more
    than half of the test accuracy. No weight decay, as published.
    """

    epochs: int = 20
    lr: float = 1e-3
    batch_size: int = 256
    weight_decay: float = 0.0

    parts = "forget"
    scenarios = frozenset({"classes"})
    limits = "it drives pictures from their own class, which a retrained model would still name"
    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Divergence from the original's answer without the true class."""
        teacher = frozen_teacher(request.copy_of_original())

        def loss(model: Classifier, batch: Batch) -> Tensor:
            with torch.no_grad():
                target = teacher(batch.x).scatter(1, batch.y.unsqueeze(1), -torch.inf)
            return divergence(model(batch.x), target)

        return loss
