"""New networks for a data set: by name, or of somebody's own making."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..common.config import ConfigError
from ..data import Images
from ..models import Architecture, BodyHead, wrap_network
from ..tasks.classification import Classification
from .checks import instance, shown

__all__ = ["Maker", "from_seed", "maker_of", "numbers"]

Maker = Callable[[], nn.Module]


def maker_of(data: Images, architecture: str | Architecture | Maker) -> Callable[[int], BodyHead]:
    """What makes a new network for a data set from a seed.

    Args:
        data: the data set.
        architecture: see `opcviz.train`.

    Raises:
        ConfigError: for an unknown name, or a network in place of what makes one.
        TypeError: for something else.
    """
    if isinstance(architecture, nn.Module):
        raise ConfigError(
            f"architecture is a {type(architecture).__name__} whose weights are made already; give "
            "what makes one (its class, or a function), or wrap() it if it is trained"
        )
    if not isinstance(architecture, str | Architecture) and not callable(architecture):
        raise TypeError(
            "architecture: wants a name (resnet8, torchvision:NAME), an Architecture, or what "
            f"makes a network, got {shown(architecture)}"
        )
    if isinstance(architecture, str):
        architecture = Architecture(architecture)
    if isinstance(architecture, Architecture):
        spec = architecture
        return lambda seed: Classification().build(spec, data, seed)
    return from_seed(
        "architecture", architecture, lambda net: wrap_network(net, data, *data.mean_std())
    )


def from_seed(
    name: str, make: Maker, wrapped: Callable[[nn.Module], BodyHead]
) -> Callable[[int], BodyHead]:
    """What makes a network from a seed.

    Args:
        name: of the argument that `make` is.
        make: gives the module; torch's global generator is left as it was.
        wrapped: splits it into body and head.

    Raises:
        TypeError: once it is called, where `make` returns no module.
    """

    def fresh(seed: int) -> BodyHead:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = make()
        how = f"{getattr(make, '__name__', make)}() to return a network, a torch.nn.Module"
        return wrapped(instance(name, net, nn.Module, how))

    return fresh


def numbers(name: str, given: Tensor | None) -> Tensor | None:
    """A float tensor, from whatever torch makes one of.

    Raises:
        TypeError: when that is not possible; `name` is that of the argument.
    """
    try:
        return None if given is None else torch.as_tensor(given, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}: wants one number a channel, got {shown(given)}") from None
