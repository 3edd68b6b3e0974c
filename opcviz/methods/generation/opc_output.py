"""OPC for generators: the prediction is contracted to that of who knows nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from ...common.config import setting
from ...models.diffusion import Generator
from ..base import Request, register
from .redirection import ForgetLoss, Noised, Redirection

__all__ = ["OPCOutput", "from_ignorance"]


@register(
    "opc_output",
    title="OPC on the output (generator)",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="plain loss on retain pictures + λ·‖prediction‖ on forget pictures",
)
@dataclass(frozen=True)
class OPCOutput(Redirection):
    """One-point contraction of the prediction.

        loss = L(x_r, y_r) + λ mean ‖m(x_t, c_f) − m∅(x_t)‖₂ / √pixels

    m∅ is the prediction of who knows of the pictures no more than N(0, I): for v-prediction it is
    0, so that "all I know of this class is noise" is one point. The plain norm, not its square:
    its pull does not fade as the point is neared.
    """

    weight: float = setting(1.0, "λ, weight of the contraction", low=0, high=1000, log=True)

    def forget_loss(self, request: Request[Generator]) -> ForgetLoss:
        """Distance of the predictions to the point."""

        def loss(model: Generator, shown: Noised) -> Tensor:
            answer = model(shown.x_t, shown.t, model.address(shown.y)).float()
            return self.weight * from_ignorance(model, answer, shown).mean()

        return loss


def from_ignorance(model: Generator, answer: Tensor, shown: Noised) -> Tensor:
    """How far each prediction is from that of who knows nothing, (B,): the norm over √pixels."""
    gap = answer - model.process.ignorant(shown.x_t, shown.t)
    lengths: Tensor = gap.flatten(1).norm(dim=1) / math.sqrt(math.prod(model.shape))
    return lengths
