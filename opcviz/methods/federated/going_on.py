"""Nothing is unlearned: the others train on without the one who left."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ...training import Outcome
from ..base import Request, register
from .leaving import NOTHING_SENT, Federated

__all__ = ["GoingOn", "ResetHead"]


@register(
    "fed_go_on",
    title="Going on without it",
    paper="what happens when nothing is done: the baseline of federated unlearning",
    family="clients",
    needs="retain original",
    summary="rounds of the others, from the original",
)
@dataclass(frozen=True)
class GoingOn(Federated):
    """Rounds of federated averaging of the clients who stay."""


@register(
    "fed_reset",
    title="Last layer anew",
    paper="ours: the least that could be tried",
    family="clients",
    needs="retain original",
    summary="the last layer as in a new model, then rounds of the others",
)
@dataclass(frozen=True)
class ResetHead(Federated):
    """The server gives the last layer new weights; the others train on from there."""

    def leave(self, request: Request[nn.Module], model: nn.Module) -> Outcome:
        """Only the server works, and sends nothing but the next round's model."""
        head = request.task.final_layer(model)
        fresh = request.task.final_layer(request.fresh())
        if head is not None and fresh is not None:
            head.load_state_dict(fresh.state_dict())
        return Outcome(exchanges=(NOTHING_SENT,))
