"""Networks in the forms that others publish weights of, by name.

Small pictures are rarely answered by torchvision's networks as they are. These are the usual
changes of them, written so that a published state dict fits after a renaming; a name says all that
the shapes of the weights say, so that a network can be made anew and trained.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from .cifar_resnet import cifar_resnet
from .libraries import LIBRARIES
from .library_nets import library_net
from .small import pooled, small, stem7
from .vision_transformer import vit
from .wide_resnet import wide_resnet

__all__ = ["FAMILIES", "build_published"]

FAMILIES: dict[str, Callable[[str, int, int], nn.Module | None]] = {
    "small": small,
    "pooled": pooled,
    "stem7": stem7,
    "cifar": lambda name, channels, classes: cifar_resnet(name, channels, classes, padded=True),
    "cifar-b": lambda name, channels, classes: cifar_resnet(name, channels, classes, padded=False),
    "wrn": lambda name, channels, classes: wide_resnet(name, channels, classes, biased=False),
    "wrn-b": lambda name, channels, classes: wide_resnet(name, channels, classes, biased=True),
    "vit": vit,
}
"""What is before the colon of a name, to what builds the rest (None: no such network)."""


def build_published(name: str, channels: int, classes: int) -> nn.Module | None:
    """A freshly initialised network (B, channels, H, W) -> (B, classes); None for no such name.

    Raises:
        ConfigError: for a network of timm or transformers that cannot be made here.
    """
    family, _, rest = name.partition(":")
    if family in LIBRARIES:
        return library_net(name, channels, classes)
    return FAMILIES[family](rest, channels, classes) if family in FAMILIES else None
