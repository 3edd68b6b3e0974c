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
from .gradients import GradientCounter, Weights

__all__ = ["FisherForgetting"]

HEAD_CAP = 1e2  # greatest 1/F of the head's weights and biases
FORGOTTEN_VARIANCE = 1e-4  # of the head's rows of forgotten classes, before LOUDER
LOUDER = 10.0  # factor on the variance of the head and of parameters with one dimension
NOT_ZERO = 1e-8  # added to F


@register(
    "fisher",
    title="Fisher forgetting",
    paper="Golatkar, Achille, Soatto 2020, arXiv 1911.04933",
    family="second order",
    needs="retain original",
    summary="θ + noise of variance α/F_r; no training",
    fidelity="faithful",
    deviations=(
        "The head is found by its place in the network; the authors take any parameter whose first "
        "dimension is the number of classes for it.",
    ),
)
@dataclass(frozen=True)
class FisherForgetting(Method[nn.Module]):
    """Gaussian noise, strong where the retain data's Fisher information F_r is small.

        θ_i ← μ_i + sqrt(v_i) · ε_i,   ε ~ N(0, 1),   v = α · min(1/(F_r + 1e-8), cap)

    F_r is the diagonal of the Fisher information proper (targets drawn from the model; of tasks
    that cannot enumerate them, the empirical one). The rest follows the authors' code:

    * of the head, 1/F is at most 100;
    * v of a matrix or filter is averaged over its inputs, for single weights are too noisy a
      measure;
    * μ is θo, but 0 on the head's rows and biases of forgotten classes, whose v is 1e-4
      (`head_rows`; without effect where samples are forgotten);
    * then v of the head, and of parameters with one dimension (biases, norms), is taken ten times.
    """

    stores = True
    exact = "all of it: squares of single samples' gradients, of which many are tiny"

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
        known, spent = request.statistics, 0
        if known is None:
            known, spent = self._information(request, model)
        final = request.task.final_layer(model)
        head = [] if final is None else [id(p) for p in final.parameters()]
        forgotten = list(request.split.classes) if self.head_rows else []
        generator = torch.Generator().manual_seed(request.seed)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                is_head = id(weight) in head
                rows = forgotten if is_head else []
                weight[rows] = 0.0
                noise = torch.randn(weight.shape, generator=generator).to(weight)
                weight.add_(self.variance(known[name], head=is_head, rows=rows).sqrt() * noise)
        return model, Outcome(gradients=spent, seconds=time.perf_counter() - began)

    def before(self, request: Request[nn.Module]) -> Weights:
        """F of all data, which stands for that of what is retained later."""
        return self._information(request, request.copy_of_original())[0]

    def _information(self, request: Request[nn.Module], model: nn.Module) -> tuple[Weights, int]:
        """F of the retain data, and the gradients spent."""
        task, data, retain = request.task, request.data, request.split.retain_train
        total = len(retain) * gradients_per_sample(task, model, data)
        counter = GradientCounter(request.progress, total)
        found = fisher_diagonal(task, model, data, retain, counter, targets="model")
        return found, counter.done

    def variance(
        self, fisher: Tensor, *, head: bool = False, rows: list[int] | None = None
    ) -> Tensor:
        """Of the noise on one parameter, from its Fisher diagonal.

        Args:
            fisher: of the parameter's shape.
            head: whether it is a weight or bias of the layer that makes the answers.
            rows: of forgotten classes, in the head.
        """
        inverse = (1 / (fisher + NOT_ZERO)).clamp(max=self.cap)
        if head:
            inverse = inverse.clamp(max=HEAD_CAP)
        variance = self.alpha * inverse
        if variance.dim() > 1:
            variance = variance.mean(1, keepdim=True).expand_as(variance).clone()
        if rows:
            variance[rows] = FORGOTTEN_VARIANCE
        return LOUDER * variance if head or variance.dim() == 1 else variance
