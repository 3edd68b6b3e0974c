"""Subtraction: the server takes the leaver's updates back, and nobody trains."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ...common.config import setting
from ...training import Outcome
from ..base import Request, register
from .leaving import NOTHING_SENT, Federated, floats, round_log, whole

__all__ = ["Subtraction"]


@register(
    "fed_subtract",
    title="The server alone",
    paper="Wu, Zhu, Mitra 2022, arXiv 2201.09441: their first step",
    family="clients",
    needs="retain original",
    summary="θo − p · Σ of the leaver's updates, then rounds of the others",
    fidelity="ours",
    deviations=(
        "The authors repair the model by distillation on pictures that the server has; here the "
        "others' rounds do.",
    ),
)
@dataclass(frozen=True)
class Subtraction(Federated):
    """The leaver's updates of all rounds, as much of them as was averaged in, are taken back.

    The others' later updates were made from models that had them, so that what is left fits no
    data; running statistics stay.
    """

    share: float = setting(1.0, "how much of the updates is taken back", low=0, high=10)

    def leave(self, request: Request[nn.Module], model: nn.Module) -> Outcome:
        """Only the server works, and sends nothing but the next round's model."""
        clients = request.split.held
        weight = self.share * len(request.split.forget_train) / len(clients.owner)
        updates = round_log(request).sums[clients.leaver]
        state = floats(model)
        whole(model, {n: state[n] - weight * u.to(state[n].device) for n, u in updates.items()})
        return Outcome(exchanges=(NOTHING_SENT,))
