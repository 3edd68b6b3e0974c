"""An architecture that weights could be of, and how they fit it, found without making it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..common.config import ConfigError
from ..models import Architecture, build_network
from ..models.published.libraries import LIBRARIES
from ..models.published.library_nets import stored_names
from .readings import UNUSED, Reading
from .titles import title_of
from .weights import shown_key

__all__ = [
    "Candidate",
    "MeanStd",
    "architecture_of",
    "build_empty",
    "build_shapes",
    "compare",
    "share",
]

MeanStd = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and deviation of a normalisation, a number a channel."""
MOST_NAMED = 60  # tensors in one sentence: a forged file may name thousands


@dataclass(frozen=True)
class Candidate:
    """An architecture that weights could be of.

    Attributes:
        architecture: what `build_network` builds.
        title: in words.
        renamed: names in the file to names in the network, of all tensors that are used.
        mean, std: of a normalisation layer inside the weights; None without one.
        missing: names of the network's tensors that the file lacks.
        unexpected: names in the file that the network lacks.
        misshaped: name and both shapes of each tensor of another shape.
    """

    architecture: Architecture
    title: str
    renamed: Mapping[str, str]
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    misshaped: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether every tensor of the network is there in its shape, and none is left over."""
        return not self.problems

    @property
    def problems(self) -> int:
        """How many tensors are missing, left over or of another shape."""
        return len(self.missing) + len(self.unexpected) + len(self.misshaped)

    def explain(self) -> str:
        """What does not fit, each tensor by its name up to `MOST_NAMED`; empty if all does."""
        parts = []
        for words, names in (
            ("missing in the file", self.missing),
            ("unexpected in the file", self.unexpected),
            ("of another shape", self.misshaped),
        ):
            if names:
                more = f" and {len(names) - MOST_NAMED} more" if names[MOST_NAMED:] else ""
                listed = ", ".join(map(shown_key, names[:MOST_NAMED]))
                parts.append(f"{len(names)} {words}: {listed}{more}")
        return "; ".join(parts)


def build_shapes(spec: Architecture, channels: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a network's tensors, without the memory or time of making them.

    Raises:
        ConfigError: for an unknown name.
    """
    net = build_empty(spec, channels, classes)
    return {name: tuple(each.shape) for name, each in net.state_dict().items()}


def build_empty(spec: Architecture, channels: int, classes: int) -> nn.Module:
    """A network whose weights take no memory.

    Raises:
        ConfigError: for an unknown name.
    """
    with torch.random.fork_rng(devices=[]):
        if spec.name.startswith("own:"):  # its function may not know of a device without memory
            net = build_network(spec, channels, classes)
        else:
            try:
                with _Unset(), torch.device("meta"):
                    net = build_network(spec, channels, classes)
            except NotImplementedError:  # a network that computes its widths with tensors
                with _EmptyOnMeta():
                    net = build_network(spec, channels, classes)
    return net


DRAWS = (Tensor.normal_, Tensor.uniform_)


class _Unset(TorchFunctionMode):
    """Initial weights are not drawn: without memory that does nothing, and loads a compiler."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func in DRAWS or getattr(func, "__module__", "") == nn.init.__name__:
            return args[0] if args else given["tensor"]
        return func(*args, **given)


class _EmptyOnMeta(TorchFunctionMode):
    """What layers make their weights of takes no memory; all other tensors are as ever."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func is torch.empty and given.get("device") is None:
            given = {**given, "device": "meta"}
        return func(*args, **given)


def architecture_of(name: str, shape: tuple[int, int, int], side: int = 0) -> Architecture:
    """A guessed name as a specification; `resnet8@0.5` is half the width.

    Args:
        name: the guess.
        shape: (channels, H, W) of a picture.
        side: pixels to which pictures are brought for it; 0: the name says so, or they are kept.
    """
    if name.partition(":")[0] in LIBRARIES:
        return Architecture(name, 1.0, side if (side, side) != shape[1:] else 0)
    base, _, width = name.partition("@")
    told = re.match(r"vit:side(\d{1,4})-", base)
    side = int(told.group(1)) if told else side
    return Architecture(base, float(width or 1), side if side != shape[-1] else 0)


def compare(
    spec: Architecture,
    reading: Reading,
    mean_std: MeanStd | None,
    shape: tuple[int, int, int],
    classes: int,
) -> Candidate | None:
    """How a reading of the file fits an architecture; None for a guess that is none."""
    try:
        net = build_empty(spec, shape[0], classes)
    except (ConfigError, ValueError):
        return None
    wanted = {name: tuple(each.shape) for name, each in net.state_dict().items()}
    wanted = {name: size for name, size in wanted.items() if not UNUSED.search(name)}
    names = reading.names
    if spec.name.partition(":")[0] in LIBRARIES:
        now = stored_names(spec.name, names.values(), net)
        names = {key: now[old] for key, old in names.items()}
    shapes = {names[key]: reading.shapes[old] for key, old in reading.names.items()}
    renamed = {key: own for key, own in names.items() if own in wanted}
    misshaped = tuple(
        f"{key}: {shapes[own]} in the file, {wanted[own]} in the network"
        for key, own in renamed.items()
        if shapes[own] != wanted[own]
    )
    mean, std = mean_std or (None, None)
    return Candidate(
        spec,
        title_of(spec),
        renamed,
        mean,
        std,
        missing=tuple(name for name in wanted if name not in shapes),
        unexpected=tuple(key for key in names if key not in renamed),
        misshaped=misshaped,
    )


def share(candidate: Candidate) -> float:
    """The share of the network's tensors that are in the file."""
    there = len(candidate.renamed)
    return there / max(1, there + len(candidate.missing))
