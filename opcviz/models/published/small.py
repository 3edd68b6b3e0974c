"""torchvision's ResNets and VGGs with the usual changes for pictures of 32 pixels."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

__all__ = ["RESNETS", "VGG", "pooled", "small", "stem7"]

RESNETS = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
)
STAGES = {
    "vgg11": ((64,), (128,), (256,) * 2, (512,) * 2, (512,) * 2),
    "vgg13": ((64,) * 2, (128,) * 2, (256,) * 2, (512,) * 2, (512,) * 2),
    "vgg16": ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3),
    "vgg19": ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4),
}
"""Channels of the convolutions before each max-pool (Simonyan & Zisserman 2015, table 1)."""
_VGG = re.compile(r"(vgg\d\d)(_bn)?(?:-(\d{1,5}))?")


def small(name: str, channels: int, classes: int) -> nn.Module | None:
    """`resnet18` and the like with a 3×3 first layer and no max-pool, or a VGG with a small head.

    `resnet18+bias` has a bias in its first layer. `vgg16_bn` has one linear layer, `vgg16_bn-512`
    three, with 512 units between them.
    """
    if match := _VGG.fullmatch(name):
        base, norm, hidden = match.groups()
        if base not in STAGES:
            return None
        return VGG(channels, classes, STAGES[base], norm is not None, int(hidden or 0))
    return _resnet(name, channels, classes, side=3, pool=False)


def pooled(name: str, channels: int, classes: int) -> nn.Module | None:
    """`resnet18` and the like with a 3×3 first layer, and the max-pool kept."""
    return _resnet(name, channels, classes, side=3, pool=True)


def stem7(name: str, channels: int, classes: int) -> nn.Module | None:
    """`resnet18` and the like with torchvision's first layer, and no max-pool."""
    return _resnet(name, channels, classes, side=7, pool=False)


def _resnet(name: str, channels: int, classes: int, side: int, pool: bool) -> nn.Module | None:
    from torchvision import models as zoo

    base, _, extra = name.partition("+")
    if base not in RESNETS or extra not in ("", "bias"):
        return None
    net: nn.Module = zoo.get_model(base, weights=None, num_classes=classes)
    stride = 1 if side == 3 else 2
    first = nn.Conv2d(channels, 64, side, stride, side // 2, bias=extra == "bias")
    nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
    setattr(net, "conv1", first)  # noqa: B010 - a plain assignment is none that mypy knows
    if not pool:
        setattr(net, "maxpool", nn.Identity())  # noqa: B010
    return net


class VGG(nn.Module):
    """VGG for pictures of 32 pixels: torchvision's features, global pooling, a small head.

    Args:
        channels: of a picture.
        classes: that are told apart.
        stages: see `STAGES`.
        norm: batch normalisation behind every convolution.
        hidden: units of the two layers before the last; 0 for the last alone.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        stages: tuple[tuple[int, ...], ...],
        norm: bool,
        hidden: int,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for stage in stages:
            for width in stage:
                layers.append(nn.Conv2d(channels, width, 3, padding=1))
                layers += [nn.BatchNorm2d(width)] if norm else []
                layers.append(nn.ReLU())
                channels = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier: nn.Module = nn.Linear(channels, classes)
        if hidden:
            self.classifier = nn.Sequential(
                *(nn.Linear(channels, hidden), nn.ReLU(), nn.Dropout()),
                *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout()),
                nn.Linear(hidden, classes),
            )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W), H and W at least 32 -> (B, classes)."""
        x = self.features(x)
        logits: Tensor = self.classifier(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))
        return logits
