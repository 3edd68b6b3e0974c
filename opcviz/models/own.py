"""Networks of a user's own: one function with one decorator, in a file named on the command line.

    from opcviz.models import register_network

    @register_network("mine")
    def mine(channels, classes):
        return MyNet(channels, classes)

`opcviz --network-file FILE audit … --architecture own:mine` then builds it by name. The file is
Python and runs: name only one that you trust.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..common.config import ConfigError
from ..common.plugins import loader
from ..common.registry import Registry

if TYPE_CHECKING:
    from torch import nn

__all__ = ["NETWORKS", "build_own", "register_network"]

Builder = Callable[[int, int], Any]
NETWORKS: Registry[Builder] = Registry("network of your own")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def register_network(name: str) -> Callable[[Builder], Builder]:
    """Make a function `(channels, classes) -> nn.Module` known as the architecture `own:NAME`.

    The network takes pictures (B, channels, H, W) and ends in an `nn.Linear`; its weights follow
    torch's global generator.

    Raises:
        ConfigError: for a name that is taken, or of more than letters, digits, _ and -.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"a network cannot be called {name!r}; use letters, digits, _ and -")

    def enter(builder: Builder) -> Builder:
        NETWORKS.add(name, builder)
        return builder

    return enter


def build_own(name: str, channels: int, classes: int) -> nn.Module | None:
    """The network of a registered function, newly made; None for another family's name.

    Raises:
        ConfigError: for an unknown name, or a function that fails or makes no network.
    """
    from torch import nn

    family, _, rest = name.partition(":")
    if family != "own":
        return None
    refused = loader.load()
    if rest not in NETWORKS and refused:
        raise ConfigError(f"Architecture.name: '{name}' is unknown; {refused[0]}")
    builder = NETWORKS.get(rest)
    try:
        net = builder(channels, classes)
    except Exception as error:  # whatever a user's function does
        raise ConfigError(
            f"Architecture.name: '{name}' could not be made for {channels} channels and {classes} "
            f"classes ({type(error).__name__}: {error})"
        ) from error
    if not isinstance(net, nn.Module):
        raise ConfigError(f"Architecture.name: '{name}' makes a {type(net).__name__}, no nn.Module")
    return net


def _check(builder: Builder) -> None:
    """What must hold of what a file enters."""
    if not callable(builder):
        raise TypeError("register_network decorates a function (channels, classes) -> nn.Module")


loader.serve(NETWORKS, _check)
