"""Augmentation of whole batches where they are, on any device, with no per-sample Python.

Policies by name, those of the augmentation study (Falcao & Cordeiro, arXiv 2508.18502) first:

- `none`;
- `crop_flip`, the field's default: random crop of the padded picture and, for half, a mirror;
- `randaugment`, `autoaugment`, `trivialaugment`, `random_erasing`, `augmix`: the default, then that
  augmentation with torchvision's defaults (see `augment_auto`; operations in `augment_ops`);
- `crop` and `crop_randaugment` … `crop_augmix`: the same without the mirror, for pictures that it
  would change (digits, text). The automatic ones still rotate: TrivialAugment by up to 135°.

On grey pictures the operation "color" changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import ConfigError
from .automatic import DRAWS, augmix, erase, staged

__all__ = ["POLICIES", "augment", "policy"]

Policy = Callable[[Tensor, torch.Generator], Tensor]
POLICIES: dict[str, Policy] = {}


def policy(name: str) -> Callable[[Policy], Policy]:
    """Register a function (batch, generator) -> batch as an augmentation policy."""

    def register(function: Policy) -> Policy:
        POLICIES[name] = function
        return function

    return register


def augment(x: Tensor, policy: str, generator: torch.Generator) -> Tensor:
    """A randomly changed copy of a batch.

    Random numbers are drawn on the generator's device: a CPU generator gives the same pictures on
    every device (to rounding error where grey levels are computed). For crops alone, one on the
    batch's device saves a transfer; the automatic augmentations read their draws on the CPU.

    Args:
        x: (B, C, H, W), uint8, or floating in [0, 1]; B may be 0. The automatic augmentations
            compute in float32 and want C 1 or 3.
        policy: a key of `POLICIES`.
        generator: the only source of randomness.

    Returns:
        The same shape, type and device; `x` itself for "none".

    Raises:
        ConfigError: for an unknown policy.
        ValueError: for a batch that is not (B, C, H, W), or neither uint8 nor floating, or whose
            channels are neither grey nor RGB where that matters.
    """
    if policy not in POLICIES:
        raise ConfigError(f"augmentation '{policy}' is unknown; there are {', '.join(POLICIES)}")
    if x.dim() != 4:
        raise ValueError(f"augment wants a batch (B, C, H, W), got shape {tuple(x.shape)}")
    if x.dtype != torch.uint8 and not x.is_floating_point():
        raise ValueError(f"augment wants uint8 pictures or floating ones in [0, 1], got {x.dtype}")
    return POLICIES[policy](x, generator)


@policy("none")
def _unchanged(x: Tensor, generator: torch.Generator) -> Tensor:
    return x


@policy("crop")
def _crop(x: Tensor, generator: torch.Generator) -> Tensor:
    """Random crop of the zero-padded picture, for data that a mirror would change (digits)."""
    return _shift_flip(x, generator, flip=False)


@policy("crop_flip")
def _crop_flip(x: Tensor, generator: torch.Generator) -> Tensor:
    """Random crop and, for half the pictures, a mirror: the field's default."""
    return _shift_flip(x, generator, flip=True)


def _shift_flip(x: Tensor, generator: torch.Generator, flip: bool) -> Tensor:
    """Pad by H//8 and W//8 zeros (4 at 32 pixels, 1 at 8), cut H × W at random, mirror or not.

    A crop and a mirror only choose which row and column each output pixel comes from, so both are
    one gather with per-sample indices.
    """
    batch, channels, height, width = x.shape
    pad_y, pad_x = height // 8, width // 8

    def draw(values: int) -> Tensor:
        shape = (batch, 1)
        numbers = torch.randint(values, shape, generator=generator, device=generator.device)
        return numbers.to(x.device, non_blocking=True)

    rows = draw(2 * pad_y + 1) + torch.arange(height, device=x.device)  # (B, H)
    cols = torch.arange(width, device=x.device).expand(batch, width)
    left = draw(2 * pad_x + 1)
    if flip:
        cols = torch.where(draw(2).bool(), width - 1 - cols, cols)
    cols = cols + left  # (B, W)
    padded = F.pad(x, (pad_x, pad_x, pad_y, pad_y))
    source = rows[:, :, None] * padded.shape[3] + cols[:, None, :]  # (B, H, W), flat positions
    source = source.flatten(1)[:, None].expand(-1, channels, -1)
    return padded.flatten(2).gather(2, source).view(batch, channels, height, width)


def _chained(first: Policy, second: Policy) -> Policy:
    return lambda x, generator: second(first(x, generator), generator)


_AFTER_DEFAULT = {name: staged(draw) for name, draw in DRAWS.items()}
_AFTER_DEFAULT |= {"random_erasing": erase, "augmix": augmix}
for _prefix, _first in (("", _crop_flip), ("crop_", _crop)):
    for _name, _second in _AFTER_DEFAULT.items():
        policy(_prefix + _name)(_chained(_first, _second))
