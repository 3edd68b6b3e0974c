"""How far the forget part of a batch lies from where it should go: a point, or the retain data."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["distance_to_point", "random_directions", "sliced_wasserstein"]


def distance_to_point(forget: Tensor, point: Tensor | float, norm: str) -> Tensor:
    """Mean length of forget − point; (n, ...) -> scalar.

    Args:
        forget: a representation of n samples, (n, C, ...) with positions behind the channels.
        point: broadcasts against one sample of it.
        norm: `l2` or `squared` length, either divided by the (root of the) number of positions, so
            that no block outweighs another by its size: a map (n, C, H, W) has H·W positions, a
            transformer's tokens (n, d, T) have T.
    """
    positions = forget.shape[2:]
    flat = (forget.float() - point).flatten(1)
    squared = flat.square().sum(1) / math.prod(positions)
    # the gradient of a root is infinite at 0, the very point we contract to
    return (squared if norm == "squared" else (squared + 1e-12).sqrt()).mean()


def random_directions(count: int, width: int, generator: torch.Generator) -> Tensor:
    """(width, count) unit columns, uniform on the sphere, on the generator's device."""
    drawn = torch.randn(width, count, generator=generator, device=generator.device)
    units: Tensor = drawn / drawn.norm(dim=0)
    return units


def sliced_wasserstein(a: Tensor, b: Tensor, directions: Tensor, norm: str = "l2") -> Tensor:
    """Distance of two sets of samples, averaged over projections onto lines.

    On a line the optimal pairing of two equally large sets is by rank, so with a_(i)^v the i-th
    smallest of a·v:

        W_v² = mean over i of (a_(i)^v − b_(i)^v)²
        squared  mean over v of W_v²    (Bonneel et al. 2015, J. Math. Imaging Vis. 51)
        l2       mean over v of W_v

    Args:
        a, b: (n, d) and (m, d); of the larger set only as many samples as the smaller has take
            part, the first ones (batches are shuffled).
        directions: (d, L) unit columns.
        norm: which power.
    """
    n = min(len(a), len(b))
    gap = (a[:n] @ directions).sort(0).values - (b[:n] @ directions).sort(0).values
    squared = gap.square().mean(0)
    return (squared if norm == "squared" else (squared + 1e-12).sqrt()).mean()
