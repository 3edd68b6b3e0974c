"""Passes over data that methods without a training loop share: gradients, Fisher information.

All in eval mode, in fp32, on pictures without augmentation; memory is bounded, whatever the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from ..common.progress import Progress, Step
from ..data import Images
from ..models import Classifier

__all__ = [
    "ROOM",
    "Weights",
    "Work",
    "features_at",
    "fisher_diagonal",
    "mean_gradient",
    "nearest",
    "per_sample_gradients",
    "pieces",
]

Weights = dict[str, Tensor]
"""Parameter name to a tensor of its shape."""

ROOM = 2**27  # numbers of per-sample gradients held at once: 512 MB


class Work:
    """Counts gradients as they are evaluated, tells progress, and so can be stopped.

    Args:
        progress: told a `Step` each time.
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


def pieces(model: Classifier, ids: Tensor, room: int = ROOM) -> Iterator[Tensor]:
    """Cut positions into parts whose per-sample gradients fit into `room` numbers, twice."""
    size = sum(p.numel() for p in model.parameters())
    yield from ids.split(max(1, min(256, room // (2 * size))))


def per_sample_gradients(
    model: Classifier,
) -> Callable[[Tensor, Tensor], Weights]:
    """A function (x, y) -> ∇ CE(m(x_i), y_i) for each sample: name to (B, *shape).

    The model is put into eval mode: a batch norm in train mode has no per-sample gradient.
    """
    model.eval()
    weights = {name: p.detach() for name, p in model.named_parameters()}
    buffers = dict(model.named_buffers())

    def loss(weights: Weights, x: Tensor, y: Tensor) -> Tensor:
        logits = functional_call(model, (weights, buffers), (x[None],))
        return F.cross_entropy(logits, y[None])

    each = vmap(grad(loss), in_dims=(None, 0, 0), randomness="error")
    return lambda x, y: each(weights, x, y)


def mean_gradient(
    model: Classifier, images: Images, ids: Tensor, work: Work, batch: int = 256
) -> Weights:
    """∇ of the mean cross-entropy over training pictures `ids`.

    Raises:
        ValueError: for no pictures at all.
        Cancelled: from `work`.
    """
    if not len(ids):
        raise ValueError("the gradient over no pictures is undefined")
    model.eval()
    names, weights = zip(*model.named_parameters(), strict=True)
    total = [torch.zeros_like(w) for w in weights]
    for part in ids.split(batch):
        logits = model(images.batch(part))
        loss = F.cross_entropy(logits, images.y_train[part], reduction="sum")
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)
        for sum_, gradient in zip(total, gradients, strict=True):
            if gradient is not None:
                sum_ += gradient
        work(len(part))
    return {name: value / len(ids) for name, value in zip(names, total, strict=True)}


@torch.no_grad()
def fisher_diagonal(
    model: Classifier, images: Images, ids: Tensor, work: Work, labels: str = "true"
) -> Weights:
    """Mean over training pictures `ids` of squared per-sample gradients of log p(y|x).

    Args:
        model: put into eval mode.
        images, ids: the pictures.
        work: told of each part.
        labels: `true` for the data's own labels (the empirical Fisher), `model` for the
            expectation over labels drawn from the model (the Fisher proper; C times the work).

    Raises:
        ValueError: for no pictures at all.
        Cancelled: from `work`.
    """
    if not len(ids):
        raise ValueError("the Fisher information of no pictures is undefined")
    gradients = per_sample_gradients(model)
    total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for part in pieces(model, ids):
        x, y = images.batch(part), images.y_train[part]
        draws = [(y, torch.ones_like(y, dtype=next(model.parameters()).dtype))]
        if labels == "model":
            shares = model(x).softmax(1)
            draws = [(torch.full_like(y, c), share) for c, share in enumerate(shares.T)]
        for label, share in draws:
            for name, gradient in gradients(x, label).items():
                squared = gradient.square_().flatten(1)
                total[name] += (share @ squared).view_as(total[name])
            work(len(part))
    return {name: value / len(ids) for name, value in total.items()}


class _Body(nn.Module):
    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return self.model.features(x)[0].float()


def features_at(model: Classifier) -> Callable[[Weights, Tensor], Tensor]:
    """A function (state, x) -> features (B, d) of the model at other weights and buffers.

    It runs in eval mode and leaves the model's mode and weights as they were.
    """
    body = _Body(model)

    def run(state: Weights, x: Tensor) -> Tensor:
        modes = [(module, module.training) for module in model.modules()]
        model.eval()
        try:
            return functional_call(body, {f"model.{name}": v for name, v in state.items()}, (x,))
        finally:
            for module, training in modes:
                module.training = training

    return run


def nearest(of: Tensor, among: Tensor, k: int, batch: int = 1024) -> Tensor:
    """(n, k) rows of `among` (m, d) with the greatest cosine to each row of `of` (n, d)."""
    among = F.normalize(among, dim=1)
    return torch.cat([(F.normalize(p, dim=1) @ among.T).topk(k).indices for p in of.split(batch)])
