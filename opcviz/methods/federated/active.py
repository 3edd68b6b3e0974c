"""Active forgetting: the leaver learns new memories from a random teacher; EWC holds the rest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...common.config import setting
from ...training import Batch, Outcome, Training
from ..base import Request, register
from .leaving import Federated, anchored, held_gradients, joined, local, sent, tell

__all__ = ["ActiveForgetting"]


@register(
    "fed_active",
    title="Active forgetting",
    paper="Li et al. 2023, arXiv 2307.03363 (FedAF)",
    family="clients",
    needs="forget retain original",
    summary="KL to a random teacher on the leaver's data + λ/2 · Σ F (θ − θo)², then the others",
    fidelity="ours",
    deviations=(
        "The teacher is one new model; the authors draw several and repair their answers.",
        "The Fisher information of elastic weight consolidation is that of the other clients' "
        "data, which each of them computes once and sends, as a mean of squared gradients.",
        "Rounds of the others follow, as with every method here.",
    ),
)
@dataclass(frozen=True)
class ActiveForgetting(Federated):
    """FedAF: old memories are overwritten by new ones, those of a network that knows nothing.

        loss = KL(softmax m_random(x) ‖ softmax m(x)) + λ/2 · Σ_i F_i (θ_i − θo_i)²

    on the leaver's data x; F is the diagonal Fisher information of θo on the others' data.
    """

    local_epochs: int = setting(10, "passes of the leaver over its data", low=1, high=1000)
    local_lr: float = setting(0.02, "the leaver's rate", low=1e-8, high=10, log=True)
    hold: float = setting(3000.0, "λ, weight of what the others need", low=0, high=1e6, log=True)

    def leave(self, request: Request[nn.Module], model: nn.Module) -> Outcome:
        """The others send their Fisher information; then the leaver learns from the teacher."""
        held, cost = anchored(request, model, self.hold)
        teacher = request.fresh().to(request.data.device).eval()

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            with torch.no_grad():
                wanted = F.softmax(teacher(batch.x).float(), 1)
            said = F.log_softmax(model(batch.x).float(), 1)
            return F.kl_div(said, wanted, reduction="batchmean") + held(model)

        spec = Training(
            epochs=self.local_epochs,
            lr=self.local_lr,
            batch_size=self.batch_size,
            schedule="constant",
            weight_decay=0.0,
            augment=request.training.augment,
        )
        mine = local(request, request.split.forget_train, request.split.retain_train[:0])
        made = mine.train(model, "forget", spec, loss)
        exchange = joined(cost, sent(model, leaver=True))
        return tell(made, exchange, gradients=held_gradients(request))
