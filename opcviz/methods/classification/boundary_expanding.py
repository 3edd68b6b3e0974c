"""Boundary expanding: forget data is assigned to an extra class, which is then removed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...models import Classifier
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register

__all__ = ["BoundaryExpanding"]


@register(
    "be",
    title="Boundary expanding",
    paper="Chen et al. 2023, arXiv 2303.11570",
    family="relabelling",
    needs="forget original",
    summary="CE(forget data, a shadow class), which is then dropped",
    fidelity="faithful",
    deviations=(
        "Random samples can be forgotten too, as in later comparisons; the paper forgets classes.",
    ),
)
@dataclass(frozen=True)
class BoundaryExpanding(Iterative[Classifier]):
    """BE: forget samples move into a shadow class C + 1, which is dropped afterwards.

        loss = CE([m(x_f), s·f(x_f) + s₀], C + 1)

    The shadow neuron (s, s₀) starts as any new linear layer does and lives beside the head, so the
    model answers with C classes at every moment. Afterwards it is pruned, as in the paper; the
    version that SalUn's comparison runs, at a rate of 1e-6, keeps it. No weight decay, as
    published.
    """

    epochs: int = 10
    lr: float = 1e-5
    batch_size: int = 64
    weight_decay: float = 0.0
    schedule: str = "constant"

    parts = "forget"
    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Cross-entropy over C + 1 classes, the last one being the right one; adds the neuron."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(request.seed)
            shadow = nn.Linear(model.head.in_features, 1, bias=model.head.bias is not None)
        model.shadow = shadow.to(model.head.weight.device)

        def loss(model: Classifier, batch: Batch) -> Tensor:
            features, logits = model.features(batch.x)
            wide = torch.cat([logits, model.get_submodule("shadow")(features)], dim=1)
            return F.cross_entropy(wide, torch.full_like(batch.y, model.classes))

        return loss

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """As inherited; then the shadow neuron goes."""
        model, outcome = super().unlearn(request)
        del model.shadow
        return model, outcome
