"""Wide residual networks (Zagoruyko & Komodakis 2016, arXiv 1605.07146), in their two ports."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

__all__ = ["WideResNet", "wide_resnet"]

MAX_DEPTH = 200
MAX_WIDEN = 32


def wide_resnet(name: str, channels: int, classes: int, biased: bool) -> nn.Module | None:
    """`28-10` is WRN-28-10: 6n+4 layers, ten times the width; None for another depth."""
    match = re.fullmatch(r"(\d{1,3})-(\d{1,2})", name)
    depth, widen = (int(each) for each in match.groups()) if match else (0, 0)
    if not 10 <= depth <= MAX_DEPTH or (depth - 4) % 6 or not 1 <= widen <= MAX_WIDEN:
        return None
    return WideResNet(channels, classes, (depth - 4) // 6, widen, biased)


class WideBlock(nn.Module):
    """Normalisation and activation before each of two convolutions.

    Args:
        inputs, outputs: channels.
        stride: of the block.
        biased: the second port: convolutions have a bias, the second one takes the stride, and the
            shortcut starts before the first activation, not behind it.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, biased: bool) -> None:
        super().__init__()
        first, second = (1, stride) if biased else (stride, 1)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, first, 1, bias=biased)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, second, 1, bias=biased)
        self.convShortcut: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.convShortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=biased)
        self.biased = biased

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H/stride, W/stride)."""
        active = torch.relu(self.bn1(x))
        out = self.conv2(torch.relu(self.bn2(self.conv1(active))))
        if self.convShortcut is not None:
            x = self.convShortcut(x if self.biased else active)
        added: Tensor = out + x
        return added


class WideStage(nn.Module):
    """A row of blocks; a module of its own since the published names have this level."""

    def __init__(self, blocks: list[WideBlock]) -> None:
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H/stride, W/stride)."""
        out: Tensor = self.layer(x)
        return out


class WideResNet(nn.Module):
    """Three stages of 16, 32 and 64 channels times `widen`, with `blocks` blocks each."""

    def __init__(self, channels: int, classes: int, blocks: int, widen: int, biased: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=biased)
        inputs = 16
        for stage, width in enumerate((16 * widen, 32 * widen, 64 * widen), start=1):
            row = []
            for block in range(blocks):
                stride = 2 if stage > 1 and block == 0 else 1
                row.append(WideBlock(inputs, width, stride, biased))
                inputs = width
            self.add_module(f"block{stage}", WideStage(row))
        self.bn1 = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, classes)."""
        x = self.conv1(x)
        for stage in ("block1", "block2", "block3"):
            x = self.get_submodule(stage)(x)
        logits: Tensor = self.fc(torch.relu(self.bn1(x)).mean((2, 3)))
        return logits
