"""Networks of timm and transformers by name, where those libraries are there.

    timm:resnet18
    timm:vit_tiny_patch16_224{"img_size":32,"patch_size":4}
    transformers:vit{"hidden_size":32,"image_size":32,"num_hidden_layers":2,"patch_size":8}

A name is all that is needed to make the network anew, and it may come from anybody: it chooses
among classes that the library has built in, with plain settings of bounded size. The libraries make
networks with random weights and nothing else: they fetch nothing, read no file and run no code that
a model brings along.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

from torch import Tensor, nn
from torch.nn.modules import module as hooks

from ...common.config import ConfigError
from ...common.json_types import Plain

__all__ = [
    "EXTRA",
    "LIBRARIES",
    "bounded",
    "check_settings",
    "installed",
    "library",
    "library_name",
    "parsed",
]

LIBRARIES = ("timm", "transformers")
EXTRA = "huggingface"
"""The extra of this package that brings both: `pip install "opcviz[huggingface]"`."""
MAX_NUMBER = 8192
"""Greatest whole number of a setting: a width, a side, a count of layers."""
MAX_LIST = 64
MAX_NEST = 3
MAX_TEXT = 4000
MAX_MODULES = 4000
MAX_BUFFERS = 2**25
"""Numbers in all buffers together: tables of positions grow with the fourth power of a window."""
_NAME = re.compile(r"(timm|transformers):([A-Za-z0-9_-]{1,80})(\{.*\})?", re.ASCII)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_.+-]{0,40}", re.ASCII)


def installed(name: str) -> bool:
    """Whether a library is there; it is not imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # what is imported under this name has no specification
        return False


def library(name: str) -> ModuleType:
    """A library, imported.

    Raises:
        ConfigError: if it is not installed, with what to install.
    """
    if not installed(name):
        raise ConfigError(
            f"this network is one of {name}, which is not installed: `pip install "
            f'"opcviz[{EXTRA}]"`, or `pip install {name}`, brings it'
        )
    try:
        return importlib.import_module(name)
    except Exception as error:  # another version of torch, a part that is missing
        raise ConfigError(
            f"{name} is installed but cannot be used ({type(error).__name__}: {str(error)[:120]}); "
            f'`pip install "opcviz[{EXTRA}]"` brings one that can'
        ) from error


def library_name(family: str, kind: str, settings: Mapping[str, Plain]) -> str:
    """The name of a network, the same for the same settings in any order.

    Raises:
        ConfigError: for settings beyond the limits.
    """
    check_settings(settings)
    told = json.dumps(dict(settings), sort_keys=True, separators=(",", ":")) if settings else ""
    name = f"{family}:{kind}{told}"
    parsed(name)
    return name


def parsed(name: str) -> tuple[str, str, Mapping[str, Plain]]:
    """Family, kind and settings of a name.

    Raises:
        ConfigError: for a name of another form, or settings beyond the limits.
    """
    match = _NAME.fullmatch(name) if len(name) <= MAX_TEXT else None
    if match is None:
        raise ConfigError(
            f"Architecture.name: {name[:80]!r} is no name of a network of timm or transformers; "
            'they are called as in timm:resnet18 or transformers:vit{"hidden_size":192}'
        )
    family, kind, told = match.groups()
    try:
        settings = json.loads(told or "{}")
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"Architecture.name: the settings of {name[:80]!r} are no JSON ({str(error)[:60]})"
        ) from error
    check_settings(settings)
    return family, kind, settings


def check_settings(settings: Mapping[str, Plain]) -> None:
    """See that settings are plain and of a size that a network for pictures has.

    Raises:
        ConfigError: naming the setting.
    """
    for key, value in settings.items():
        if not _KEY.fullmatch(key):
            raise ConfigError(f"a setting of the network is called {key[:60]!r}, which is no name")
        _check(key, value, 0)


def _check(key: str, value: object, nest: int) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if not 0 <= value <= MAX_NUMBER:
            told = str(value)[:20] if abs(value) < 10**20 else "a number of many digits"
            raise ConfigError(
                f"the setting '{key}' of the network is {told}; whole numbers go from 0 to "
                f"{MAX_NUMBER}"
            )
    elif isinstance(value, float):
        if not math.isfinite(value) or abs(value) > MAX_NUMBER:
            raise ConfigError(f"the setting '{key}' of the network is {value}, which is too large")
    elif isinstance(value, str):
        if not _WORD.fullmatch(value):
            raise ConfigError(
                f"the setting '{key}' of the network is {value[:60]!r}; only plain words are read"
            )
    elif isinstance(value, list | tuple):
        if len(value) > MAX_LIST or nest >= MAX_NEST:
            raise ConfigError(
                f"the setting '{key}' of the network lists {len(value)} values; at most "
                f"{MAX_LIST} are read, {MAX_NEST} lists deep"
            )
        for each in value:
            _check(key, each, nest + 1)
    else:
        raise ConfigError(
            f"the setting '{key}' of the network is a {type(value).__name__}; only numbers, words "
            "and lists of them are read"
        )


@contextmanager
def bounded() -> Iterator[None]:
    """Stop the making of a network that has more parts or larger tables than networks have.

    Made on the device without memory first, even a forged one costs nothing.

    Raises:
        ConfigError: from inside, when it goes beyond.
    """
    made = {"modules": 0, "buffers": 0}

    def module(owner: nn.Module, name: str, child: nn.Module | None) -> None:
        made["modules"] += 1
        if made["modules"] > MAX_MODULES:
            raise ConfigError(
                f"the network would have more than {MAX_MODULES} layers; its settings are forged, "
                "or it is no classifier of pictures"
            )

    def buffer(owner: nn.Module, name: str, value: Tensor | None) -> None:
        made["buffers"] += 0 if value is None else value.numel()
        if made["buffers"] > MAX_BUFFERS:
            raise ConfigError(
                f"the network would have tables of more than {MAX_BUFFERS} numbers; its settings "
                "are forged, or it is for larger pictures than can be audited"
            )

    handles = [
        hooks.register_module_module_registration_hook(module),
        hooks.register_module_buffer_registration_hook(buffer),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
