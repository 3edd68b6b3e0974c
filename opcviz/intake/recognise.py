"""Which architecture brought weights are of, and the model that they make.

A checkpoint rarely says what it is of. Its names and shapes do, up to what has no weights (a
max-pool, the number of attention heads); what fits equally well is given as several candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import nn

from ..common.config import ConfigError
from ..common.untrusted import IntakeError
from ..data import Data
from ..models import Architecture, BlockNet, build_network, wrap_network
from ..models.cost import check_cost
from ..models.exported import Program, Ref, check_program, register_program
from ..models.published.libraries import LIBRARIES, library
from .candidates import (
    Candidate,
    MeanStd,
    architecture_of,
    build_empty,
    build_shapes,
    compare,
    share,
)
from .described import Described, outputs_in_order
from .dialects import FAMILIES, Family
from .readings import Reading, read_names
from .titles import title_of
from .weights import Weights

__all__ = ["Candidate", "as_candidate", "brought", "network_of", "recognise"]

NEAR = 0.3
"""Share of a network's tensors that must be there for it to be shown as one that nearly fits."""
MAX_NEAR = 3
SIZED = ("vit", *LIBRARIES)
"""Families of networks whose sizes are free: those of others are what their publishers chose."""


def recognise(weights: Weights, shape: tuple[int, int, int], classes: int) -> tuple[Candidate, ...]:
    """The architectures that fit weights, the likeliest first; without one, those that nearly do.

    Args:
        weights: of one file.
        shape: (channels, H, W) of a picture.
        classes: of the data.

    Returns:
        All that fit; of a folder that says which network it is, that one alone if it fits. If none
        does, up to three that nearly do; nothing for unknown networks.

    Raises:
        IntakeError: for an exported program that does not run, and where nothing fits and the
            network that a folder names cannot be made, as where its library is not installed.
    """
    mean_std, readings = _read(weights, shape[0])
    found: dict[str, Candidate] = {}
    side, fault = 0, ""
    if weights.described is not None:
        side = weights.described.side
        try:
            told = _as_described(weights.described, readings, mean_std, shape, classes)
            if told.fits:
                return (told,)
            found[repr(told.architecture)] = told
        except ConfigError as error:  # its names and shapes may speak for themselves
            fault = str(error)
    if weights.program is not None:  # that it runs is sure; a known network can be trained anew
        exact = _exported(weights, weights.program, shape, classes)
        found[repr(exact.architecture)] = exact
    for family in FAMILIES:
        for reading in _spoken(family, readings):
            for name in family.guess(reading.shapes):
                each = compare(
                    architecture_of(name, shape, side), reading, mean_std, shape, classes
                )
                key = repr(each.architecture) if each else ""
                if each and (key not in found or each.problems < found[key].problems):
                    found[key] = each
    if fitting := [each for each in found.values() if each.fits]:
        return tuple(fitting)
    if fault:
        raise IntakeError(fault)
    near = [each for each in found.values() if share(each) >= NEAR]
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
    build_empty(Architecture(name.partition("@")[0]), shape[0], classes)  # refuses unknown names
    mean_std, readings = _read(weights, shape[0])
    spec = architecture_of(name, shape, weights.described.side if weights.described else 0)
    prefix = name.partition(":")[0].partition("@")[0]
    tried = [
        compare(spec, reading, mean_std, shape, classes)
        for family in FAMILIES
        if prefix in family.prefixes
        for reading in _spoken(family, readings)
    ]
    return min((each for each in tried if each), key=lambda each: each.problems)


def _read(weights: Weights, channels: int) -> tuple[MeanStd | None, list[Reading]]:
    """A normalisation inside the weights, or told beside them, and the ways to read the names."""
    mean_std, readings = read_names(weights, channels)
    if mean_std is None and weights.described is not None:
        mean_std = weights.described.mean_std(channels)
    return mean_std, readings


def _as_described(
    described: Described,
    readings: list[Reading],
    mean_std: MeanStd | None,
    shape: tuple[int, int, int],
    classes: int,
) -> Candidate:
    """Weights as those of the network that their folder names.

    Raises:
        ConfigError: if it cannot be made.
    """
    if not described.architecture:
        library(described.library)  # says what to install
    spec = architecture_of(described.architecture, shape, described.side)
    build_empty(spec, shape[0], classes)
    tried = (compare(spec, reading, mean_std, shape, classes) for reading in readings)
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
    net.load_state_dict(tensors, strict=False)  # what is left out are counters: `compare`
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
            that of the weights' own normalisation layer, or of their folder, without one none.
        reversed_channels: the network learnt blue, green, red: turn its first layer around. `mean`
            and `std` are those of red, green, blue all the same. Where the folder of the weights
            says so, this is turned around again.

    Where that folder names the outputs, and the names are those of the data in another order, the
    head is put in the order of the data.

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
    _check_pass(candidate, data)
    net = network_of(candidate, weights, data.shape[0], data.classes)
    told = weights.described
    if reversed_channels != (told is not None and told.reversed_channels):
        first = next((m for m in net.modules() if isinstance(m, nn.Conv2d)), None)
        if first is None or first.in_channels != data.shape[0]:
            raise IntakeError("the network has no first convolution whose channels can be reversed")
        first.weight.data = first.weight.data.flip(1)
    centre, scale = (None if each is None else torch.tensor(each) for each in (mean, std))
    model = wrap_network(net, data, centre, scale, candidate.architecture.resize).eval()
    order = outputs_in_order(told.labels, data.class_names) if told else None
    if order is not None:
        rows = torch.tensor(order, device=data.device)
        for parameter in model.head.parameters():  # weight and bias have a row an output
            parameter.data = parameter.data[rows]
    return model


def _check_pass(candidate: Candidate, data: Data) -> None:
    """Refuse a network whose sizes came with the weights and would take too long, or too much.

    Raises:
        IntakeError: naming the architecture.
    """
    spec = candidate.architecture
    if not candidate.fits or spec.name.partition(":")[0] not in SIZED:
        return
    channels, *sides = data.shape
    size = (spec.resize,) * 2 if spec.resize else sides
    try:
        empty = build_empty(spec, channels, data.classes)
        check_cost(empty, (channels, *size), candidate.title)
    except ConfigError as error:
        raise IntakeError(str(error)) from error
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError):
        return  # it does not run without memory, or not on such pictures: the true pass says why


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
    head = cast(Ref, program.steps[-1].arguments[1])  # `check_program` has seen a linear layer
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
