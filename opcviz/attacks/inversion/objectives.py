"""What the search minimises: the distance of two gradients, and total variation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .ghost_norm import Gradients
from .gradients import Objective

__all__ = ["OBJECTIVES", "layer_norms", "objective_of", "total_variation"]


def total_variation(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean absolute difference of neighbours down plus across, (N,), and its derivative by x."""
    value, slope = x.new_zeros(len(x)), torch.zeros_like(x)
    for axis in (2, 3):
        size = x.shape[axis] - 1
        if size:
            step = x.diff(dim=axis)
            count = step[0].numel()
            value = value + step.abs().flatten(1).sum(1) / count
            way = step.sign() / count
            slope.narrow(axis, 1, size).add_(way)
            slope.narrow(axis, 0, size).sub_(way)
    return value, slope


Parts = tuple[Tensor, Tensor, Tensor]
"""A distance and its derivatives by <g, t> and ‖g‖²."""


def cosine(dot: Tensor, square: Tensor, norm: Tensor) -> Parts:
    """1 − cos(g, t): blind to the length of either. The target t comes with length 1."""
    length = square.clamp_min(torch.finfo(square.dtype).tiny ** 0.6).sqrt()
    return 1 - dot / length, -1 / length, dot / (2 * length**3)


def euclidean(dot: Tensor, square: Tensor, norm: Tensor) -> Parts:
    """‖g/n − t‖² with n the target's norm: squared distance relative to the target."""
    return square / norm**2 - 2 * dot / norm + 1, -2 / norm, 1 / norm**2


OBJECTIVES: dict[str, Callable[[Tensor, Tensor, Tensor], Parts]] = {
    "cosine": cosine,
    "euclidean": euclidean,
}


def objective_of(name: str, norms: Tensor, layerwise: bool = False) -> Objective:
    """A distance of whole gradients, or the mean of the layers' distances.

    Args:
        name: of `OBJECTIVES`.
        norms: (layers, B), what each layer's target was divided by; for whole gradients every
            row is the whole target's norm.
        layerwise: every layer counts the same. One whose gradient is zero has no direction: it
            costs what a gradient at right angles would, and pulls nowhere.
    """
    formula = OBJECTIVES[name]

    def whole(dots: Tensor, squares: Tensor) -> Parts:
        cost, by_dot, by_square = formula(dots.sum(0), squares.sum(0), norms[0])
        return cost, by_dot.expand_as(dots), by_square.expand_as(dots)

    def each(dots: Tensor, squares: Tensor) -> Parts:
        cost, by_dot, by_square = formula(dots, squares, norms)
        there = (squares > 0) / len(dots)
        return cost.mean(0), by_dot * there, by_square * there

    return each if layerwise else whole


def layer_norms(target: Gradients, layers: list[str]) -> Tensor:
    """(layers, B): the length of each layer's part of a gradient, given for each of B cells."""
    squares: dict[str, Tensor] = {}
    for name, t in target.items():
        layer = name.rpartition(".")[0]
        own = t.flatten(1).norm(dim=1)
        squares[layer] = torch.hypot(squares[layer], own) if layer in squares else own
    return torch.stack([squares[layer] for layer in layers])
