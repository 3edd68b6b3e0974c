"""Which architecture brought weights are of, and the model that they make.

A checkpoint rarely says what it is of. Its names and shapes do, up to what has no weights (a
max-pool, the number of attention heads); what fits equally well is given as several candidates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..common.config import ConfigError
from ..data import Data
from ..models import Architecture, BlockNet, build_network, wrap_network
from ..models.exported import Program, check_program, register_program
from .dialects import FAMILIES, Family
from .files import IntakeError
from .readings import UNUSED, Reading, read_names
from .titles import title_of
from .weights import Weights, shown_key

__all__ = ["Candidate", "as_candidate", "brought", "network_of", "recognise"]

NEAR = 0.3
"""Share of a network's tensors that must be there for it to be shown as one that nearly fits."""
MAX_NEAR = 3

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


def recognise(weights: Weights, shape: tuple[int, int, int], classes: int) -> tuple[Candidate, ...]:
    """The architectures that fit weights, the likeliest first; without one, those that nearly do.

    Args:
        weights: of one file.
        shape: (channels, H, W) of a picture.
        classes: of the data.

    Returns:
        All that fit. If none does, up to three that nearly do; nothing for unknown networks.
    """
    mean_std, readings = read_names(weights, shape[0])
    found: dict[str, Candidate] = {}
    if weights.program is not None:  # that it runs is sure; a known network can be trained anew
        exact = _exported(weights, weights.program, shape, classes)
        found[repr(exact.architecture)] = exact
    for family in FAMILIES:
        for reading in _spoken(family, readings):
            for name in family.guess(reading.shapes):
                each = _compare(_architecture(name, shape), reading, mean_std, shape, classes)
                key = repr(each.architecture) if each else ""
                if each and (key not in found or each.problems < found[key].problems):
                    found[key] = each
    if fitting := [each for each in found.values() if each.fits]:
        return tuple(fitting)
    near = [each for each in found.values() if _share(each) >= NEAR]
    return tuple(sorted(near, key=lambda each: each.problems)[:MAX_NEAR])


def as_candidate(
    name: str, weights: Weights, shape: tuple[int, int, int], classes: int
) -> Candidate:
    """Weights as those of the architecture that a person named.

    Raises:
        ConfigError: for an unknown name.
    """
    if weights.program is not None and name == weights.program.name:
        return _exported(weights, weights.program, shape, classes)
    build_shapes(Architecture(name.partition("@")[0]), shape[0], classes)  # refuses unknown names
    mean_std, readings = read_names(weights, shape[0])
    spec = _architecture(name, shape)
    prefix = name.partition(":")[0].partition("@")[0]
    tried = [
        _compare(spec, reading, mean_std, shape, classes)
        for family in FAMILIES
        if prefix in family.prefixes
        for reading in _spoken(family, readings)
    ]
    return min((each for each in tried if each), key=lambda each: each.problems)


def network_of(candidate: Candidate, weights: Weights, channels: int, classes: int) -> nn.Module:
    """The network of a candidate that fits, with the weights, in eval mode.

    Raises:
        IntakeError: for a candidate that does not fit; every tensor is named.
    """
    if not candidate.fits:
        raise IntakeError(
            f"the weights do not fit {candidate.architecture.name}: {candidate.explain()}; choose "
            "another architecture, or export the model with torch.export"
        )
    with torch.random.fork_rng(devices=[]):
        net = build_network(candidate.architecture, channels, classes)
    tensors = {own: weights.tensors[key] for key, own in candidate.renamed.items()}
    net.load_state_dict(tensors, strict=False)  # what is left out are counters: `_compare`
    return net.eval()


def brought(
    candidate: Candidate,
    weights: Weights,
    data: Data,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    reversed_channels: bool = False,
) -> BlockNet:
    """The model that somebody brought, in eval mode, on the data's device.

    Args:
        candidate: of `recognise` or `as_candidate`.
        weights: those it was found for.
        data: the data set; gives shape and classes.
        mean, std: of the normalisation, a number a channel, for pictures in [0, 1]; without them
            that of the weights' own normalisation layer, without one none.
        reversed_channels: the network learnt blue, green, red: turn its first layer around. `mean`
            and `std` are those of red, green, blue all the same.

    Raises:
        IntakeError: for a candidate that does not fit, or half a normalisation.
        ConfigError: if the network cannot take the pictures.
    """
    if (mean is None) != (std is None):
        raise IntakeError("mean and std: one is given without the other; give both, or neither")
    if mean is None or std is None:
        mean, std = candidate.mean, candidate.std
    if std is not None and not all(each > 0 for each in std):
        raise IntakeError(f"std: {tuple(std)} must be above 0 in every channel")
    net = network_of(candidate, weights, data.shape[0], data.classes)
    if reversed_channels:
        first = next((m for m in net.modules() if isinstance(m, nn.Conv2d)), None)
        if first is None or first.in_channels != data.shape[0]:
            raise IntakeError("the network has no first convolution whose channels can be reversed")
        first.weight.data = first.weight.data.flip(1)
    centre, scale = (None if each is None else torch.tensor(each) for each in (mean, std))
    return wrap_network(net, data, centre, scale, candidate.architecture.resize).eval()


