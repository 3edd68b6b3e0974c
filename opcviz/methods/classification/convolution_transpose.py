"""CT: transpose every convolution's kernel, then learn the retain data again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ...common.config import ConfigError
from ...models import Classifier
from ...training import Objective
from ..base import Iterative, Request, register

__all__ = ["ConvolutionTranspose"]


@register(
    "ct",
    title="CT",
    paper="NeurIPS 2023 unlearning challenge; as in Cadet et al. 2024, arXiv 2410.01276",
    family="fine-tuning",
    needs="retain original",
    summary="kernels transposed, then CE on retain data",
    fidelity="faithful",
    deviations=("The rate falls with each step, the authors' with each epoch.",),
)
@dataclass(frozen=True)
class ConvolutionTranspose(Iterative[Classifier]):
    """Convolution transpose: a cheap way to upset all layers at once without new weights.

        K_oihw ← K_oiwh for every 2-D convolution,   then loss = CE(m(x_r), y_r)

    The convolutions then see a picture as those of the original saw its mirror image across the
    diagonal; 1×1 kernels stay. One of the best of eighteen methods in the benchmark of Cadet et al.
    The forget data are not needed.
    """

    epochs: int = 3
    lr: float = 1e-3
    batch_size: int = 64

    parts = "retain"
    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """The task's own loss; the kernels are transposed here, before the first step.

        Raises:
            ConfigError: when the network has no kernels to transpose.
        """
        kernels = [module.weight for module in model.modules() if isinstance(module, nn.Conv2d)]
        if not kernels:
            raise ConfigError(
                "method 'ct' transposes the kernels of 2-D convolutions, and this network has "
                "none; choose a convolutional network or another method"
            )
        with torch.no_grad():
            for kernel in kernels:
                kernel.copy_(kernel.transpose(2, 3).clone())
        return request.task.loss
