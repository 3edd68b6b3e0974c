"""Unlearning by gradient ascent on the loss of the forget data."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ..common.config import setting
from ..training import Batch, Objective
from .base import Iterative, Request, register

__all__ = ["GradientAscent", "NegGradPlus"]


@register(
    "ga",
    title="Gradient ascent",
    paper="Thudi et al. 2022, arXiv 2109.13398",
    family="ascent",
    needs="forget original",
    summary="−CE on forget data",
)
@dataclass(frozen=True)
class GradientAscent(Iterative[nn.Module]):
    """GA: loss = −CE(m(x_f), y_f), on forget data alone; nothing holds the rest of the model."""

    epochs: int = 5
    lr: float = 1e-4
    batch_size: int = 256

    parts = "forget"

    def objective(self, request: Request[nn.Module], model: nn.Module) -> Objective[nn.Module]:
        """The task's loss, negated."""

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            return -request.task.loss(model, batch)

        return loss


@register(
    "neggrad_plus",
    title="NegGrad+",
    paper="Kurmanji et al. 2023, arXiv 2302.09880",
    family="ascent",
    needs="forget retain original",
    summary="α·CE on retain data − (1 − α)·CE on forget data",
)
@dataclass(frozen=True)
class NegGradPlus(Iterative[nn.Module]):
    """NegGrad+: loss = α·CE(m(x_r), y_r) − (1 − α)·CE(m(x_f), y_f)."""

    epochs: int = 5
    lr: float = 0.01
    batch_size: int = 256
    alpha: float = setting(0.95, "α, weight of the retain data", low=0, high=1)

    def objective(self, request: Request[nn.Module], model: nn.Module) -> Objective[nn.Module]:
        """Descent on retain data and weaker ascent on forget data."""

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            retain, forget = request.task.part_losses(model, batch)
            return self.alpha * retain - (1 - self.alpha) * forget

        return loss
