"""Records as log-spectrograms, and back: the amplitude is a model's, the phase is noise's."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["Spectrogram"]

WINDOW, HOP = 16, 6  # samples: 0.8 s and 0.3 s at 20 Hz, so that an onset stays where it is
FLOOR = 1e-3  # cm/s², added to every amplitude: below it all is silence
SPECKLE = 0.5772156649 / (2 * math.log(10))
"""How far the mean log10 amplitude of complex Gaussian noise lies below that of its rms."""


class Spectrogram(nn.Module):
    """log10(|STFT| + floor), standardised by one mean and one deviation.

    Args:
        length: samples of a record.
        mean, deviation: of the log amplitudes of the train records.
    """

    def __init__(self, length: int, mean: float, deviation: float) -> None:
        super().__init__()
        self.length = length
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("deviation", torch.tensor(deviation))
        self.window: Tensor
        self.mean: Tensor
        self.deviation: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """(frequencies, frames)."""
        return WINDOW // 2 + 1, self.length // HOP + 1

    def transform(self, records: Tensor) -> Tensor:
        """(B, T) -> (B, frequencies, frames) complex."""
        found: Tensor = torch.stft(
            records.float(), WINDOW, HOP, window=self.window, pad_mode="constant",
            return_complex=True,
        )  # fmt: skip
        return found

    def forward(self, records: Tensor) -> Tensor:
        """(B, T) -> (B, frequencies, frames), standardised log10 amplitudes."""
        amplitudes = (self.transform(records).abs() + FLOOR).log10()
        return (amplitudes - self.mean) / self.deviation

    def records(self, levels: Tensor, noise: Tensor) -> Tensor:
        """Records (B, T) whose mean log amplitudes are given, with the phases of white noise.

        The noise's own amplitudes stay, too, so that records are as ragged as real ones: this is
        the stochastic method with an envelope over time and frequency that a model learnt.

        Args:
            levels: (B, frequencies, frames), as `forward` gives them, but smooth.
            noise: (B, T) of unit variance.
        """
        phases = self.transform(noise)
        phases = phases / phases.abs().square().mean((1, 2), keepdim=True).sqrt()
        amplitudes = 10 ** (levels.float() * self.deviation + self.mean + SPECKLE)
        amplitudes = (amplitudes - FLOOR).clamp(min=0)
        made: Tensor = torch.istft(
            amplitudes * phases, WINDOW, HOP, window=self.window, length=self.length
        )
        return made
