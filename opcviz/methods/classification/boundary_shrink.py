"""Boundary shrink: forget data is relabelled with the nearest class across the boundary."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register

__all__ = ["BoundaryShrink", "nearest_wrong_labels"]


@register(
    "bs",
    title="Boundary shrink",
    paper="Chen et al. 2023, arXiv 2303.11570",
    family="relabelling",
    needs="forget original",
    summary="CE(forget data, nearest wrong label across the boundary)",
    fidelity="corrected",
    deviations=(
        "Where the FGSM step does not cross the boundary, the best wrong class stands in for the "
        "true one, which the authors' code would keep as the label.",
        "Labels are found once, on pictures without augmentation; the authors find them at each "
        "step.",
    ),
)
@dataclass(frozen=True)
class BoundaryShrink(Iterative[Classifier]):
    """BS: forget samples get the label of their nearest neighbour across the boundary.

        loss = CE(m(x_f), ỹ),   ỹ = argmax over c ≠ y of m_o(x')_c,
        x' = clip(x_f + ε · sign ∇ₓ CE(m_o(x_f), y))

    One FGSM step on the original model, in pixel space [0, 1]. No weight decay, as published: on
    forget data alone it would only wear the model down.
    """

    epochs: int = 10
    lr: float = 1e-5
    batch_size: int = 64
    weight_decay: float = 0.0
    schedule: str = "constant"
    bound: float = setting(0.1, "ε, length of the FGSM step in pixel units", low=0, high=1)

    parts = "forget"
    tasks = frozenset({"classification"})
    exact = "the neighbours' labels: signs of gradients; the training follows the precision"

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Cross-entropy against a fixed table of neighbours' labels."""
        labels = request.data.y_train.clone()
        labels[request.split.forget_train] = nearest_wrong_labels(request, self.bound)

        def loss(model: Classifier, batch: Batch) -> Tensor:
            return F.cross_entropy(model(batch.x), labels[batch.index])

        return loss

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """As inherited; the gradients of the FGSM step count too."""
        model, outcome = super().unlearn(request)
        spent = outcome.gradients + len(request.split.forget_train)
        return model, replace(outcome, gradients=spent)


def nearest_wrong_labels(request: Request[Classifier], bound: float, batch: int = 512) -> Tensor:
    """The most likely wrong class (|D_f|,) one FGSM step of length `bound` away, by the original.

    Raises:
        Cancelled: when asked to stop.
    """
    model = request.copy_of_original().eval().requires_grad_(False)
    found = []
    for ids in request.split.forget_train.split(batch):
        request.progress.check()
        x = request.data.batch(ids).requires_grad_(True)
        y = request.data.y_train[ids]
        loss = F.cross_entropy(model(x), y, reduction="sum")
        (slope,) = torch.autograd.grad(loss, x)
        with torch.no_grad():
            logits = model((x + bound * slope.sign()).clamp(0, 1))
        found.append(logits.scatter(1, y[:, None], -torch.inf).argmax(1))
    return torch.cat(found)
