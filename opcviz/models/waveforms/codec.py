"""An autoencoder of log-spectrograms: what diffusion works on is its code of a few numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["Codec"]

HIDDEN = 256
MOMENTUM = 0.05  # of the running moments of the code


class Codec(nn.Module):
    """Two perceptrons with a code between them whose numbers have mean 0 and variance 1.

    The moments of the code are those of the batch while the autoencoder learns, and running ones
    else: diffusion needs a code of known spread.

    Args:
        shape: (frequencies, frames) of a spectrogram.
        code: numbers of a code.
    """

    def __init__(self, shape: tuple[int, int], code: int) -> None:
        super().__init__()
        self.shape, self.code = shape, code
        size = math.prod(shape)
        self.encoder = nn.Sequential(
            *(nn.Flatten(), nn.Linear(size, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, HIDDEN)),
            *(nn.GELU(), nn.Linear(HIDDEN, code)),
        )
        self.decoder = nn.Sequential(
            *(nn.Linear(code, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, HIDDEN), nn.GELU()),
            *(nn.Linear(HIDDEN, size), nn.Unflatten(1, shape)),
        )
        self.register_buffer("mean", torch.zeros(code))
        self.register_buffer("variance", torch.ones(code))
        self.mean: Tensor
        self.variance: Tensor

    def encode(self, levels: Tensor, learning: bool = False) -> Tensor:
        """Codes (B, code) of spectrograms (B, frequencies, frames).

        Args:
            levels: standardised.
            learning: whether the moments are the batch's, and the running ones follow them.
        """
        raw = self.encoder(levels).float()
        if learning and len(raw) > 1:
            mean, variance = raw.mean(0), raw.var(0)
            with torch.no_grad():
                self.mean.lerp_(mean, MOMENTUM)
                self.variance.lerp_(variance, MOMENTUM)
        else:
            mean, variance = self.mean, self.variance
        found: Tensor = (raw - mean) / (variance + 1e-5).sqrt()
        return found

    def decode(self, codes: Tensor) -> Tensor:
        """Spectrograms (B, frequencies, frames) of codes (B, code)."""
        found: Tensor = self.decoder(codes)
        return found
