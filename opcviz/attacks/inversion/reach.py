"""How far a gradient reaches: whether there is any, and whether the body has a part of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .ghost_norm import Gradients
from .labels import body_norms
from .objectives import layer_norms

__all__ = ["FLOAT_NOISE", "Reach", "reach_of"]

FLOAT_NOISE = 1e-6
"""A body's gradient below this part of the whole is rounding."""


class Reach(NamedTuple):
    """Lengths of the gradients of N cells, and what they allow.

    Attributes:
        layers: (layers, N), the length of each layer's part.
        norm, body: (N,), the length of the whole and of the body's part.
        usable: (N,) bool, whether there is a finite gradient at all.
        reached: (N,) bool, whether it reaches the body, too.
    """

    layers: Tensor
    norm: Tensor
    body: Tensor
    usable: Tensor
    reached: Tensor


def reach_of(model: nn.Module, target: Gradients, layers: list[str]) -> Reach:
    """How far the gradients of N cells reach.

    Args:
        model: whose weights they are the gradients of.
        target: weight name to (N, *weight.shape).
        layers: names of the layers that hold weights.
    """
    norms = layer_norms(target, layers)
    norm, body = norms.norm(dim=0), body_norms(model, norms, layers)
    usable = torch.isfinite(norm) & (norm > 0)
    return Reach(norms, norm, body, usable, usable & (body > FLOAT_NOISE * norm))
