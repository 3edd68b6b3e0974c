"""SSD: dampen the weights that matter more to the forget data than to the rest."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..common.config import setting
from ..training import Outcome
from .base import Method, Request, register
from .fisher_information import fisher_diagonal
from .gradients import GradientCounter

__all__ = ["SSD"]


@register(
    "ssd",
    title="SSD",
    paper="Foster, Schoepf, Brintrup 2024, arXiv 2308.07707",
    family="second order",
    needs="forget retain original",
    summary="where F_f > α·F_D: θ × min(λ·F_D/F_f, 1); no training",
)
@dataclass(frozen=True)
class SSD(Method[nn.Module]):
    """Selective synaptic dampening.

        θ_i ← min(λ · F_D,i / F_f,i, 1) · θ_i   where F_f,i > α · F_D,i

    F_f and F_D are diagonals of the empirical Fisher information (mean squared gradients of single
    samples) over the forget data and over all training data, the forget data included. The
    authors' code squares gradients of batches; single samples are what the formula says. All
    weights take part, batch norm's too; its statistics stay. As D holds D_f, F_f can exceed F_D at
    most |D|/|D_f| times: the paper's α = 10 dampens nothing where a tenth of the data or more is
    forgotten.
    """

    alpha: float = setting(
        10.0, "α, how much more a weight must matter to D_f", low=0.01, high=1e4, log=True
    )
    dampening: float = setting(
        1.0, "λ, how little is left of such a weight (less: less)", low=1e-4, high=100, log=True
    )

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Two passes of gradients, one multiplication."""
        self.check(request)
        model = request.copy_of_original()
        began = time.perf_counter()
        task, data, forget = request.task, request.data, request.split.forget_train
        everything = torch.arange(len(data.y_train), device=forget.device)
        counter = GradientCounter(request.progress, len(forget) + len(everything))
        important = fisher_diagonal(task, model, data, forget, counter)
        usual = fisher_diagonal(task, model, data, everything, counter)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                weight.mul_(self.factor(important[name], usual[name]))
        return model, Outcome(gradients=counter.done, seconds=time.perf_counter() - began)

    def factor(self, forget: Tensor, everything: Tensor) -> Tensor:
        """What each weight is multiplied with, from the two Fisher diagonals; 1 for most."""
        shrink = (self.dampening * everything / forget).clamp(max=1)
        return torch.where(forget > self.alpha * everything, shrink, 1.0)
