"""DELETE: distillation from the original model with the true class of forget data masked out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective
from ..base import Iterative, Request, register
from .teachers import divergence, frozen_teacher

__all__ = ["Delete"]


@register(
    "delete",
    title="DELETE",
    paper="Zhou et al. 2025, arXiv 2503.23751",
    family="distillation",
    needs="forget original",
    summary="KL to the original with the true class struck out, on forget data",
    fidelity="faithful",
)
@dataclass(frozen=True)
class Delete(Iterative[Classifier]):
    """DELETE: forget samples keep what the original thought of them, but for their own class.

        loss = KL(softmax(m_o(x_f) with logit y at −∞) ‖ softmax(m(x_f)))

    D_f alone is used: the dark knowledge in the other logits is what holds the rest. Only a
    sample's own class is struck out, also where several classes are forgotten. The paper is about
    classes, and rightly: on digits, forgetting a random 10 % of the samples this way costs more
    than half of the test accuracy. The rate is that of the authors' ResNet-18 on CIFAR-10 (5e-5
    elsewhere), constant and without weight decay.
    """

    epochs: int = 20
    lr: float = 1e-4
    batch_size: int = 256
    weight_decay: float = 0.0
    schedule: str = "constant"
    disable_bn: bool = setting(
        False,
        "whether batch norms normalise with the original's statistics, which then stay",
        advanced=True,
    )

    parts = "forget"
    scenarios = frozenset({"classes"})
    limits = "it drives pictures from their own class, which a retrained model would still name"
    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Divergence from the original's answer without the true class."""
        teacher = frozen_teacher(request.copy_of_original())
        norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]

        def loss(model: Classifier, batch: Batch) -> Tensor:
            if self.disable_bn:
                for norm in norms:
                    norm.eval()
            with torch.no_grad():
                target = teacher(batch.x).scatter(1, batch.y.unsqueeze(1), -torch.inf)
            return divergence(model(batch.x), target)

        return loss
