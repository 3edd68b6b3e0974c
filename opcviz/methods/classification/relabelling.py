"""Unlearning by relabelling: training on forget data with wrong labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective
from ..base import Iterative, Request, register

__all__ = ["Amnesiac", "RandomLabel"]


@register(
    "rl",
    title="Random labels",
    paper="Golatkar, Achille, Soatto 2020, arXiv 1911.04933; as in Fan et al. 2024, 2310.12508",
    family="relabelling",
    needs="forget retain original",
    summary="CE(forget data, random label), then CE(retain data), each epoch",
    fidelity="faithful",
)
@dataclass(frozen=True)
class RandomLabel(Iterative[Classifier]):
    """RL: forget samples get random labels, retain samples keep theirs.

        loss = CE(m(x_f), ỹ) or CE(m(x_r), y_r),   ỹ uniform over all C classes

    As in SalUn's code for CIFAR-10: each epoch has all forget batches, then all retain batches, and
    labels are drawn afresh at each step, over all classes (the true one included). With `parts =
    "joint"` both meet in one batch, as for contraction, and their losses are added: the forget data
    is then cycled at the retain data's pace and pulls much harder. With `labels = "fixed"` each
    sample keeps the label that is drawn for it first.
    """

    epochs: int = 10
    lr: float = 0.013
    batch_size: int = 256
    schedule: str = "constant"
    labels: str = setting(
        "fresh",
        "whether random labels are drawn at each step, as the authors do, or once",
        choices=("fresh", "fixed"),
    )
    parts: str = setting(  # type: ignore[misc]  # a setting here, elsewhere the class's own
        "sequence",
        "an epoch: all forget batches, then all retain ones (sequence), or both in one batch",
        choices=("sequence", "joint"),
    )

    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Cross-entropy of either part of a batch, against random labels on forget data."""
        generator = torch.Generator().manual_seed(request.seed)
        labels = request.data.y_train.clone()
        classes, forget = request.data.classes, request.split.forget_train
        drawn = torch.randint(classes, (len(forget),), generator=generator)
        labels[forget] = drawn.to(labels.device)

        def loss(model: Classifier, batch: Batch) -> Tensor:
            wanted = labels[batch.index]
            if self.labels == "fresh":
                # on the CPU: the loop seeds its generator each epoch, whatever the device
                fresh = torch.randint(classes, (int(batch.forget.sum()),))
                wanted[batch.forget] = fresh.to(wanted.device)
            each = F.cross_entropy(model(batch.x), wanted, reduction="none")
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
    fidelity="faithful",
    deviations=(
        "This is the paper's relabelling; its other method undoes stored updates and needs a log "
        "of the original's training.",
    ),
)
@dataclass(frozen=True)
class Amnesiac(Iterative[Classifier]):
    """Amnesiac: all data is trained on, forget samples with a wrong label.

        loss = mean over the batch of CE(m(x), ỹ),   ỹ = y on D_r, uniform over c ≠ y on D_f

    This is the relabelling of Graves et al., the variant that comparisons call Amnesiac. Wrong
    labels are drawn once and may be those of another forgotten class. Unlike random labels (RL),
    the true one is left out and the two parts weigh as much as they have pictures.
    """

    epochs: int = 3
    lr: float = 1e-4
    batch_size: int = 256
    optimizer: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "constant"

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
