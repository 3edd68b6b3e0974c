"""Influence unlearning: one Newton-like step away from the forget data."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import nn

from ..common.config import setting
from ..training import Outcome
from .base import Method, Request, register
from .gradients import GradientCounter, mean_gradient
from .woodfisher import cost, inverse_fisher_product, one_vector_recursion

__all__ = ["Influence"]


@register(
    "iu",
    title="Influence unlearning",
    paper="Izzo et al. 2021, arXiv 2002.10077; with WoodFisher as in Jia et al. 2023",
    family="second order",
    needs="forget retain original",
    summary="θ + α·H⁻¹(∇_f − ∇_r), H by WoodFisher; no training",
    fidelity="corrected",
    deviations=(
        "WoodFisher's product is solved exactly; the authors carry one vector through its "
        "recursion, which is exact for the first sample only (solver = recursion does so).",
        "The N retained samples are drawn with replacement; the authors take the first 1,000.",
    ),
)
@dataclass(frozen=True)
class Influence(Method[nn.Module]):
    """IU: θ ← θo + α · F⁻¹ · (|D_f|/|D|) · (∇loss over D_f − ∇loss over D_r), means over each set.

    F = δI + (1/N) Σ g_i g_iᵀ over N retain samples stands for the Hessian (WoodFisher, Singh &
    Alistarh 2020, arXiv 2004.14340), and is solved exactly. Figures reported for IU elsewhere come
    from the code of Jia et al., which carries one vector through the recursion: `solver =
    "recursion"` does the same, without δ. Both are in `opcviz.methods.woodfisher`.
    """

    exact = "all of it: the difference of two mean gradients, times an inverse curvature"

    alpha: float = setting(10.0, "α, length of the step", low=1e-4, high=1e6, log=True)
    samples: int = setting(1000, "N, retain samples behind the curvature", low=1, high=100_000)
    damping: float = setting(1.0, "δ, added to the curvature", low=1e-8, high=100, log=True)
    solver: str = setting(
        "exact",
        "how H⁻¹ is applied: exactly, or by the authors' one-vector recursion (no δ)",
        choices=("exact", "recursion"),
        advanced=True,
    )

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Two mean gradients, one product with the inverse curvature, one step."""
        self.check(request)
        model = request.copy_of_original()
        began = time.perf_counter()
        forget, retain = request.split.forget_train, request.split.retain_train
        generator = torch.Generator().manual_seed(request.seed)
        drawn = retain[torch.randint(len(retain), (self.samples,), generator=generator)]
        task, data = request.task, request.data
        recursive = self.solver == "recursion"
        spent = self.samples if recursive else cost(model, self.samples)
        total = len(forget) + len(retain) + spent
        counter = GradientCounter(request.progress, total)
        away = mean_gradient(task, model, data, forget, counter)
        along = mean_gradient(task, model, data, retain, counter)
        share = len(forget) / (len(forget) + len(retain))
        wanted = {name: share * (away[name] - along[name]) for name in away}
        if recursive:
            step = one_vector_recursion(task, model, data, drawn, wanted, counter)
        else:
            step = inverse_fisher_product(task, model, data, drawn, wanted, self.damping, counter)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                weight.add_(self.alpha * step[name])
        sound = all(bool(weight.isfinite().all()) for weight in model.parameters())
        return model, Outcome(
            "finished" if sound else "diverged",
            gradients=counter.done,
            seconds=time.perf_counter() - began,
        )
