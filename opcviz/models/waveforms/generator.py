"""A model that makes records of earthquakes it is asked for: 1-D latent diffusion."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ...common.config import ConfigError
from ...data import Data
from ..diffusion.mlp import ModulatedMLP
from ..diffusion.process import Process, get_process
from ..settings import Architecture
from .codec import Codec
from .names import WAVEFORM_GENERATORS
from .spectrogram import Spectrogram

__all__ = ["WAVEFORM_GENERATORS", "WaveformGenerator", "build_waveform_generator"]

CODE = 32
WIDTH, ADDRESS = 192, 128
WAVES, SPREAD = 32, 1.0  # random frequencies of a condition, and their standard deviation
CLIP = 5.0  # deviations of a code's number at most, while drawing
STEPS = 25


class WaveformGenerator(nn.Module):
    """Predicts, from a noised code, its noise level and a condition, what the process asks for.

    A condition c is six numbers, standardised; its address is MLP([c, sin Fc, cos Fc]) with fixed
    random frequencies F. The autoencoder is a part of the model and learns from what the model
    learns from, so that a model that never saw some records has no part that did.

    Args:
        spectrogram: of records.
        codec: of spectrograms.
        process: what is predicted.
        width: of the net.
        centre, scale: (6,) mean and deviation of the train records' conditions.

    Attributes:
        positions: how often a weight is used for one record, see `common.devices`.
    """

    positions = 1

    def __init__(
        self,
        spectrogram: Spectrogram,
        codec: Codec,
        process: Process,
        width: int,
        centre: Tensor,
        scale: Tensor,
    ) -> None:
        super().__init__()
        self.spectrogram, self.codec, self.process = spectrogram, codec, process
        self.net = ModulatedMLP(codec.code, width, 2 * width, address=ADDRESS)
        given = len(centre)
        self.place = nn.Sequential(
            *(nn.Linear(given + 2 * WAVES, ADDRESS), nn.SiLU(), nn.Linear(ADDRESS, ADDRESS)),
        )
        self.register_buffer("centre", centre)
        self.register_buffer("scale", scale)
        self.register_buffer("waves", SPREAD * torch.randn(given, WAVES))
        self.centre: Tensor
        self.scale: Tensor
        self.waves: Tensor

    @property
    def length(self) -> int:
        """Samples of a record."""
        return self.spectrogram.length

    @property
    def shape(self) -> tuple[int]:
        """Of a code."""
        return (self.codec.code,)

    def address(self, conditions: Tensor) -> Tensor:
        """The addresses (B, D) of conditions (B, 6)."""
        c = (conditions.float() - self.centre) / self.scale
        angles = c @ self.waves
        found: Tensor = self.place(torch.cat([c, angles.sin(), angles.cos()], 1))
        return found

    def forward(self, z_t: Tensor, t: Tensor, e: Tensor) -> Tensor:
        """The prediction, (B, code), of noised codes (B, code) at levels (B,) and addresses."""
        prediction: Tensor = self.net(z_t, t, e)
        return prediction

    def noised(self, z: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """z_t, (B, code), of codes at levels (B,) with noise (B, code)."""
        return self.process.noised(z, noise, t)

    def losses(self, z: Tensor, e: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """Squared error of the prediction, mean over the code, (B,); arguments as of `noised`."""
        prediction = self(self.noised(z, t, noise), t, e).float()
        each: Tensor = (prediction - self.process.target(z, noise, t)).square().mean(1)
        return each

    def encode(self, records: Tensor) -> Tensor:
        """Codes (B, code) of records (B, 1, T), by the running moments."""
        return self.codec.encode(self.spectrogram(records[:, 0]))

    @torch.no_grad()
    def draw(self, conditions: Tensor, noise: Tensor, phases: Tensor, steps: int = STEPS) -> Tensor:
        """Records (B, T) of conditions (B, 6): DDIM without added noise, then the decoder.

        Args:
            conditions: what is asked for.
            noise: (B, code) of unit variance; models that are compared share it.
            phases: (B, T) of unit variance, likewise.
            steps: of the sampler, evenly spaced in t.
        """
        e, z_t, seen = self.address(conditions), noise, noise
        times = torch.linspace(1, 0, steps + 1, device=noise.device)
        for now, then in pairwise(times):
            prediction = self(z_t, now.expand(len(noise)), e).float()
            seen = self.process.split(prediction, z_t, now.expand(len(noise)))[0].clamp(-CLIP, CLIP)
            alpha, sigma = self.process.coefficients(now)
            rest = (z_t - alpha * seen) / sigma
            alpha, sigma = self.process.coefficients(then)
            z_t = alpha * seen + sigma * rest
        return self.spectrogram.records(self.codec.decode(seen), phases)

    @torch.no_grad()
    def through(self, records: Tensor, phases: Tensor) -> Tensor:
        """Records (B, 1, T) through the autoencoder and back, (B, T)."""
        return self.spectrogram.records(self.codec.decode(self.encode(records)), phases)


def build_waveform_generator(architecture: Architecture, data: Data) -> WaveformGenerator:
    """A freshly initialised model for the records of `data`, on the CPU.

    Six means and deviations of conditions and one of log amplitudes are those of the whole train
    set: the only numbers that a retrained model shares with what it never saw.

    Initial weights follow torch's global generator: seed it first.

    Raises:
        ConfigError: for a name of no such model.
    """
    if architecture.name not in WAVEFORM_GENERATORS:
        raise ConfigError(
            f"Architecture.name: '{architecture.name}' makes no records; there are "
            f"{', '.join(WAVEFORM_GENERATORS)}"
        )
    plain = Spectrogram(data.shape[-1], 0.0, 1.0)
    records = data.x_train[:, 0].cpu()
    levels = torch.cat([plain(part).flatten() for part in records.split(1024)])
    # float64: the same figure whatever the machine
    spectrogram = Spectrogram(
        data.shape[-1], levels.double().mean().item(), levels.double().std().item()
    )
    asked = data.y_train.cpu().double()
    spread = asked.std(0).clamp(min=1e-6)
    width = max(8, round(WIDTH * architecture.width))
    return WaveformGenerator(
        spectrogram,
        Codec(spectrogram.shape, CODE),
        get_process(WAVEFORM_GENERATORS[architecture.name]),
        width,
        asked.mean(0).float(),
        spread.float(),
    )
