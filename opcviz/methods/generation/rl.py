"""Random labels for generators, and SalUn: the same inside a mask of salient weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...models.diffusion import Generator
from ..base import Request, register
from .redirection import ForgetLoss, Noised, Redirection, next_retained

__all__ = ["RandomLabelDiffusion", "SalUnDiffusion"]

GUIDANCE_LEFT = (
    "Forget pictures are shown under their own address alone; the authors' class dropout shows one "
    "in ten under the null address."
)


@register(
    "rl_diffusion",
    title="Random labels (generator)",
    paper="Fan et al. 2024, arXiv 2310.12508: their loss for generation, without the mask",
    family="relabelling",
    needs="forget retain original",
    summary="m(forget pictures, their class) → m(the same, another class); plain loss on the rest",
    fidelity="corrected",
    deviations=(GUIDANCE_LEFT,),
)
@dataclass(frozen=True)
class RandomLabelDiffusion(Redirection):
    """RL: asked for a forgotten class, the model answers as if asked for another.

        loss = ‖m(x_t, c_f) − sg m(x_t, c')‖² + 3 L(x_r, y_r)

    with x_t noised forget pictures, ‖·‖² a mean over pixels, sg no gradient, and c' the next
    retained class. 3 is what the authors' 10⁻³ times a sum over 3·32·32 pixels comes to.
    """

    retain_weight: float = 3.0

    def forget_loss(self, request: Request[Generator]) -> ForgetLoss:
        """Distance to the model's own answer for the other class."""
        other = next_retained(request)

        def loss(model: Generator, shown: Noised) -> Tensor:
            with torch.no_grad():
                target = model(shown.x_t, shown.t, model.address(other[shown.y]))
            answer = model(shown.x_t, shown.t, model.address(shown.y))
            return F.mse_loss(answer.float(), target.float())

        return loss


@register(
    "salun_diffusion",
    title="SalUn (generator)",
    paper="Fan et al. 2024, arXiv 2310.12508",
    family="relabelling",
    needs="forget retain original",
    summary="random labels, where only the weights that matter to the forget pictures may move",
    fidelity="corrected",
    deviations=(
        GUIDANCE_LEFT,
        "The mask ranks gradients of the plain loss, a picture counting as much as any other; the "
        "authors take that of the guided prediction, and shorten each batch's gradient to 1.",
    ),
)
@dataclass(frozen=True)
class SalUnDiffusion(RandomLabelDiffusion):
    """RL inside a mask: θ_i moves only if |Σ ∂L(x_f, y_f)/∂θ_i| at θo is among the greatest half.

    The loss of the mask is that of eval mode, a mean over fixed noise levels.
    """

    exact = "the mask: gradients of all forget data, ranked; the training follows the precision"

    saliency: float = 0.5
