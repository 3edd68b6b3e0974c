"""Networks by name: small residual nets for small pictures, and torchvision's classifiers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..common.config import ConfigError
from .exported import build_exported
from .own import build_own
from .published import build_published
from .settings import OWN_ARCHITECTURES, PUBLISHED, Architecture, list_architectures

__all__ = ["ResNet", "build_network"]


class BasicBlock(nn.Module):
    """Two 3×3 convolutions around a shortcut (He et al. 2016, arXiv 1512.03385, figure 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H/stride, W/stride)."""
        out = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(out)) + self.shortcut(x))


class ResNet(nn.Module):
    """Residual net with a 3×3 stem and no max-pool, for pictures of 8 to 64 pixels.

    `ResNet(c, n)` with widths (16, 32, 64) and one block each is our 78k-parameter `resnet8`;
    three blocks each is ResNet-20; widths (64, 128, 256, 512) with two blocks each is ResNet-18
    with the small-picture stem.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        widths: tuple[int, ...] = (16, 32, 64),
        depth: int = 1,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        inputs = widths[0]
        for i, width in enumerate(widths):
            strides = [1 if i == 0 else 2] + [1] * (depth - 1)
            blocks = []
            for stride in strides:
                blocks.append(BasicBlock(inputs, width, stride))
                inputs = width
            self.add_module(f"stage{i + 1}", nn.Sequential(*blocks))
        self.stages = [f"stage{i + 1}" for i in range(len(widths))]
        self.head = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, classes)."""
        x = self.stem(x)
        for stage in self.stages:
            x = self.get_submodule(stage)(x)
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits


def build_network(spec: Architecture, channels: int, classes: int) -> nn.Module:
    """A freshly initialised network, (B, channels, H, W) -> (B, classes).

    Initial weights follow torch's global generator: seed it first.

    Raises:
        ConfigError: for a name of no network.
    """
    if spec.name in OWN_ARCHITECTURES:
        stages = OWN_ARCHITECTURES[spec.name]
        widths = tuple(max(1, round(width * spec.width)) for width in stages.widths)
        return ResNet(channels, classes, widths, stages.depth)
    family, _, name = spec.name.partition(":")
    if family == "torchvision" and spec.name in list_architectures():
        return _torchvision(name, channels, classes)
    if (net := build_published(spec.name, channels, classes)) is not None:
        return net
    if (net := build_exported(spec.name)) is not None:
        return net
    if (net := build_own(spec.name, channels, classes)) is not None:
        return net
    raise ConfigError(
        f"Architecture.name: '{spec.name}' is unknown; ours are {', '.join(OWN_ARCHITECTURES)}; "
        "any classifier of torchvision goes as torchvision:NAME; forms for small pictures are "
        f"{', '.join(PUBLISHED)} and the like"
    )


def _torchvision(name: str, channels: int, classes: int) -> nn.Module:
    from torchvision import models as zoo

    extra = (
        {"aux_logits": False, "init_weights": True} if name in ("googlenet", "inception_v3") else {}
    )
    net: nn.Module = zoo.get_model(name, weights=None, num_classes=classes, **extra)
    if channels != 3:
        _change_input(net, channels)
    return net


def _change_input(net: nn.Module, channels: int) -> None:
    """Replace the first convolution by one that takes `channels` planes."""
    path, old = next((n, m) for n, m in net.named_modules() if isinstance(m, nn.Conv2d))
    new = nn.Conv2d(
        channels,
        old.out_channels,
        _height_width(old.kernel_size),
        _height_width(old.stride),
        old.padding if isinstance(old.padding, str) else _height_width(old.padding),
        bias=old.bias is not None,
    )
    parent, _, leaf = path.rpartition(".")
    setattr(net.get_submodule(parent), leaf, new)


def _height_width(values: tuple[int, ...]) -> tuple[int, int]:
    return values[0], values[1]
