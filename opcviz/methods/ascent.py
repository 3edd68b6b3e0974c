"""Unlearning by climbing the loss of the forget data."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from ..common.config import setting
from ..models import Classifier
from ..training import Batch, Objective
from .base import Iterative, Task, cross_entropy_on, register

__all__ = ["GradientAscent", "NegGradPlus"]


@register(
    "ga",
    title="Gradient ascent",
    paper="Thudi et al. 2022, arXiv 2109.13398",
    family="ascent",
    needs="forget original",
    summary="−CE on forget data",
)
@dataclass(frozen=True)
class GradientAscent(Iterative):
    """GA: loss = −CE(m(x_f), y_f), on forget data alone; nothing holds the rest of the model."""

    epochs: int = 5
    lr: float = 1e-4
    batch_size: int = 256

    parts = "forget"
    tuned = {"digits": {"lr": 5e-4, "epochs": 10, "batch_size": 64}}

    def objective(self, task: Task, model: Classifier) -> Objective:
        """Negative cross-entropy."""

        def loss(model: Classifier, batch: Batch) -> Tensor:
            return -F.cross_entropy(model(batch.x), batch.y)

        return loss


@register(
    "neggrad_plus",
    title="NegGrad+",
    paper="Kurmanji et al. 2023, arXiv 2302.09880",
    family="ascent",
    needs="forget retain original",
    summary="α·CE on retain data − (1 − α)·CE on forget data",
)
@dataclass(frozen=True)
class NegGradPlus(Iterative):
    """NegGrad+: loss = α·CE(m(x_r), y_r) − (1 − α)·CE(m(x_f), y_f)."""

    epochs: int = 5
    lr: float = 0.01
    batch_size: int = 256
    alpha: float = setting(0.95, "α, weight of the retain data", low=0, high=1)

    tuned = {"digits": {"epochs": 20, "lr": 0.1, "batch_size": 128}}

    def objective(self, task: Task, model: Classifier) -> Objective:
        """Descent on retain data and weaker ascent on forget data."""

        def loss(model: Classifier, batch: Batch) -> Tensor:
            logits = model(batch.x)
            keep = cross_entropy_on(logits, batch.y, batch.retain)
            return self.alpha * keep - (1 - self.alpha) * cross_entropy_on(
                logits, batch.y, batch.forget
            )

        return loss
