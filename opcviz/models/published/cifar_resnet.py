"""The ResNets of He et al. 2016 (arXiv 1512.03385, section 4.2) for CIFAR-10."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["CifarResNet", "cifar_resnet"]

MAX_DEPTH = 1202  # the paper's deepest


def cifar_resnet(name: str, channels: int, classes: int, padded: bool) -> nn.Module | None:
    """`resnet20`, `resnet32` and on, 6n+2 layers; None for another depth."""
    match = re.fullmatch(r"resnet(\d{1,4})", name)
    depth = int(match.group(1)) if match else 0
    if not 8 <= depth <= MAX_DEPTH or (depth - 2) % 6:
        return None
    return CifarResNet(channels, classes, (depth - 2) // 6, padded)


class CifarBlock(nn.Module):
    """Two 3×3 convolutions around a shortcut without weights (option A) or with (option B)."""

    def __init__(self, inputs: int, outputs: int, stride: int, padded: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.extra = stride, outputs - inputs
        self.downsample: nn.Module | None = None
        if not padded and (stride != 1 or self.extra):
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H/stride, W/stride)."""
        out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.stride != 1 or self.extra:  # every second pixel; new channels are zeros
            before = self.extra // 2
            x = F.pad(
                x[:, :, :: self.stride, :: self.stride],
                (0, 0, 0, 0, before, self.extra - before),
            )
        return torch.relu(out + x)


class CifarResNet(nn.Module):
    """Three stages of 16, 32 and 64 channels with `blocks` blocks each."""

    def __init__(self, channels: int, classes: int, blocks: int, padded: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        inputs = 16
        for stage, width in enumerate((16, 32, 64), start=1):
            row = []
            for block in range(blocks):
                stride = 2 if stage > 1 and block == 0 else 1
                row.append(CifarBlock(inputs, width, stride, padded))
                inputs = width
            self.add_module(f"layer{stage}", nn.Sequential(*row))
        self.fc = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, classes)."""
        x = torch.relu(self.bn1(self.conv1(x)))
        for stage in ("layer1", "layer2", "layer3"):
            x = self.get_submodule(stage)(x)
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits
