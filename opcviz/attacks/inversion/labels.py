"""Reading the labels off a gradient before any picture is sought (iDLG, arXiv 2001.02610).

The head's gradient for one picture with softmax p, label y and feature f is, class by class,

    ∂L/∂b_i = p_i − 1[i = y],    ∂L/∂W_i = (p_i − 1[i = y])·f

so the label is the one class whose bias gradient is negative: y = argmin_i ∂L/∂b_i. A head without
a bias has the same sign in Σ_k ∂L/∂W_ik where features are not negative, as after a ReLU.

The mean gradient of B pictures holds −n_i/B for n_i pictures of class i, besides the mean of p_i.
Labels are read off one after another: take the class of the least entry, add 1/B to it, go on. For
B = 1 this is the formula above; for larger B it is right while the p_i are small beside 1/B.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...models import BodyHead
from .ghost_norm import Gradients

__all__ = ["body_norms", "head_of", "infer_labels", "labels_right"]


def head_of(model: nn.Module) -> str:
    """The name of a model's last linear layer: of the one that a `BodyHead` says is its head.

    Raises:
        ValueError: when it has none.
    """
    if isinstance(model, BodyHead):
        named: dict[nn.Module, str] = {module: name for name, module in model.named_modules()}
        return named[model.head]
    names: list[str] = [
        name for name, module in model.named_modules() if isinstance(module, nn.Linear)
    ]
    if not names:
        raise ValueError("labels can only be inferred from a model that ends in a linear layer")
    return names[-1]


def body_norms(model: nn.Module, norms: Tensor, layers: list[str]) -> Tensor:
    """The length (B,) of the part of each gradient that lies in the body.

    Where a network is its head alone, or has none, the whole counts as the body.

    Args:
        model: the network.
        norms: (layers, B), as `layer_norms` gives them.
        layers: their names.
    """
    try:
        head = head_of(model)
    except ValueError:
        head = ""
    inside = [i for i, layer in enumerate(layers) if layer != head]
    length: Tensor = norms[inside or list(range(len(layers)))].norm(dim=0)
    return length


def infer_labels(target: Gradients, head: str, batch: int = 1) -> Tensor:
    """The labels of each cell's pictures, (cells·batch,) int64, in the order they are found.

    Args:
        target: weight name to (cells, *weight.shape), mean gradients (of any positive scale, where
            a cell holds one picture; of the pictures' own scale, where it holds several).
        head: name of the last linear layer.
        batch: pictures a cell.
    """
    bias = target.get(f"{head}.bias")
    entries = target[f"{head}.weight"].sum(2) if bias is None else bias
    entries = entries.nan_to_num(0, 0, 0).clone()
    share: Tensor | float = 1 / batch
    if bias is None:  # in units of the features' sum, which nobody knows: n_i/B over all i is 1
        share = -entries.clamp_max(0).sum(1, keepdim=True) / batch
    found = []
    for _ in range(batch):
        least = entries.argmin(1)
        found.append(least)
        entries.scatter_add_(
            1, least[:, None], torch.as_tensor(share).to(entries).expand(len(entries), 1)
        )
    return torch.stack(found, 1).flatten()


def labels_right(found: Tensor, truth: Tensor, batch: int) -> float:
    """Percent of the labels that were found, the order inside a batch left open; both (P,).

    Pictures of a batch stand together.
    """
    hits = 0
    for guess, true in zip(found.split(batch), truth.split(batch), strict=True):
        size = int(max(guess.max(), true.max())) + 1
        hits += int(
            torch.minimum(guess.bincount(minlength=size), true.bincount(minlength=size)).sum()
        )
    return 100 * hits / len(truth)
