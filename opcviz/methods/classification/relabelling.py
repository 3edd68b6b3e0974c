"""Unlearning by relabelling: training on forget data with wrong labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...models import Classifier
from ...training import Batch, Objective
from ..base import Iterative, Request, register

__all__ = ["Amnesiac", "RandomLabel"]


@register(
    "rl",
    title="Random labels",
    paper="Golatkar, Achille, Soatto 2020, arXiv 1911.04933",
    family="relabelling",
    needs="forget retain original",
    summary="CE(forget data, random label) + CE(retain data)",
)
@dataclass(frozen=True)
class RandomLabel(Iterative[Classifier]):
    """RL: forget samples get random labels, retain samples keep theirs.

        loss = CE(m(x_f), ỹ) + CE(m(x_r), y_r),   ỹ uniform over all C classes

    Labels are drawn once, over all classes (the true one included), as SalUn's protocol has it.
    """

    epochs: int = 10
    lr: float = 0.013
    batch_size: int = 256

    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Cross-entropy against a fixed table of labels, random on forget data."""
        generator = torch.Generator().manual_seed(request.seed)
        labels = request.data.y_train.clone()
        drawn = torch.randint(
            request.data.classes, (len(request.split.forget_train),), generator=generator
        )
        labels[request.split.forget_train] = drawn.to(labels.device)

        def loss(model: Classifier, batch: Batch) -> Tensor:
            each = F.cross_entropy(model(batch.x), labels[batch.index], reduction="none")
            parts = [part for part in (batch.retain, batch.forget) if bool(part.any())]
            return torch.stack([each[part].mean() for part in parts]).sum()

        return loss


@register(
    "amnesiac",
    title="Amnesiac",
    paper="Graves, Nagisetty, Ganesh 2021, arXiv 2010.10981",
    family="relabelling",
    needs="forget retain original",
    summary="CE(forget data, random wrong label) + CE(retain data), shuffled together",
)
@dataclass(frozen=True)
class Amnesiac(Iterative[Classifier]):
    """Amnesiac: all data is trained on, forget samples with a wrong label.

        loss = mean over the batch of CE(m(x), ỹ),   ỹ = y on D_r, uniform over c ≠ y on D_f

    This is the relabelling of Graves et al., the variant that comparisons call Amnesiac; their
    other one undoes stored updates and needs a log of the original's training. Wrong labels are
    drawn once and may be those of another forgotten class. Unlike random labels (RL), the true one
    is left out and the two parts weigh as much as they have pictures.
    """

    epochs: int = 3
    lr: float = 1e-4
    batch_size: int = 256
    optimizer: str = "adam"
    weight_decay: float = 0.0

    parts = "all"
    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Cross-entropy against a fixed table of labels, wrong on forget data."""
        generator = torch.Generator().manual_seed(request.seed)
        labels, forget = request.data.y_train.clone(), request.split.forget_train
        shift = torch.randint(1, request.data.classes, (len(forget),), generator=generator)
        labels[forget] = (labels[forget] + shift.to(labels.device)) % request.data.classes

        def loss(model: Classifier, batch: Batch) -> Tensor:
            return F.cross_entropy(model(batch.x), labels[batch.index])

        return loss
