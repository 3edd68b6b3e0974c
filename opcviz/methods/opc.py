"""OPC: deep forgetting by contracting the forget data to one point."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import setting
from ..models import Classifier, Taps
from ..training import Batch, Objective
from .base import Iterative, Task, cross_entropy_on, register

__all__ = ["OPC"]


@register(
    "opc",
    title="OPC",
    paper="Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="CE on retain data + λ·‖representation‖ on forget data",
)
@dataclass(frozen=True)
class OPC(Iterative):
    """One-point contraction.

        loss = CE(m(x_r), y_r) + λ · mean over x_f of ‖t(x_f)‖

    with t the logits (as published), the features f(x), or every block's output (the mean of their
    norms, each divided by the root of its number of positions so that no block outweighs another by
    size). The paper has no λ (λ = 1); its epochs and rates are not published: ours are
    reconstructed from the field's usual practice.
    """

    epochs: int = 10
    lr: float = 0.02
    batch_size: int = 256
    target: str = setting(
        "logits",
        "which representation is contracted; features and blocks forget deeper",
        choices=("logits", "features", "blocks"),
    )
    norm: str = setting("l2", "length, or squared length", choices=("l2", "squared"))
    weight: float = setting(1.0, "λ, weight of the contraction", low=0, high=1000, log=True)

    tuned = {
        "digits": {"target": "features", "epochs": 20, "lr": 0.05, "batch_size": 128},
    }

    def objective(self, task: Task, model: Classifier) -> Objective:
        """CE on the retain part plus the mean length of the forget part's representation."""

        def loss(model: Classifier, batch: Batch) -> Tensor:
            taps = model.taps(batch.x)
            keep = cross_entropy_on(taps.logits, batch.y, batch.retain)
            return keep + self.weight * self.length(taps, batch.forget)

        return loss

    def length(self, taps: Taps, forget: Tensor) -> Tensor:
        """Mean (squared) ℓ2 length of the targeted representations of the forget part."""
        targets = {
            "logits": [taps.logits],
            "features": [taps.features],
            "blocks": [*taps.blocks.values(), taps.features],
        }[self.target]
        lengths = []
        for target in targets:
            flat = target[forget].flatten(1).float()
            positions = target[0, 0].numel() if target.dim() > 2 else 1
            squared = flat.square().sum(1) / positions
            # the gradient of a root is infinite at 0, the very point we contract to
            lengths.append(squared if self.norm == "squared" else (squared + 1e-12).sqrt())
        return torch.stack([value.mean() for value in lengths]).mean()
