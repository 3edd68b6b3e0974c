"""Architectures in words, for a person who is to confirm one."""

from __future__ import annotations

import re

from ..models import Architecture
from ..models.published.libraries import LIBRARIES

__all__ = ["title_of"]

_WORDS = {
    "small": "with a 3×3 first layer and no max-pooling, for small pictures",
    "pooled": "with a 3×3 first layer and max-pooling",
    "stem7": "with a 7×7 first layer and no max-pooling",
    "torchvision": "as torchvision has it",
    "cifar": "for CIFAR, shortcuts without weights",
    "cifar-b": "for CIFAR, shortcuts with 1×1 convolutions",
    "wrn": "Wide ResNet",
    "wrn-b": "Wide ResNet with biased convolutions",
}


def title_of(spec: Architecture) -> str:
    """One line that tells an architecture from those it could be mistaken for."""
    family, colon, rest = spec.name.partition(":")
    if not colon:
        wide = f", {spec.width:g} times the width" if spec.width != 1 else ""
        return f"{spec.name}, one of our own{wide}"
    if family == "own":
        return f"{rest}, a network of your own"
    if family in LIBRARIES:
        size = f", pictures brought to {spec.resize} pixels" * bool(spec.resize)
        return f"{rest.partition('{')[0]} of {family}{size}"
    if family == "exported":
        return "the exported program itself: cannot be trained from the start"
    if family == "vit":
        return _transformer(rest) + (f", pictures enlarged to {spec.resize}" * bool(spec.resize))
    if family.startswith("wrn"):
        return f"{_WORDS[family]} {rest}"
    if rest.startswith("vgg") and family == "small":
        base, _, hidden = rest.partition("-")
        head = f"three linear layers of {hidden} units" if hidden else "one linear layer"
        return f"{_name(base)} for small pictures, {head} at the end"
    return f"{_name(rest)} {_WORDS[family]}"


def _name(name: str) -> str:
    """`resnet18+bias` as ResNet-18, `vgg16_bn` as VGG-16-BN."""
    base = name.partition("+")[0]
    for low, high in (("resnet", "ResNet-"), ("vgg", "VGG-")):
        if re.fullmatch(rf"{low}\d+(_bn)?", base):
            return base.replace(low, high).replace("_bn", "-BN")
    return base


def _transformer(rest: str) -> str:
    sizes = dict(re.findall(r"([a-z]+)(\d+)", rest))
    text = (
        f"vision transformer of {sizes['depth']} blocks, {sizes['width']} wide, {sizes['heads']} "
        f"attention heads, patches of {sizes['patch']} pixels"
    )
    return text + (", 1e-5 in its normalisations" if rest.endswith("-eps5") else "")
