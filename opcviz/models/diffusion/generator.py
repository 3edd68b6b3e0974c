"""A class-conditional generator: a net, a process, and a table of addresses."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ...common.config import ConfigError
from ...data import Data
from ..settings import Architecture
from .mlp import ModulatedMLP
from .names import GENERATORS, UNETS
from .process import Process, get_process
from .unet import UNet

__all__ = ["Generator", "build_generator"]


class Generator(nn.Module):
    """Predicts, from a noised picture, its noise level and an address, what the process asks for.

    A class is asked for by its *address*, a vector: the class's row of a trained table. The last
    row is the null address, for pictures of any class. Since `forward` takes the vector and not
    the class, whoever looks for a way back to a forgotten class can look among all vectors.

    Pictures are in [-1, 1].

    Args:
        net: (B, pixels), (B,), (B, D) -> (B, pixels).
        shape: of a picture, (channels, height, width).
        classes: how many.
        process: what is predicted.

    Attributes:
        table: the addresses, classes + 1 rows of width D.
        positions: how often a weight is used for one picture, see `common.devices`.
    """

    def __init__(
        self, net: ModulatedMLP | UNet, shape: tuple[int, ...], classes: int, process: Process
    ) -> None:
        super().__init__()
        self.positions = net.positions
        self.net, self.shape, self.classes, self.process = net, tuple(shape), classes, process
        self.table = nn.Embedding(classes + 1, net.address)
        nn.init.normal_(self.table.weight, std=0.02 * math.sqrt(net.address))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.table.weight.device

    def address(self, y: Tensor, unknown: Iterable[int] = ()) -> Tensor:
        """The addresses of classes, (B,) int64 -> (B, D); the class `classes` has the null one.

        Args:
            y: classes, from 0 to `classes`.
            unknown: classes whose row was never trained (those that a retrained model has not
                seen): they get the null address.
        """
        for c in unknown:
            y = torch.where(y == c, self.classes, y)
        rows: Tensor = self.table(y)
        return rows

    def null(self, count: int) -> Tensor:
        """The null address, `count` times: (count, D)."""
        return self.address(torch.full((count,), self.classes, device=self.device))

    def forward(self, x_t: Tensor, t: Tensor, e: Tensor) -> Tensor:
        """The prediction, (B, *shape).

        Args:
            x_t: (B, *shape) noised pictures.
            t: (B,) noise levels in [0, 1].
            e: (B, D) addresses.
        """
        prediction: Tensor = self.net(x_t.flatten(1), t, e)
        return prediction.view(-1, *self.shape)

    def middle(self, x_t: Tensor, t: Tensor, e: Tensor) -> Tensor:
        """What is in the middle of the net, (B, F): half of it has seen the picture."""
        return self.net.middle(x_t.flatten(1), t, e)

    def noised(self, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x_t, (B, *shape), of pictures (B, *shape) at levels (B,) with noise (B, *shape)."""
        return self.process.noised(x, noise, t)

    def losses(self, x: Tensor, e: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """Squared error of the prediction, mean over pixels, (B,).

        Args:
            x: (B, *shape) pictures in [-1, 1].
            e: (B, D) addresses.
            t: (B,) noise levels.
            noise: (B, *shape).
        """
        prediction: Tensor = self(self.noised(x, t, noise), t, e).float()
        return (prediction - self.process.target(x, noise, t)).square().flatten(1).mean(1)


def build_generator(architecture: Architecture, data: Data) -> Generator:
    """A freshly initialised generator for the pictures and classes of `data`, on the CPU.

    Initial weights follow torch's global generator: seed it first.

    Raises:
        ConfigError: for a name of no generator.
    """
    if architecture.name not in GENERATORS:
        raise ConfigError(
            f"Architecture.name: '{architecture.name}' is no generator; there are "
            f"{', '.join(GENERATORS)}"
        )
    process = get_process(GENERATORS[architecture.name])
    return Generator(_net(architecture, data.shape), data.shape, data.classes, process)


def _net(architecture: Architecture, shape: tuple[int, ...]) -> ModulatedMLP | UNet:
    if architecture.name.startswith(UNETS):
        return UNet(shape, 8 * max(1, round(8 * architecture.width)))
    width = max(8, round(256 * architecture.width))
    return ModulatedMLP(math.prod(shape), width, 2 * width)
