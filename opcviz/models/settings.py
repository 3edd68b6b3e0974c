"""Which network answers a study, and the names there are."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..common.config import Config, setting

__all__ = ["OWN_ARCHITECTURES", "PUBLISHED", "Architecture", "list_architectures"]

_REGISTERED = re.compile(r"^@register_model\(\)\n(?:@.*\n)*def (\w+)\(", re.MULTILINE)


@dataclass(frozen=True)
class _Stages:
    """Widths of a ResNet's stages, and how many blocks each has."""

    widths: tuple[int, ...]
    depth: int


OWN_ARCHITECTURES = {
    "resnet8": _Stages((16, 32, 64), depth=1),
    "resnet20": _Stages((16, 32, 64), depth=3),
    "resnet18": _Stages((64, 128, 256, 512), depth=2),
}
PUBLISHED = (
    *("small:resnet18", "small:resnet34", "small:resnet50", "small:vgg11_bn", "small:vgg16_bn"),
    *("cifar:resnet20", "cifar:resnet32", "cifar:resnet56", "wrn:16-4", "wrn:28-10"),
    "vit:side32-patch4-width192-depth6-heads3",
)
"""Of the forms that others publish weights of, those to choose from; others go by name, too."""


@dataclass(frozen=True)
class Architecture(Config):
    """Which network answers the study."""

    name: str = setting("resnet8", "resnet8, resnet20, resnet18 or torchvision:NAME")
    width: float = setting(
        1.0, "channel multiplier of our own nets", low=0.1, high=8, advanced=True
    )
    resize: int = setting(
        0, "side (pixels) to which pictures are enlarged first; 0 keeps them", low=0, advanced=True
    )

    @property
    def can_be_trained(self) -> bool:
        """Whether new weights can be made: an exported program has its layers in evaluation."""
        return not self.name.startswith("exported:")


def list_architectures() -> list[str]:
    """Our own names, forms for small pictures, then torchvision's as `torchvision:NAME`."""
    names = (f"torchvision:{name}" for name in _torchvision_classifiers())
    return [*OWN_ARCHITECTURES, *PUBLISHED, *names]


@cache
def _torchvision_classifiers() -> tuple[str, ...]:
    """What `torchvision.models.list_models(module=torchvision.models)` says, without importing it.

    A model is a function with the decorator `register_model`, in a module of that package itself;
    its sub-packages are for other tasks. Importing torchvision to ask takes seconds and 300 MB.
    """
    found = importlib.util.find_spec("torchvision")
    if found is None or not found.submodule_search_locations:
        return ()
    folders = (Path(place) / "models" for place in found.submodule_search_locations)
    texts = (file.read_text(encoding="utf-8") for folder in folders for file in folder.glob("*.py"))
    return tuple(sorted(name for text in texts for name in _REGISTERED.findall(text)))
