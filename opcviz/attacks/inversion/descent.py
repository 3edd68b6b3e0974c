"""How pictures move downhill: Adam, or AdamW on the signs of the slope, with pixels in [0, 1]."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["AdamDescent", "rate"]

DECAY = 0.01  # of AdamW
EPSILON = 1e-8


def rate(schedule: str, at: float) -> float:
    """The factor on the step size when the part `at` (0 to 1) of the search is done."""
    if schedule == "cosine":
        return (1 + math.cos(math.pi * at)) / 2
    return 0.5 ** sum(at >= eighths / 8 for eighths in (3, 5, 7))


class AdamDescent:
    """Adam with momentum (0.9, 0.99), or AdamW on the signs of the slope (Hu et al. 2024).

    torch's own arithmetic, written out: an optimiser of one small tensor is mostly overhead.
    """

    def __init__(self, x: Tensor, lr: float, schedule: str, signed: bool) -> None:
        self.x, self.lr, self.schedule, self.signed = x, lr, schedule, signed
        self.betas = (0.9, 0.999) if signed else (0.9, 0.99)
        self.mean, self.square = torch.zeros_like(x), torch.zeros_like(x)
        self.steps = 0

    @torch.no_grad()
    def step(self, slope: Tensor, at: float) -> Tensor:
        """One step of the optimiser, the pixels clamped after it.

        Args:
            slope: (N, C, H, W) derivative at the pictures returned last.
            at: the part of the search that is done, 0 to 1.
        """
        slope = slope.sign() if self.signed else slope
        lr = self.lr * rate(self.schedule, at)
        if self.signed:
            self.x.mul_(1 - lr * DECAY)
        self.steps += 1
        first, second = self.betas
        self.mean.lerp_(slope, 1 - first)
        self.square.mul_(second).addcmul_(slope, slope, value=1 - second)
        length = self.square.sqrt().div_((1 - second**self.steps) ** 0.5).add_(EPSILON)
        self.x.addcdiv_(self.mean, length, value=-lr / (1 - first**self.steps))
        return self.x.clamp_(0, 1)
