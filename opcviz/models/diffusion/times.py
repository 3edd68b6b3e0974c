"""Noise levels as numbers that a net can tell apart."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["TimeEmbedding"]

WAVES = 32  # sines and as many cosines of the time
FASTEST = 1000.0  # of their frequencies, as for DDPM's thousand steps


class TimeEmbedding(nn.Sequential):
    """Sines and cosines of the noise level, through two layers: (B,) in [0, 1] -> (B, width).

    Args:
        width: of what comes out.
    """

    def __init__(self, width: int) -> None:
        super().__init__(nn.Linear(2 * WAVES, width), nn.SiLU(), nn.Linear(width, width))
        waves = torch.logspace(0, math.log10(FASTEST), WAVES)
        self.register_buffer("waves", waves, persistent=False)
        self.waves: Tensor

    def forward(self, t: Tensor) -> Tensor:
        """(B,) -> (B, width)."""
        angles = t[:, None] * self.waves
        h = torch.cat([angles.sin(), angles.cos()], 1)
        for layer in self:
            h = layer(h)
        return h
