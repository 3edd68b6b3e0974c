"""Inverse curvature times a vector, by WoodFisher (Singh & Alistarh 2020, arXiv 2004.14340)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..data import Data
from ..tasks import Task
from .gradients import (
    GRADIENT_BUDGET,
    GradientCounter,
    Weights,
    chunks_that_fit,
    per_sample_gradients,
)

__all__ = ["cost", "inverse_fisher_product", "one_vector_recursion"]


def cost(model: nn.Module, samples: int) -> int:
    """How many gradients `inverse_fisher_product` evaluates for so many samples, at most."""
    parts = len(_parts(model, torch.arange(samples)))
    return samples if parts == 1 else samples * (parts + 3) // 2


def _parts(model: nn.Module, ids: Tensor) -> tuple[Tensor, ...]:
    size = max(1, GRADIENT_BUDGET // sum(p.numel() for p in model.parameters()))
    parts: tuple[Tensor, ...] = ids.split(size)
    return parts


@torch.no_grad()
def inverse_fisher_product(
    task: Task,
    model: nn.Module,
    data: Data,
    ids: Tensor,
    vector: Weights,
    damping: float,
    counter: GradientCounter,
) -> Weights:
    """(δI + GᵀG/N)⁻¹ v, with the N samples' gradients as rows of G.

    WoodFisher's recursion of N rank-one updates, in closed form (Woodbury):

        (δI + GᵀG/N)⁻¹ v = (v − Gᵀ (NδI + GGᵀ)⁻¹ G v) / δ

    G itself (N × weights) is never held as a whole: its rows are made part by part, and made again
    for each part of GGᵀ where they do not all fit. The N × N system is solved in float64.
    """
    gradients = per_sample_gradients(task, model)
    v = torch.cat([vector[name].flatten() for name, _ in model.named_parameters()])
    parts = _parts(model, ids)
    last: tuple[Tensor, Tensor] | None = None

    def rows(part: Tensor) -> Tensor:
        nonlocal last
        if last is None or last[0] is not part:  # all samples in one part: computed once
            last = part, torch.cat([flat(chunk) for chunk in chunks_that_fit(model, part)])
        return last[1]

    def flat(chunk: Tensor) -> Tensor:
        counter(len(chunk))
        each = gradients(data.batch(chunk), data.y_train[chunk])
        return torch.cat([value.flatten(1) for value in each.values()], 1)

    kernel = v.new_zeros(len(ids), len(ids), dtype=torch.float64)
    along = v.new_zeros(len(ids), dtype=torch.float64)
    starts = [sum(map(len, parts[:i])) for i in range(len(parts))]
    for i, part in enumerate(parts):
        left = rows(part)
        here = slice(starts[i], starts[i] + len(part))
        along[here] = (left @ v).double()
        kernel[here, here] = (left @ left.T).double()
        for j in range(i):
            there = slice(starts[j], starts[j] + len(parts[j]))
            kernel[here, there] = (left @ rows(parts[j]).T).double()
            kernel[there, here] = kernel[here, there].T
    kernel.diagonal().add_(len(ids) * damping)
    weight = torch.linalg.solve(kernel, along).to(v)
    for i, part in enumerate(parts):
        v = v - weight[starts[i] : starts[i] + len(part)] @ rows(part)
    answer = (v / damping).split([p.numel() for p in model.parameters()])
    named = model.named_parameters()
    return {n: a.view_as(p) for (n, p), a in zip(named, answer, strict=True)}


@torch.no_grad()
def one_vector_recursion(
    task: Task,
    model: nn.Module,
    data: Data,
    ids: Tensor,
    vector: Weights,
    counter: GradientCounter,
) -> Weights:
    """What Jia et al. 2023 (arXiv 2304.04934) call WoodFisher: an approximation of (I + GᵀG/N)⁻¹ v.

        o ← g_1,  k ← v;   for i = 2, ..., N:
        k ← k − (k·g_i) / (N + o·g_i) · o,   o ← o − (o·g_i) / (N + o·g_i) · o

    The exact recursion needs F⁻¹_i g_i for each sample, where this carries on the first sample's
    vector; it is what the published figures of influence unlearning were made with.
    """
    gradients = per_sample_gradients(task, model)
    k = torch.cat([vector[name].flatten() for name, _ in model.named_parameters()])
    o: Tensor | None = None
    for chunk in chunks_that_fit(model, ids):
        each = gradients(data.batch(chunk), data.y_train[chunk])
        for g in torch.cat([value.flatten(1) for value in each.values()], 1):
            if o is None:
                o = g.clone()
                continue
            along = o @ g
            k = k - (k @ g) / (len(ids) + along) * o
            o = o - along / (len(ids) + along) * o
        counter(len(chunk))
    answer = k.split([p.numel() for p in model.parameters()])
    named = model.named_parameters()
    return {n: a.view_as(p) for (n, p), a in zip(named, answer, strict=True)}
