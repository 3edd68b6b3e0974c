"""Recovery while a method still runs: the same attack on a small probe set, in milliseconds."""

from __future__ import annotations

import torch
from torch import Tensor

from ...common.records import Undefined
from .least_squares import StreamedLeastSquares

__all__ = ["LiveRecovery"]


class LiveRecovery:
    """FM on a probe set, in milliseconds: for curves that move in training.

    Two attackers: one who holds the whole set (fit set `all`), and one who holds its retained part.

    The probe set should hold several times more samples than features: with as many features as
    samples least squares interpolates, and everything is "recovered".

    Args:
        original_features: (n, d_o) of the original model.
        head: weight (C, d_o) and bias (C,) of the original head.
        labels: (n,) true classes.
        forget: (n,) bool, which samples are to be forgotten.
        ridge: relative to the features' size, see `Recovery`.

    Raises:
        ValueError: for an empty forget set, or values that are not finite.
    """

    def __init__(
        self,
        original_features: Tensor,
        head: tuple[Tensor, Tensor],
        labels: Tensor,
        forget: Tensor,
        ridge: float = 0.0,
    ) -> None:
        self.labels, self.forget, self.ridge = labels.cpu(), forget.cpu().bool(), ridge
        if not self.forget.any():
            raise ValueError("live recovery: no sample of the probe set is to be forgotten")
        weight, bias = (t.detach().to("cpu", torch.float64) for t in head)
        self.targets = original_features.detach().to(weight) @ weight.T + bias
        if not self.targets.isfinite().all():
            raise ValueError("live recovery: the original features or head are not finite")

    @torch.no_grad()
    def score(self, unlearned_features: Tensor, *, retain_only: bool = False) -> float | Undefined:
        """Percent of the forget samples that FM recovers.

        Args:
            unlearned_features: (n, d) of the probe set as they are now.
            retain_only: whether the map is fitted on retained samples alone.

        Raises:
            ValueError: for another number of samples.
        """
        features = unlearned_features.detach().to("cpu", torch.float64)
        if not features.isfinite().all():
            return Undefined("features are not finite")
        moments = StreamedLeastSquares(features.shape[-1], self.targets.shape[1])
        fitted = ~self.forget if retain_only else torch.ones_like(self.forget)
        if not fitted.any():
            return Undefined("no sample of the probe set is retained")
        moments.add(features[fitted], self.targets[fitted])
        answers = moments.solve(self.ridge * moments.scale())(features[self.forget]).argmax(1)
        right = (answers == self.labels[self.forget]).double()
        return 100 * right.mean().item()
