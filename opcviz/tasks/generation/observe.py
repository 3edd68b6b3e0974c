"""What a generator computes on data: what is in its middle, and how well it denoises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ...common.progress import Progress
from ...models.diffusion import pictures

if TYPE_CHECKING:
    from ...data import Data
    from ...models.diffusion import Generator

__all__ = ["DRAWS", "GeneratorOutputs", "Seen", "denoising_losses", "fixed_noise", "observe"]

DRAWS = 8
"""Noise levels at which a denoising loss is taken: the middles of as many parts of [0, 1]."""

SEEN_AT = 0.3
"""Noise level at which features are read: the picture is seen, and the net must complete it."""

CHUNK = 256


@dataclass(frozen=True, eq=False)
class Seen:
    """What a generator computes on one part of the data.

    Attributes:
        features: (N, F) the middle of the net on lightly noised pictures, under the null address,
            so that the class comes from the picture alone.
        losses: (N,) denoising loss of each picture under its own class's address.
        targets: (N,) classes.
    """

    features: Tensor
    losses: Tensor
    targets: Tensor


@dataclass(frozen=True, eq=False)
class GeneratorOutputs:
    """What a generator computes on the train and the test set."""

    train: Seen
    test: Seen


@cache
def fixed_noise(count: int, shape: tuple[int, ...]) -> Tensor:
    """(count, *shape) of unit variance, always the same: figures taken with it can be compared."""
    drawn = np.random.default_rng(20_251_203).standard_normal((count, *shape), np.float32)
    return torch.from_numpy(drawn)


def denoising_losses(model: Generator, x: Tensor, e: Tensor) -> Tensor:
    """Loss of each picture, mean over `DRAWS` fixed noise levels with a fixed noise each, (B,).

    The same for the same picture whatever it is batched with; differentiable in weights and `e`.

    Args:
        model: in any mode.
        x: (B, *shape) pictures in [-1, 1].
        e: (B, D) addresses.
    """
    count = len(x)
    levels = (torch.arange(DRAWS, device=x.device) + 0.5) / DRAWS
    noise = fixed_noise(DRAWS, model.shape).to(x.device)
    each = model.losses(
        x.repeat(DRAWS, *[1] * (x.dim() - 1)),
        e.repeat(DRAWS, 1),
        levels.repeat_interleave(count),
        noise.repeat_interleave(count, 0),
    )
    return each.view(DRAWS, count).mean(0)


@torch.no_grad()
def observe(model: Generator, data: Data, progress: Progress | None = None) -> GeneratorOutputs:
    """Features and losses of all train and test samples; the model is left in its mode.

    Raises:
        Cancelled: from `progress`.
    """
    training = model.training
    model.eval()
    parts = [
        _part(model, data, split, y, progress or Progress())
        for split, y in (("train", data.y_train), ("test", data.y_test))
    ]
    model.train(training)
    return GeneratorOutputs(*parts)


def _part(model: Generator, data: Data, split: str, y: Tensor, progress: Progress) -> Seen:
    features, losses = [], []
    for ids in torch.arange(len(y), device=data.device).split(CHUNK):
        progress.check()
        x, count = pictures(data, ids, split), len(ids)
        t = torch.full((count,), SEEN_AT, device=x.device)
        noise = fixed_noise(1, model.shape).to(x.device).expand_as(x)
        features.append(model.middle(model.noised(x, t, noise), t, model.null(count)))
        losses.append(denoising_losses(model, x, model.address(y[ids])))
    return Seen(torch.cat(features), torch.cat(losses), y)
