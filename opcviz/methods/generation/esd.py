"""ESD: guidance away from what is forgotten is built into the weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import setting
from ...models.diffusion import Generator
from ..base import Request, register
from .redirection import ForgetLoss, Noised, Redirection

__all__ = ["ESD"]


@register(
    "esd",
    title="ESD",
    paper="Gandikota et al. 2023, arXiv 2303.07345",
    family="relabelling",
    needs="forget retain original",
    summary="m(x, class) → original's answer, guided away from the class; plain loss on the rest",
    fidelity="corrected",
    deviations=(
        "A loss on retain pictures is added; the authors have none.",
        "Noised forget pictures are shown; the authors show what the model itself draws.",
    ),
)
@dataclass(frozen=True)
class ESD(Redirection):
    """Erased Stable Diffusion, all weights moving.

        loss = ‖m(x_t, c_f) − [mo(x_t, ∅) − η (mo(x_t, c_f) − mo(x_t, ∅))]‖² + 3 L(x_r, y_r)

    with mo the original and ∅ the null address.
    """

    retain_weight: float = 3.0
    eta: float = setting(1.0, "η, how far the answer is guided away", low=0, high=20)

    def forget_loss(self, request: Request[Generator]) -> ForgetLoss:
        """Distance to the original's answer, guided away."""
        original = request.copy_of_original().eval()

        def loss(model: Generator, shown: Noised) -> Tensor:
            with torch.no_grad():
                free = original(shown.x_t, shown.t, original.null(len(shown.y)))
                given = original(shown.x_t, shown.t, original.address(shown.y))
            answer = model(shown.x_t, shown.t, model.address(shown.y))
            return F.mse_loss(answer.float(), (free - self.eta * (given - free)).float())

        return loss