def build_shapes(spec: Architecture, channels: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a network's tensors, without the memory or time of making them.

    Raises:
        ConfigError: for an unknown name.
    """
    with torch.random.fork_rng(devices=[]):
        if spec.name.startswith("own:"):  # its function may not know of a device without memory
            net = build_network(spec, channels, classes)
        else:
            try:
                with torch.device("meta"):
                    net = build_network(spec, channels, classes)
            except NotImplementedError:  # a network that computes its widths with tensors
                with _EmptyOnMeta():
                    net = build_network(spec, channels, classes)
    return {name: tuple(each.shape) for name, each in net.state_dict().items()}


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


def _architecture(name: str, shape: tuple[int, int, int]) -> Architecture:
    """A guessed name as a specification; `resnet8@0.5` is half the width."""
    base, _, width = name.partition("@")
    side = re.match(r"vit:side(\d{1,4})-", base)
    resize = int(side.group(1)) if side and int(side.group(1)) != shape[-1] else 0
    return Architecture(base, float(width or 1), resize)


def _exported(
    weights: Weights, program: Program, shape: tuple[int, int, int], classes: int
) -> Candidate:
    """The network that an exported program is.

    Raises:
        IntakeError: if it does not run on such pictures.
    """
    try:
        check_program(program, shape)
    except ConfigError as error:
        raise IntakeError(str(error)) from error
    spec = Architecture(register_program(program))
    wanted = build_shapes(spec, shape[0], classes)
    head = program.steps[-1].arguments[1]
    rows = program.shapes[program.weights[head.name]][0]
    wrong = (f"the last layer: {rows} classes in the file, {classes} in the data",)
    return Candidate(
        spec,
        title_of(spec),
        {name: name for name in wanted if name in weights.tensors},
        missing=tuple(name for name in wanted if name not in weights.tensors),
        misshaped=() if rows == classes else wrong,
    )


def _spoken(family: Family, readings: list[Reading]) -> Iterator[Reading]:
    """Every reading in every dialect of a family, each once."""
    seen: list[list[str]] = []
    for reading in readings:
        for dialect in ((), *family.dialects):
            names = {key: _translate(name, dialect) for key, name in reading.names.items()}
            spoken = list(names.values())
            if len(set(spoken)) < len(spoken) or spoken in seen:
                continue
            seen.append(spoken)
            shapes = {new: reading.shapes[reading.names[key]] for key, new in names.items()}
            yield Reading(names, shapes)


def _translate(name: str, dialect: tuple[tuple[str, str], ...]) -> str:
    for pattern, replacement in dialect:
        name = re.sub(pattern, replacement, name)
    return name


def _compare(
    spec: Architecture,
    reading: Reading,
    mean_std: tuple[tuple[float, ...], tuple[float, ...]] | None,
    shape: tuple[int, int, int],
    classes: int,
) -> Candidate | None:
    """How a reading of the file fits an architecture; None for a guess that is none."""
    try:
        wanted = build_shapes(spec, shape[0], classes)
    except (ConfigError, ValueError):
        return None
    wanted = {name: size for name, size in wanted.items() if not UNUSED.search(name)}
    renamed = {key: own for key, own in reading.names.items() if own in wanted}
    misshaped = tuple(
        f"{key}: {reading.shapes[own]} in the file, {wanted[own]} in the network"
        for key, own in renamed.items()
        if reading.shapes[own] != wanted[own]
    )
    mean, std = mean_std or (None, None)
    return Candidate(
        spec,
        title_of(spec),
        renamed,
        mean,
        std,
        missing=tuple(name for name in wanted if name not in reading.shapes),
        unexpected=tuple(key for key in reading.names if key not in renamed),
        misshaped=misshaped,
    )


def _share(candidate: Candidate) -> float:
    """The share of the network's tensors that are in the file."""
    there = len(candidate.renamed)
    return there / max(1, there + len(candidate.missing))
