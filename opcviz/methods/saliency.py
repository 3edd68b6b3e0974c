"""SalUn's weight mask (Fan et al. 2024, arXiv 2310.12508), for any method that trains in steps.

The mask is the share of all weights with the greatest |∂/∂θ Σ −loss(m, x_f, y_f)| at θo, ranked
over the whole network, in eval mode, on samples without augmentation. What is outside stays at θo
bit for bit: masking gradients would not do, since weight decay and momentum move weights without a
gradient, so they are put back after every step. Batch norm's statistics are no weights: SalUn lets
them follow the batches; for any other method a protected channel keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from ..common.progress import Progress
from ..data import Data
from ..tasks import Task
from .gradients import Weights, gradient_sum

__all__ = ["freeze_outside", "saliency", "top_fraction_mask"]


def saliency(
    task: Task,
    model: nn.Module,
    data: Data,
    ids: Tensor,
    *,
    batch: int = 256,
    progress: Progress | None = None,
) -> Weights:
    """|Σ ∇ loss| over training samples `ids`: parameter name to a tensor of its shape, fp32.

    The model is left as it was, in eval mode.

    Raises:
        Cancelled: from `progress`.
    """
    progress = progress or Progress()
    total = gradient_sum(task, model, data, ids, lambda _: progress.check(), batch)
    return {name: value.abs() for name, value in total.items()}


def top_fraction_mask(scores: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Name to bool mask of the `share` of all entries with the greatest scores, ranked together.

    Of equal scores the one that comes first wins, so the mask has exactly round(share·n) entries
    and is the same on every device.
    """
    flat = torch.cat([score.flatten() for score in scores.values()])
    order = flat.argsort(descending=True, stable=True)
    chosen = torch.zeros_like(flat, dtype=torch.bool)
    chosen[order[: round(share * len(flat))]] = True
    pieces = chosen.split([score.numel() for score in scores.values()])
    named = zip(scores.items(), pieces, strict=True)
    return {name: piece.view_as(score) for (name, score), piece in named}


@contextmanager
def freeze_outside(
    model: nn.Module, mask: dict[str, Tensor], *, statistics: bool = True
) -> Iterator[Callable[[nn.Module], None]]:
    """While open, what lies outside the mask is frozen; gives the function to call after a step.

    It puts every frozen weight back to where it was. With `statistics`, a batch-norm channel whose
    scale is frozen keeps its running statistics and, in train mode too, normalises with them, as
    the loop does for a batch norm that is frozen as a whole: with the batch's statistics it would
    learn one function and be another in use (on digits that costs a point of accuracy, and
    contraction stays shallow). Without, batch norm is as ever, which is what SalUn's authors do.
    Weights that the mask does not know, or knows in another shape (a layer the method has
    replaced), are free.
    """
    start: dict[str, tuple[Tensor, Tensor]] = {}
    for name, value in model.named_parameters():
        if name in mask and mask[name].shape == value.shape:
            start[name] = mask[name], value.detach().clone()
    hooks = []
    for name, module in model.named_modules() if statistics else ():
        if not isinstance(module, _BatchNorm) or f"{name}.weight" not in start:
            continue
        if module.running_mean is None or module.running_var is None:
            continue
        free, _ = start[f"{name}.weight"]
        for statistic in ("running_mean", "running_var"):
            start[f"{name}.{statistic}"] = free, getattr(module, statistic).clone()
        mean, variance = (start[f"{name}.{s}"][1] for s in ("running_mean", "running_var"))
        hooks.append(module.register_forward_hook(_frozen_statistics_hook(free, mean, variance)))

    @torch.no_grad()
    def restore(model: nn.Module) -> None:
        state = dict(model.named_parameters()) | dict(model.named_buffers())
        for name, (free, value) in start.items():
            state[name].copy_(torch.where(free, state[name], value))

    try:
        yield restore
    finally:
        for hook in hooks:
            hook.remove()


def _frozen_statistics_hook(free: Tensor, mean: Tensor, variance: Tensor) -> Callable[..., Tensor]:
    """A forward hook: frozen channels of a batch norm normalise with the statistics given."""

    def hook(module: _BatchNorm, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        if not module.training:
            return output
        x = inputs[0]
        fixed = F.batch_norm(x, mean, variance, module.weight, module.bias, False, 0, module.eps)
        return torch.where(free.view(1, -1, *[1] * (x.dim() - 2)), output, fixed)

    return hook
