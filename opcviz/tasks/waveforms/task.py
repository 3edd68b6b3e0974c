"""The task itself: the loss of an autoencoder and of diffusion in its code."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...common.config import ConfigError
from ...common.progress import Progress
from ...data import Data
from ...data.earthquakes import Earthquakes
from ...models import Architecture
from ...models.diffusion.process import stratified
from ...models.waveforms import (
    WAVEFORM_GENERATORS,
    WaveformGenerator,
    build_waveform_generator,
)
from ..base import Task, register_task
from ..generation.observe import DRAWS, fixed_noise
from ..generation.task import noise_like

__all__ = ["Waveforms", "as_waveform_generator"]

CHUNK = 512


@dataclass(frozen=True, eq=False)
class SeenRecords:
    """What a model computes on one part of the data.

    Attributes:
        codes: (N, D) the records' codes.
        losses: (N,) loss of each, at fixed noise.
        targets: (N, 6) conditions.
    """

    codes: Tensor
    losses: Tensor
    targets: Tensor


@dataclass(frozen=True, eq=False)
class WaveformOutputs:
    """What a model computes on the train and the test set."""

    train: SeenRecords
    test: SeenRecords


@register_task("waveforms")
class Waveforms(Task):
    """Make records; models are `opcviz.models.waveforms.WaveformGenerator`s.

        loss = ‖decode(encode(s)) − s‖² + ‖m(z_t, c) − target(z)‖²,   z = sg encode(s)

    with s the log-spectrogram of a record, each term a mean, and sg no gradient: diffusion follows
    the code and does not shape it. Both parts learn in one training, from the same records.
    In eval mode the second term is a mean over fixed levels and noises.
    """

    half = True

    def networks(self) -> list[str]:
        """Those of `WAVEFORM_GENERATORS`."""
        return list(WAVEFORM_GENERATORS)

    def build(self, architecture: Architecture, data: Data, seed: int) -> WaveformGenerator:
        """A `WaveformGenerator` for the records of `data`.

        Raises:
            ConfigError: if the data are no records of earthquakes or the name is unknown.
        """
        if not isinstance(data, Earthquakes):
            raise ConfigError(
                f"{data.name} holds no records of earthquakes with their conditions; choose the "
                "data set earthquakes, or records of your own"
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build_waveform_generator(architecture, data).to(data.device)

    def losses(self, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """Loss of each record, (B,), see the class.

        Args:
            model: its mode says which loss is meant.
            x: (B, 1, T) records.
            y: (B, 6) conditions.
        """
        net = as_waveform_generator(model)
        levels = net.spectrogram(x[:, 0])
        codes = net.codec.encode(levels, learning=net.training)
        rebuilt = (net.codec.decode(codes).float() - levels).square().flatten(1).mean(1)
        codes, e = codes.detach(), net.address(y)
        if not net.training:
            fixed: Tensor = rebuilt + _at_fixed_levels(net, codes, e)
            return fixed
        # all draws are made on the CPU: the loop seeds its generator, whatever the device
        t = stratified(len(x)).to(x.device)
        drawn: Tensor = rebuilt + net.losses(codes, e, t, noise_like(codes))
        return drawn

    @torch.no_grad()
    def observe(
        self, model: nn.Module, data: Data, *, progress: Progress | None = None
    ) -> WaveformOutputs:
        """Codes and losses of all train and test records."""
        net, progress = as_waveform_generator(model), progress or Progress()
        training = net.training
        net.eval()
        parts = []
        for split, y in (("train", data.y_train), ("test", data.y_test)):
            codes, losses = [], []
            for ids in torch.arange(len(y), device=data.device).split(CHUNK):
                progress.check()
                x = data.batch(ids, split)
                codes.append(net.encode(x))
                losses.append(self.losses(net, x, y[ids]))
            parts.append(SeenRecords(torch.cat(codes), torch.cat(losses), y))
        net.train(training)
        return WaveformOutputs(*parts)


def _at_fixed_levels(net: WaveformGenerator, codes: Tensor, e: Tensor) -> Tensor:
    count = len(codes)
    levels = (torch.arange(DRAWS, device=codes.device) + 0.5) / DRAWS
    noise = fixed_noise(DRAWS, net.shape).to(codes.device)
    each = net.losses(
        codes.repeat(DRAWS, 1),
        e.repeat(DRAWS, 1),
        levels.repeat_interleave(count),
        noise.repeat_interleave(count, 0),
    )
    return each.view(DRAWS, count).mean(0)


def as_waveform_generator(model: nn.Module) -> WaveformGenerator:
    """The model, which must make records.

    Raises:
        TypeError: when it does not.
    """
    if not isinstance(model, WaveformGenerator):
        raise TypeError(f"{type(model).__name__} makes no records of earthquakes")
    return model
