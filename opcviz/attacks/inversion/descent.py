"""How pictures move downhill: Adam, or AdamW on the signs of the slope, with pixels in [0, 1]."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["AdamDescent", "rate"]


def rate(schedule: str, at: float) -> float:
    """The factor on the step size when the part `at` (0 to 1) of the search is done."""
    if schedule == "cosine":
        return (1 + math.cos(math.pi * at)) / 2
    return 0.5 ** sum(at >= eighths / 8 for eighths in (3, 5, 7))


class AdamDescent:
    """Adam with momentum (0.9, 0.99), or AdamW on the signs of the slope (Hu et al. 2024)."""

    def __init__(self, x: Tensor, lr: float, schedule: str, signed: bool) -> None:
        self.x, self.lr, self.schedule, self.signed = x, lr, schedule, signed
        self.optimizer: torch.optim.Optimizer
        if signed:
            self.optimizer = torch.optim.AdamW([x], lr)
        else:
            self.optimizer = torch.optim.Adam([x], lr, betas=(0.9, 0.99))

    def step(self, slope: Tensor, at: float) -> Tensor:
        """One step of the optimiser, the pixels clamped after it.

        Args:
            slope: (N, C, H, W) derivative at the pictures returned last.
            at: the part of the search that is done, 0 to 1.
        """
        self.x.grad = slope.sign() if self.signed else slope
        self.optimizer.param_groups[0]["lr"] = self.lr * rate(self.schedule, at)
        self.optimizer.step()
        return self.x.clamp_(0, 1)
