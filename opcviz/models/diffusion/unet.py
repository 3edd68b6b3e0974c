"""A U-Net that noise level and address modulate: for pictures of 28×28 or 32×32 pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .times import TimeEmbedding

__all__ = ["UNet"]

GROUPS = 8  # of group norm
SMALLEST = 4  # pixels: a side of the middle is not halved below
MOST_HALVINGS = 3
ATTENDED = 16  # pixels: sides up to which positions see each other
DROPOUT = 0.1
BLOCKS = 2  # residual blocks at each size


class UNet(nn.Module):
    """The net of DDPM (Ho et al. 2020, arXiv 2006.11239), conditioned as in arXiv 2105.05233.

    Two residual blocks at each size on the way down and three on the way up, self-attention where
    a side has at most 16 pixels, dropout 0.1. Sides are halved while they are even, at most three
    times and not below 4 pixels; the first size has `width` channels and all others twice as many.
    Address and time shift and scale each block's second group norm. The last convolution starts at
    0, so that the whole net starts as the zero function.

    Pictures come and go flat, as to and from `ModulatedMLP`.

    Args:
        shape: of a picture, (channels, height, width).
        width: channels at full size, a multiple of 8.
        address: width of the address vector e.

    Attributes:
        positions: pixels of a picture: how often a weight is used for one.
    """

    def __init__(self, shape: tuple[int, ...], width: int = 64, address: int = 128) -> None:
        super().__init__()
        self.shape, self.address = tuple(shape), address
        channels, height, wide = shape
        self.positions = height * wide
        sides = _sides(height, wide)
        widths = [width] + [2 * width] * (len(sides) - 1)
        self.time = TimeEmbedding(address)
        self.enter = nn.Conv2d(channels, width, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        kept, here = [width], width
        for level, (side, out) in enumerate(zip(sides, widths, strict=True)):
            for _ in range(BLOCKS):
                self.down.append(_Step(here, out, address, side <= ATTENDED))
                kept.append(here := out)
            if level + 1 < len(sides):
                self.down.append(_Halve(out))
                kept.append(out)
        self.inner = nn.ModuleList([_Step(here, here, address, True), _Step(here, here, address)])
        for level, (side, out) in reversed(list(enumerate(zip(sides, widths, strict=True)))):
            for _ in range(BLOCKS + 1):
                self.up.append(_Step(here + kept.pop(), out, address, side <= ATTENDED))
                here = out
            if level:
                self.up.append(_Double(out))
        self.norm = nn.GroupNorm(GROUPS, width)
        self.leave = _zeroed(nn.Conv2d(width, channels, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, e: Tensor) -> Tensor:
        """(B, pixels), (B,), (B, address) -> (B, pixels)."""
        h, kept, condition = self._inner(x, t, e)
        for step in self.up:
            if isinstance(step, _Step):
                h = torch.cat([h, kept.pop()], 1)
            h = step(h, condition)
        left: Tensor = self.leave(F.silu(self.norm(h)))
        return left.flatten(1)

    def middle(self, x: Tensor, t: Tensor, e: Tensor) -> Tensor:
        """What stands where the picture is smallest, mean over positions, (B, F).

        Arguments as those of `forward`.
        """
        return self._inner(x, t, e)[0].mean((2, 3))

    def _inner(self, x: Tensor, t: Tensor, e: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
        condition = F.silu(self.time(t) + e)
        h: Tensor = self.enter(x.view(-1, *self.shape))
        kept = [h]
        for step in self.down:
            kept.append(h := step(h, condition))
        for step in self.inner:
            h = step(h, condition)
        return h, kept, condition


def _sides(height: int, width: int) -> list[int]:
    """The longer side of a picture at each size."""
    found = [max(height, width)]
    while len(found) <= MOST_HALVINGS and not (height % 2 or width % 2):
        height, width = height // 2, width // 2
        if min(height, width) < SMALLEST:
            break
        found.append(max(height, width))
    return found


def _zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer, which answers 0 at first."""
    for weight in layer.parameters():
        nn.init.zeros_(weight)
    return layer


class _Step(nn.Module):
    """A residual block, and self-attention behind it where asked."""

    def __init__(self, inside: int, outside: int, address: int, attends: bool = False) -> None:
        super().__init__()
        self.first = nn.GroupNorm(GROUPS, inside)
        self.enter = nn.Conv2d(inside, outside, 3, padding=1)
        self.second = nn.GroupNorm(GROUPS, outside)
        self.modulation = nn.Linear(address, 2 * outside)
        self.leave = _zeroed(nn.Conv2d(outside, outside, 3, padding=1))
        self.past = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()
        self.attention = _Attention(outside) if attends else nn.Identity()

    def forward(self, h: Tensor, condition: Tensor) -> Tensor:
        shift, scale = self.modulation(condition)[:, :, None, None].chunk(2, 1)
        inside = self.enter(F.silu(self.first(h)))
        inside = F.silu(self.second(inside) * (1 + scale) + shift)
        inside = self.leave(F.dropout(inside, DROPOUT, self.training))
        after: Tensor = self.attention(self.past(h) + inside)
        return after


class _Attention(nn.Module):
    """Each position sees all others, with one head."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.ask = nn.Conv2d(channels, 3 * channels, 1)
        self.leave = _zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, h: Tensor) -> Tensor:
        q, k, v = self.ask(self.norm(h)).flatten(2).transpose(1, 2).chunk(3, 2)
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(h.shape)
        after: Tensor = h + self.leave(seen)
        return after


class _Halve(nn.Conv2d):
    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, stride=2, padding=1)

    def forward(self, h: Tensor, condition: Tensor | None = None) -> Tensor:
        return super().forward(h)


class _Double(nn.Conv2d):
    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, padding=1)

    def forward(self, h: Tensor, condition: Tensor | None = None) -> Tensor:
        return super().forward(F.interpolate(h, scale_factor=2.0))
