"""Fisher forgetting: Gaussian noise scaled by the inverse Fisher information of retain data."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..common.config import setting
from ..training import Outcome
from .base import Method, Request, register
from .fisher_information import fisher_diagonal, gradients_per_sample
from .gradients import GradientCounter

__all__ = ["FisherForgetting"]


@register(
    "fisher",
    title="Fisher forgetting",
    paper="Golatkar, Achille, Soatto 2020, arXiv 1911.04933",
    family="second order",
    needs="retain original",
    summary="θ + noise of variance α/F_r; no training",
)
@dataclass(frozen=True)
class FisherForgetting(Method[nn.Module]):
    """Gaussian noise, strong where the retain data's Fisher information F_r is small.

        θ_i ← θo_i + sqrt(α · min(1/F_r,i, cap)) · ε_i,   ε ~ N(0, 1)

    F_r is the diagonal of the Fisher information proper (targets drawn from the model; of tasks
    that cannot enumerate them, the empirical one). As in the
    authors' code, the variance is averaged over the inputs of a row or filter, for single weights
    are too noisy a measure. Their code also zeroes the head's rows of forgotten classes; here
    that is a setting, on as with them, and without effect when samples are forgotten.
    """

    alpha: float = setting(3e-6, "α, strength of the noise", low=1e-12, high=1, log=True)
    cap: float = setting(1e3, "greatest 1/F", low=1, high=1e8, log=True, advanced=True)
    head_rows: bool = setting(
        True, "whether the head's rows of forgotten classes are zeroed first", advanced=True
    )

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """One pass of gradients for each target the model may draw, and one draw of noise."""
        self.check(request)
        model = request.copy_of_original()
        began = time.perf_counter()
        task, data, retain = request.task, request.data, request.split.retain_train
        total = len(retain) * gradients_per_sample(task, model, data)
        counter = GradientCounter(request.progress, total)
        fisher = fisher_diagonal(task, model, data, retain, counter, targets="model")
        head = task.final_layer(model)
        generator = torch.Generator().manual_seed(request.seed)
        with torch.no_grad():
            if self.head_rows and request.split.classes and head is not None:
                head.weight[list(request.split.classes)] = 0.0
            for name, weight in model.named_parameters():
                noise = torch.randn(weight.shape, generator=generator).to(weight)
                weight.add_(self.variance(fisher[name]).sqrt() * noise)
        return model, Outcome(gradients=counter.done, seconds=time.perf_counter() - began)

    def variance(self, fisher: Tensor) -> Tensor:
        """Of the noise on one parameter, from its Fisher diagonal."""
        variance = self.alpha * (1 / fisher).clamp(max=self.cap)  # 1/0 is infinite: the cap
        if variance.dim() > 1:
            variance = variance.mean(1, keepdim=True).expand_as(variance)
        return variance
