"""What an attacker sees of the pictures that he searches for, and how much he may spend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from .ghost_norm import Gradients
from .gradients import GradientMatch

__all__ = ["InversionView", "SearchLimits"]


@dataclass(frozen=True, eq=False)
class InversionView:
    """All that the attacker sees; never the pictures.

    Attributes:
        models: M networks of one architecture, at whose weights he differentiates.
        target: weight name to (M·B, *weight.shape): of each cell, model by model, the gradient
            to explain.
        labels: (M·B·batch,) int64, the pictures' classes; None: to be inferred.
        shape: (C, H, W) of a picture.
        batch: pictures a cell, whose mean gradient is the target.
        slopes: that backward gives to ReLU units that are off, in each model; see `surrogate`.
    """

    models: Sequence[nn.Module]
    target: Gradients
    labels: Tensor | None
    shape: tuple[int, ...]
    batch: int = 1
    slopes: Sequence[float] = ()

    def match(self, models: Sequence[int]) -> GradientMatch:
        """The gradient machinery of the models at these positions."""
        return GradientMatch(
            [self.models[m] for m in models],
            self.shape,
            group_size=self.batch,
            slope=[self.slopes[m] for m in models] if self.slopes else 0.0,
        )


@dataclass(frozen=True, eq=False)
class SearchLimits:
    """How much is spent on each of N cells.

    Attributes:
        starts: (N,) most starts; 0: the cell is not searched.
        rounds: (N,) most rounds.
    """

    starts: Tensor
    rounds: Tensor
