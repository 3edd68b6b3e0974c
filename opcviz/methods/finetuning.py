"""Unlearning by training on: what is not rehearsed fades."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from ..models import Classifier
from ..training import Batch, Objective
from .base import Iterative, Task, register

__all__ = ["FineTune"]


@register(
    "ft",
    title="Fine-tuning",
    paper="Warnecke et al. 2021, arXiv 2108.11577; catastrophic forgetting as a baseline",
    family="fine-tuning",
    needs="retain original",
    summary="CE on retain data, from the original",
)
@dataclass(frozen=True)
class FineTune(Iterative):
    """FT: loss = CE(m(x_r), y_r), on retain data alone, starting from θo."""

    epochs: int = 10
    lr: float = 0.01
    batch_size: int = 256

    parts = "retain"
    tuned = {"digits": {"epochs": 20, "lr": 0.5, "batch_size": 64}}

    def objective(self, task: Task, model: Classifier) -> Objective:
        """Plain cross-entropy."""

        def loss(model: Classifier, batch: Batch) -> Tensor:
            return F.cross_entropy(model(batch.x), batch.y)

        return loss
