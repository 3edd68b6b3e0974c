"""Selective Amnesia: the class is retrained to mean noise, and the weights that matter are held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ...common.config import setting
from ...models.diffusion import Generator
from ..base import Request, register
from ..fisher_information import fisher_diagonal
from ..gradients import GradientCounter
from .redirection import ForgetLoss, Noised, Redirection, noised

__all__ = ["SelectiveAmnesia"]


@register(
    "selective_amnesia",
    title="Selective Amnesia",
    paper="Heng, Soh 2023, arXiv 2305.10120",
    family="memorising",
    needs="forget retain original",
    summary="the class is trained on uniform noise + plain loss on the rest + Fisher-weighted pull",
    fidelity="corrected",
    deviations=(
        "Retain pictures are replayed; the authors replay what the original draws.",
        "The Fisher information is taken on retain pictures at 8 noise levels of one mean loss; "
        "theirs on drawn ones, with the losses of all 1,000 levels summed.",
    ),
)
@dataclass(frozen=True)
class SelectiveAmnesia(Redirection):
    """Generative replay with elastic weights, and noise as what the class shall mean.

        loss = L(x', c_f) + L(x_r, y_r) + λ Σ_i F_i (θ_i − θo_i)²,   x' uniform on [-1, 1]

    F is the empirical Fisher information: the mean of squared gradients, one a picture.
    """

    exact: ClassVar[str] = "the Fisher information; the training follows the precision"

    hold: float = setting(10.0, "λ, how strongly weights are held", low=0, high=1e8)
    samples: int = setting(480, "retain pictures for the Fisher information", low=1, high=100_000)

    def forget_loss(self, request: Request[Generator]) -> ForgetLoss:
        """The plain loss of noise under the forgotten address."""

        def loss(model: Generator, shown: Noised) -> Tensor:
            x = 2 * torch.rand(shown.x.shape).to(shown.x.device) - 1
            new = noised(model, x, shown.y)
            return model.losses(new.x, model.address(new.y), new.t, new.noise).mean()

        return loss

    def penalty(self, request: Request[Generator]) -> Callable[[Generator], Tensor]:
        """λ Σ F (θ − θo)²."""
        original = request.copy_of_original().eval()
        start = {name: value.detach() for name, value in original.named_parameters()}
        generator = torch.Generator().manual_seed(request.seed)
        ids = request.split.retain_train
        ids = ids[torch.randperm(len(ids), generator=generator)[: self.samples].to(ids.device)]
        counter = GradientCounter(request.progress, len(ids))
        fisher = fisher_diagonal(request.task, original, request.data, ids, counter)

        def pull(model: Generator) -> Tensor:
            terms = [
                (fisher[name] * (value - start[name]).square()).sum()
                for name, value in model.named_parameters()
            ]
            return self.hold * torch.stack(terms).sum()

        return pull
