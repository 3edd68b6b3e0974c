"""SSD: dampen the weights that matter more to the forget data than to the rest."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..common.config import setting
from ..training import Outcome
from .base import Method, Request, register
from .fisher_information import fisher_diagonal, squared_batch_gradients
from .gradients import GradientCounter, Weights

__all__ = ["SSD"]


@register(
    "ssd",
    title="SSD",
    paper="Foster, Schoepf, Brintrup 2024, arXiv 2308.07707",
    family="second order",
    needs="forget retain original",
    summary="where F_f > α·F_D: θ × min(λ·F_D/F_f, 1); no training",
    fidelity="faithful",
)
@dataclass(frozen=True)
class SSD(Method[nn.Module]):
    """Selective synaptic dampening.

        θ_i ← min(λ · F_D,i / F_f,i, 1) · θ_i   where F_f,i > α · F_D,i

    F is the importance of a weight: as in the authors' code the mean over batches of the squared
    gradient of a batch's mean loss, in eval mode; F_f over batches of the forget data, F_D over
    batches of all data, the retained (class by class, where classes are forgotten) before the
    forgotten. How D is cut matters. The forgotten pictures' batches are among those of D, so that
    F_f/F_D stays near |D|/|D_f| and little exceeds the paper's α = 10 for one class of ten: on
    digits 0.3 to 11 % of the weights, by where the batches fall. With `order = "mixed"` gradients
    of different classes cancel in F_D alone, and the same α dampens 8 to 29 %, which can ruin the
    model.

    With `importance = "sample"` gradients of single samples are squared: the empirical Fisher
    information, which the paper's formula names. F_f is then at most |D|/|D_f| times F_D, and α =
    10 dampens nothing at all where a tenth of the data or more is forgotten. All weights take part,
    batch norm's too; its statistics stay.
    """

    exact = "all of it: squared gradients, whose ratio decides which weights shrink"
    stores = True

    alpha: float = setting(
        10.0, "α, how much more a weight must matter to D_f", low=0.01, high=1e4, log=True
    )
    dampening: float = setting(
        1.0, "λ, how little is left of such a weight (less: less)", low=1e-4, high=100, log=True
    )
    importance: str = setting(
        "batch",
        "which gradients are squared: those of batches (the authors' code) or of single samples",
        choices=("batch", "sample"),
    )
    batch_size: int = setting(64, "samples of a batch whose gradient is squared", low=1, high=8192)
    order: str = setting(
        "parted",
        "batches of all data: first the retained, then the forgotten (the authors' code), or mixed "
        "as in the data set",
        choices=("parted", "mixed"),
        advanced=True,
    )

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Two passes of gradients, one multiplication."""
        self.check(request)
        model = request.copy_of_original()
        began = time.perf_counter()
        forget, everything = request.split.forget_train, self.everything(request)
        known = request.statistics
        spent = len(forget) + (len(everything) if known is None else 0)
        counter = GradientCounter(request.progress, spent)
        important = self.measure(request, model, forget, counter)
        usual = known or self.measure(request, model, everything, counter)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                weight.mul_(self.factor(important[name], usual[name]))
        return model, Outcome(gradients=counter.done, seconds=time.perf_counter() - began)

    def before(self, request: Request[nn.Module]) -> Weights:
        """F_D of all data, which later requests are held against."""
        everything = self.everything(request)
        counter = GradientCounter(request.progress, len(everything))
        return self.measure(request, request.copy_of_original(), everything, counter)

    def everything(self, request: Request[nn.Module]) -> Tensor:
        """All training samples, in the order in which they are cut into batches."""
        retain, forget = request.split.retain_train, request.split.forget_train
        if self.order == "mixed":
            return torch.cat([retain, forget]).sort().values
        if request.split.classes:
            retain = retain[request.data.y_train[retain].argsort(stable=True)]
        return torch.cat([retain, forget])

    def measure(
        self, request: Request[nn.Module], model: nn.Module, ids: Tensor, counter: GradientCounter
    ) -> Weights:
        """How much each weight matters to samples."""
        if self.importance == "sample":
            return fisher_diagonal(request.task, model, request.data, ids, counter)
        return squared_batch_gradients(
            request.task, model, request.data, ids, counter, self.batch_size
        )

    def factor(self, forget: Tensor, everything: Tensor) -> Tensor:
        """What each weight is multiplied with, from the two importances; 1 for most."""
        shrink = (self.dampening * everything / forget).clamp(max=1)
        return torch.where(forget > self.alpha * everything, shrink, 1.0)
