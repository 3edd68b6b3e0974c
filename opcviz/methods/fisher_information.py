"""How much each weight matters to samples: squared gradients, of single ones or of batches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..data import Data
from ..tasks import Task
from .gradients import (
    GradientCounter,
    Weights,
    batch_gradients,
    chunks_that_fit,
    per_sample_gradients,
)

__all__ = ["fisher_diagonal", "gradients_per_sample", "squared_batch_gradients"]

TARGETS = ("data", "model")


def gradients_per_sample(task: Task, model: nn.Module, data: Data) -> int:
    """How many gradients the Fisher information proper evaluates for each sample."""
    first = torch.zeros(1, dtype=torch.int64, device=data.device)
    return len(task.model_targets(model.eval(), data.batch(first), data.y_train[first]))


@torch.no_grad()
def fisher_diagonal(
    task: Task,
    model: nn.Module,
    data: Data,
    ids: Tensor,
    counter: GradientCounter,
    targets: str = "data",
) -> Weights:
    """Mean over training samples `ids` of squared per-sample gradients of the task's loss.

    Args:
        task: whose loss, −log p(y|x) for a likelihood.
        model: put into eval mode.
        data, ids: the samples.
        counter: counts the gradients of each chunk.
        targets: `data` for the data's own targets (the empirical Fisher), `model` for the
            expectation over targets drawn from the model (the Fisher proper), see
            `Task.model_targets`; C times the work for C classes.

    Raises:
        ValueError: for no samples at all, or other `targets`.
        Cancelled: from `counter`.
    """
    if not len(ids):
        raise ValueError("the Fisher information of no samples is undefined")
    if targets not in TARGETS:
        raise ValueError(f"targets is one of {', '.join(TARGETS)}, not {targets!r}")
    gradients = per_sample_gradients(task, model)
    total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for chunk in chunks_that_fit(model, ids):
        x, y = data.batch(chunk), data.y_train[chunk]
        draws = [(y, torch.ones(len(x), dtype=x.dtype, device=x.device))]
        if targets == "model":
            draws = task.model_targets(model, x, y)
        for target, probability in draws:
            for name, gradient in gradients(x, target).items():
                squared = gradient.square_().flatten(1)
                total[name] += (probability @ squared).view_as(total[name])
            counter(len(chunk))
    return {name: value / len(ids) for name, value in total.items()}


def squared_batch_gradients(
    task: Task,
    model: nn.Module,
    data: Data,
    ids: Tensor,
    counter: GradientCounter,
    batch: int,
) -> Weights:
    """Mean over batches of the squared gradient of a batch's mean loss.

    Batches are cut from `ids` in their order, the last may be smaller; each counts as one. That is
    no Fisher information: within a batch gradients are averaged before they are squared.

    Raises:
        ValueError: for no samples at all.
        Cancelled: from `counter`.
    """
    if not len(ids):
        raise ValueError("the importance to no samples is undefined")
    total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    batches = 0
    for count, gradients in batch_gradients(task, model, data, ids, batch):
        for name, gradient in gradients.items():
            total[name] += (gradient / count).square()
        batches += 1
        counter(count)
    return {name: value / batches for name, value in total.items()}
