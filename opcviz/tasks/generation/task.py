"""The task itself: the denoising loss of a class-conditional generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...common.config import ConfigError
from ...common.progress import Progress
from ...data import Data
from ...models import Architecture
from ...models.diffusion import GENERATORS, Generator, build_generator
from ...models.diffusion.process import stratified
from ..base import Task, register_task
from .observe import GeneratorOutputs, denoising_losses, fixed_noise, observe

__all__ = ["CLASS_DROPOUT", "Generation", "as_generator"]

CLASS_DROPOUT = 0.1
"""Share of training pictures shown under the null address, so that guidance has its other half."""


@register_task("generation")
class Generation(Task):
    """Draw pictures of a class; models are `opcviz.models.diffusion.Generator`s.

    The loss of a picture in training is its denoising error at a random noise level, under its
    class's address or, one time in ten, under the null one. In eval mode it is a mean over fixed
    levels and noises under its class's address, so that figures can be compared.
    """

    half = True  # a study of a dozen generators would be 80 MB

    def networks(self) -> list[str]:
        """Those of `GENERATORS`."""
        return list(GENERATORS)

    def build(self, architecture: Architecture, data: Data, seed: int) -> Generator:
        """A `Generator` for the pictures and classes of `data`.

        Raises:
            ConfigError: if the data have no classes, are no pictures or the name is unknown.
        """
        if not data.class_names or len(data.shape) != 3:
            raise ConfigError(
                f"{data.name} cannot be drawn by class: a generator wants pictures (channels, H, "
                f"W) with classes, and its samples are {data.shape}; choose another data set"
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build_generator(architecture, data).to(data.device)

    def losses(self, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """Denoising loss of each picture, (B,), see the class.

        Args:
            model: a generator; its mode says which loss is meant.
            x: (B, *shape) pictures in [0, 1].
            y: (B,) classes.
        """
        net = as_generator(model)
        if not net.training:
            return denoising_losses(net, 2 * x - 1, net.address(y))
        # all draws are made on the CPU: the loop seeds its generator, whatever the device
        dropped = (torch.rand(len(y)) < CLASS_DROPOUT).to(y.device)
        e = net.address(torch.where(dropped, net.classes, y))
        return net.losses(2 * x - 1, e, stratified(len(x)).to(x.device), noise_like(x))

    def observe(
        self, model: nn.Module, data: Data, *, progress: Progress | None = None
    ) -> GeneratorOutputs:
        """The middle of the net and the denoising loss on all train and test samples."""
        return observe(as_generator(model), data, progress)

    @torch.no_grad()
    def live(self, model: nn.Module, x: Tensor, y: Tensor, forget: Tensor) -> dict[str, float]:
        """Mean loss of either part, each picture at one fixed noise level: a quick look."""
        net, count = as_generator(model), len(x)
        order = fixed_noise(count, (1,)).flatten().argsort()
        t = ((order + 0.5) / max(count, 1)).to(x.device)
        each = net.losses(2 * x - 1, net.address(y), t, fixed_noise(count, net.shape).to(x.device))
        return {
            "forget_loss": each[forget].mean().item(),
            "retain_loss": each[~forget].mean().item(),
        }


def noise_like(x: Tensor) -> Tensor:
    """Noise of unit variance of the shape of `x`, drawn on the CPU by the global generator."""
    return torch.randn(x.shape).to(x.device)


def as_generator(model: nn.Module) -> Generator:
    """The model, which must be a generator.

    Raises:
        TypeError: when it is none.
    """
    if not isinstance(model, Generator):
        raise TypeError(f"{type(model).__name__} is no generator, and only generators can draw")
    return model
