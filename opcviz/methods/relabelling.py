"""Unlearning by teaching wrong answers on the forget data."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..models import Classifier
from ..training import Batch, Objective
from .base import Iterative, Task, register

__all__ = ["RandomLabel"]


@register(
    "rl",
    title="Random labels",
    paper="Golatkar, Achille, Soatto 2020, arXiv 1911.04933",
    family="relabelling",
    needs="forget retain original",
    summary="CE(forget data, random label) + CE(retain data)",
)
@dataclass(frozen=True)
class RandomLabel(Iterative):
    """RL: forget samples get random labels, retain samples keep theirs.

        loss = CE(m(x_f), ỹ) + CE(m(x_r), y_r),   ỹ uniform over all C classes

    Labels are drawn once, over all classes (the true one included), as SalUn's protocol has it.
    """

    epochs: int = 10
    lr: float = 0.013
    batch_size: int = 256

    tuned = {"digits": {"lr": 0.02, "batch_size": 128}}

    def objective(self, task: Task, model: Classifier) -> Objective:
        """Cross-entropy against a fixed table of labels, random on forget data."""
        generator = torch.Generator().manual_seed(task.seed)
        labels = task.images.y_train.clone()
        drawn = torch.randint(
            task.images.classes, (len(task.split.forget_train),), generator=generator
        )
        labels[task.split.forget_train] = drawn.to(labels.device)

        def loss(model: Classifier, batch: Batch) -> Tensor:
            each = F.cross_entropy(model(batch.x), labels[batch.index], reduction="none")
            return each[batch.retain].mean() + each[batch.forget].mean()

        return loss
