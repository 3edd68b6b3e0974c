"""How a picture becomes noise, and what a net predicts to take that back.

In all processes x_t = α_t x + σ_t ε with t in [0, 1]: x_0 is the picture, x_1 (all but) noise.
They differ in the schedule (α, σ) and in what is predicted. At a fixed x_t every prediction is an
affine function of every other, so that a loss of unlearning is written once, on "the prediction",
and means the same for all of them but for its weight over t.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from ...common.config import ConfigError
from .names import PROCESSES

__all__ = ["Process", "get_process", "stratified"]


class Process(ABC):
    """A schedule and what is predicted under it.

    Attributes:
        name: one of `PROCESSES`.
    """

    name: str

    @abstractmethod
    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """α and σ, each of the shape of `t`."""

    @abstractmethod
    def target(self, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """What a net should predict, (B, *shape).

        Args:
            x: (B, *shape) pictures in [-1, 1].
            noise: (B, *shape) of unit variance.
            t: (B,) in [0, 1].
        """

    @abstractmethod
    def split(self, prediction: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """The picture and the noise that a prediction at x_t says there are, (B, *shape) each."""

    def noised(self, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """x_t = α x + σ ε, (B, *shape)."""
        alpha, sigma = self._shaped(t, x)
        return alpha * x + sigma * noise

    def ignorant(self, x_t: Tensor, t: Tensor) -> Tensor:
        """The best prediction of who knows of the pictures no more than N(0, I), (B, *shape).

        Given x_t the expected picture is then α x_t / (α² + σ²), and the expected noise
        σ x_t / (α² + σ²). Of v-prediction it is 0.
        """
        alpha, sigma = self._shaped(t, x_t)
        known = x_t / (alpha.square() + sigma.square())
        return self.target(alpha * known, sigma * known, t)

    def _shaped(self, t: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """The coefficients with the axes of `like`."""
        shape = (-1, *[1] * (like.dim() - 1))
        alpha, sigma = self.coefficients(t)
        return alpha.view(shape), sigma.view(shape)


class _V(Process):
    """α = cos(πt/2), σ = sin(πt/2); predicted is v = α ε − σ x, bounded at both ends."""

    name = "v"

    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor]:
        return (t * (math.pi / 2)).cos(), (t * (math.pi / 2)).sin()

    def target(self, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = self._shaped(t, x)
        return alpha * noise - sigma * x

    def split(self, prediction: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        alpha, sigma = self._shaped(t, x_t)
        return alpha * x_t - sigma * prediction, sigma * x_t + alpha * prediction


class _Epsilon(Process):
    """DDPM's linear β from 0.1 to 20 in continuous time, variance kept; predicted is ε."""

    name = "eps"

    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor]:
        log_alpha = -0.25 * t.square() * 19.9 - 0.5 * t * 0.1
        return log_alpha.exp(), (-(2 * log_alpha).expm1()).sqrt()

    def target(self, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        return noise

    def split(self, prediction: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        alpha, sigma = self._shaped(t, x_t)
        return (x_t - sigma * prediction) / alpha, prediction


class _Flow(Process):
    """α = 1 − t, σ = t; predicted is the velocity ε − x of the straight line between the two."""

    name = "flow"

    def coefficients(self, t: Tensor) -> tuple[Tensor, Tensor]:
        return 1 - t, t

    def target(self, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        return noise - x

    def split(self, prediction: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        alpha, sigma = self._shaped(t, x_t)
        return x_t - sigma * prediction, x_t + alpha * prediction


_ALL: dict[str, Process] = {process.name: process for process in (_V(), _Epsilon(), _Flow())}


def get_process(name: str) -> Process:
    """The process of that name.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    if name not in _ALL:
        raise ConfigError(f"there is no process '{name}'; there are {', '.join(PROCESSES)}")
    return _ALL[name]


def stratified(count: int, generator: torch.Generator | None = None) -> Tensor:
    """(count,) times in [0, 1), one in each of `count` equal parts, in random order, on the CPU.

    A batch then covers all noise levels, which makes the gradient much less noisy.
    """
    place = torch.randperm(count, generator=generator)
    return (place + torch.rand(count, generator=generator)) / max(count, 1)
