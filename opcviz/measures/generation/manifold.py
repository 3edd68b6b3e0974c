"""Which features lie where real ones lie: k-nearest-neighbour manifolds.

After Kynkäänniemi et al. (2019, arXiv 1904.06991): a set's manifold is the union of balls about its
points, each as large as the distance to the point's k-th nearest neighbour in the set.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Manifold", "precision_recall"]

CHUNK = 2048


@dataclass(frozen=True, eq=False)
class Manifold:
    """A union of balls.

    Attributes:
        points: (n, d).
        radii: (n,) distance of each point to its k-th nearest neighbour.
    """

    points: Tensor
    radii: Tensor

    @classmethod
    def of(cls, points: Tensor, neighbours: int) -> Manifold:
        """The manifold of a set, with fewer neighbours where it has no so many others.

        Args:
            points: (n, d).
            neighbours: k.

        Raises:
            ValueError: for a set of fewer than two points.
        """
        if len(points) < 2:
            raise ValueError(f"a manifold wants at least two points, not {len(points)}")
        k = min(neighbours, len(points) - 1)
        points = points.detach().double()
        # the nearest of all is the point itself
        near = [_distances(part, points).kthvalue(k + 1, 1).values for part in points.split(CHUNK)]
        return cls(points, torch.cat(near))

    def holds(self, features: Tensor) -> Tensor:
        """Which of (m, d) features lie in one of the balls, (m,) bool."""
        parts = features.detach().to(self.points).split(CHUNK)
        inside = [(_distances(part, self.points) <= self.radii).any(1) for part in parts]
        return torch.cat(inside) if inside else features.new_empty(0, dtype=torch.bool)


def precision_recall(drawn: Tensor, real: Tensor, neighbours: int = 3) -> tuple[float, float]:
    """The share of drawn features among the real ones' manifold, and of real among the drawn's.

    Args:
        drawn, real: (n, d) and (m, d) features.
        neighbours: k; 3 in the paper.
    """
    precision = Manifold.of(real, neighbours).holds(drawn).double().mean().item()
    recall = Manifold.of(drawn, neighbours).holds(real).double().mean().item()
    return precision, recall


def _distances(a: Tensor, b: Tensor) -> Tensor:
    # the matrix product's rounding would leave a point outside its own ball
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
