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
    paper="Thudi et al. 2022, arXiv 2109.13398; settings of Fan et al. 2024, arXiv 2310.12508",
    family="ascent",
    needs="forget original",
    summary="−CE on forget data",
    fidelity="faithful",
)
@dataclass(frozen=True)
class GradientAscent(Iterative[nn.Module]):
    """GA: loss = −CE(m(x_f), y_f), on forget data alone; nothing holds the rest of the model."""

    epochs: int = 5
    lr: float = 1e-4
    batch_size: int = 256
    schedule: str = "constant"

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
    fidelity="faithful",
    deviations=(
        "Each pass over the forget data is shuffled anew; the authors repeat the order of the "
        "first.",
    ),
)
@dataclass(frozen=True)
class NegGradPlus(Iterative[nn.Module]):
    """NegGrad+: loss = α·CE(m(x_r), y_r) − (1 − α)·CE(m(x_f), y_f).

    The two batches pass the network one after the other in train mode, so that batch norm sees two
    populations; `passes = "joint"` sends them through together. Plain SGD, without momentum and
    weight decay. Settings are those of the authors' experiment on CIFAR-10; on small data sets they
    have α 0.95 and 10 epochs in eval mode.
    """

    epochs: int = 5
    lr: float = 0.01
    batch_size: int = 128
    momentum: float = 0.0
    weight_decay: float = 0.0
    schedule: str = "constant"
    alpha: float = setting(0.9999, "α, weight of the retain data", low=0, high=1)
    passes: str = setting(
        "separate",
        "whether retain and forget batch pass batch norm one by one, as the authors', or together",
        choices=("separate", "joint"),
        advanced=True,
    )

    def objective(self, request: Request[nn.Module], model: nn.Module) -> Objective[nn.Module]:
        """Descent on retain data and weaker ascent on forget data."""
        task = request.task

        def alone(model: nn.Module, batch: Batch, part: Tensor) -> Tensor:
            return task.losses(model, batch.x[part], batch.y[part]).mean()

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            if self.passes == "joint" or not (
                bool(batch.retain.any()) and bool(batch.forget.any())
            ):
                retain, forget = task.part_losses(model, batch)
            else:
                retain = alone(model, batch, batch.retain)
                forget = alone(model, batch, batch.forget)
            return self.alpha * retain - (1 - self.alpha) * forget

        return loss
