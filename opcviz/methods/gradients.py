"""Gradients of a task's loss over training data, for methods without a training loop.

All in eval mode, in fp32, on samples without augmentation; memory is bounded, whatever the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from ..common.progress import Progress, Step
from ..data import Data
from ..tasks import Task

__all__ = [
    "GRADIENT_BUDGET",
    "GradientCounter",
    "Weights",
    "batch_gradients",
    "chunks_that_fit",
    "gradient_sum",
    "mean_gradient",
    "per_sample_gradients",
]

Weights = dict[str, Tensor]
"""Parameter name to a tensor of its shape."""

GRADIENT_BUDGET = 2**27  # numbers of per-sample gradients held at once: 512 MB


class GradientCounter:
    """Counts gradients as they are evaluated; reports progress, so that a run can be cancelled.

    Args:
        progress: gets a `Step` each time.
        total: gradients there will be.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self, count: int) -> None:
        """So many more are done.

        Raises:
            Cancelled: when asked to stop.
        """
        self.done += count
        self.progress(Step(min(self.done, self.total), self.total))


def chunks_that_fit(
    model: nn.Module, ids: Tensor, budget: int = GRADIENT_BUDGET
) -> Iterator[Tensor]:
    """Cut positions into chunks whose per-sample gradients fit into `budget` numbers, twice."""
    size = sum(p.numel() for p in model.parameters())
    yield from ids.split(max(1, min(256, budget // (2 * size))))


class _Losses(nn.Module):
    """A task's losses as a module, so that the model's weights can be given with the call."""

    def __init__(self, task: Task, model: nn.Module) -> None:
        super().__init__()
        self.task, self.model = task, model

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.task.losses(self.model, x, y)


def per_sample_gradients(task: Task, model: nn.Module) -> Callable[[Tensor, Tensor], Weights]:
    """A function (x, y) -> ∇ loss(m, x_i, y_i) for each sample: name to (B, *shape).

    The model is put into eval mode: a batch norm in train mode has no per-sample gradient.
    """
    model.eval()
    losses = _Losses(task, model)
    weights = {name: p.detach() for name, p in model.named_parameters()}
    buffers = {f"model.{name}": value for name, value in model.named_buffers()}

    def loss(weights: Weights, x: Tensor, y: Tensor) -> Tensor:
        state = {f"model.{name}": value for name, value in weights.items()}
        each: Tensor = functional_call(losses, (state, buffers), (x[None], y[None]))
        return each.sum()

    each = vmap(grad(loss), in_dims=(None, 0, 0), randomness="error")
    return lambda x, y: each(weights, x, y)


def gradient_sum(
    task: Task,
    model: nn.Module,
    data: Data,
    ids: Tensor,
    after_chunk: Callable[[int], None],
    batch: int = 256,
) -> Weights:
    """Σ ∇ loss(m, x_i, y_i) over training samples `ids`; the model is put into eval mode.

    Args:
        task: whose loss.
        model, data, ids: of what.
        after_chunk: called with the number of samples after each chunk of up to `batch`.
    """
    total = {name: torch.zeros_like(weight) for name, weight in model.named_parameters()}
    for count, gradients in batch_gradients(task, model, data, ids, batch):
        for name, gradient in gradients.items():
            total[name] += gradient
        after_chunk(count)
    return total


def batch_gradients(
    task: Task, model: nn.Module, data: Data, ids: Tensor, batch: int
) -> Iterator[tuple[int, Weights]]:
    """Sizes and Σ ∇ loss of one batch after the other, in the order of `ids`, in eval mode.

    A weight that the loss does not depend on is left out.
    """
    model.eval()
    names, weights = zip(*model.named_parameters(), strict=True)
    for chunk in ids.split(batch):
        with torch.enable_grad():
            loss = task.losses(model, data.batch(chunk), data.y_train[chunk]).sum()
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)
        found = zip(names, gradients, strict=True)
        yield len(chunk), {name: value for name, value in found if value is not None}


def mean_gradient(
    task: Task,
    model: nn.Module,
    data: Data,
    ids: Tensor,
    counter: GradientCounter,
    batch: int = 256,
) -> Weights:
    """∇ of the mean loss over training samples `ids`.

    Raises:
        ValueError: for no samples at all.
        Cancelled: from `counter`.
    """
    if not len(ids):
        raise ValueError("the gradient over no samples is undefined")
    total = gradient_sum(task, model, data, ids, counter, batch)
    return {name: value / len(ids) for name, value in total.items()}
