"""Unlearning by fine-tuning on retain data: catastrophic forgetting of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..common.config import setting
from ..training import Batch, Objective
from .base import Iterative, Request, register

__all__ = ["FineTune", "L1Sparse", "NoisyGradient"]


@register(
    "ft",
    title="Fine-tuning",
    paper="Warnecke et al. 2021, arXiv 2108.11577; catastrophic forgetting as a baseline",
    family="fine-tuning",
    needs="retain original",
    summary="CE on retain data, from the original",
    fidelity="faithful",
)
@dataclass(frozen=True)
class FineTune(Iterative[nn.Module]):
    """FT: loss = CE(m(x_r), y_r), on retain data alone, starting from θo.

    Settings are those of Fan et al. 2024 (arXiv 2310.12508), whose rate stays constant.
    """

    epochs: int = 10
    lr: float = 0.01
    batch_size: int = 256
    schedule: str = "constant"

    parts = "retain"

    def objective(self, request: Request[nn.Module], model: nn.Module) -> Objective[nn.Module]:
        """The task's own loss."""
        return request.task.loss


@register(
    "ngd",
    title="NGD",
    paper="Chourasia, Shah 2023, arXiv 2210.08911: noisy gradient descent",
    family="fine-tuning",
    needs="retain original",
    summary="CE on retain data, with Gaussian noise on each gradient",
    fidelity="corrected",
    deviations=(
        "The noise is one constant that the user sets; the paper derives it from a privacy budget, "
        "for convex losses.",
    ),
)
@dataclass(frozen=True)
class NoisyGradient(FineTune):
    """NGD: fine-tuning whose every gradient is blurred.

        θ ← θ − lr · (∇CE(m(x_r), y_r) + σε),   ε ~ N(0, I), drawn anew each step

    The noise enters before momentum and weight decay, as a part of the gradient. The paper sets σ
    by a privacy budget for convex losses; for deep nets there is no such rule, and 1e-7 to 1e-3 is
    what comparisons use.
    """

    sigma: float = setting(1e-4, "σ, noise on each gradient entry", low=0, high=10, log=True)

    def objective(self, request: Request[nn.Module], model: nn.Module) -> Objective[nn.Module]:
        """The task's loss plus a term of value 0 whose gradient is σε."""

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            pulls = ((torch.randn_like(p) * p).sum() for p in model.parameters())
            pull = sum(pulls, start=torch.zeros(()))
            return request.task.loss(model, batch) + self.sigma * (pull - pull.detach())

        return loss


@register(
    "l1_sparse",
    title="ℓ1-sparse",
    paper="Jia et al. 2023, arXiv 2304.04934",
    family="fine-tuning",
    needs="retain original",
    summary="CE on retain data + α(t)·‖θ‖₁, α(t) falling to 0",
    fidelity="faithful",
)
@dataclass(frozen=True)
class L1Sparse(FineTune):
    """ℓ1-sparse: fine-tuning towards few weights, since sparse models forget more easily.

        loss = CE(m(x_r), y_r) + α_t ‖θ‖₁,   α_t = α (1 − t/E) in epoch t = 0, ..., E − 1

    ‖θ‖₁ runs over all parameters, biases and batch norms included. (Sub)gradient descent makes
    weights small, not zero: nothing is pruned.
    """

    alpha: float = setting(1e-4, "α, weight of ‖θ‖₁ in the first epoch", low=0, high=1, log=True)

    def objective(self, request: Request[nn.Module], model: nn.Module) -> Objective[nn.Module]:
        """The task's loss plus the fading ℓ1 length of all weights."""

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            alpha = self.alpha * (1 - int(batch.epochs_done) / self.epochs)
            length = sum(p.abs().sum() for p in model.parameters())
            return request.task.loss(model, batch) + alpha * length

        return loss
