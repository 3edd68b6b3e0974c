"""Ways to read the names of a state dict: what may stand before them, and what is no layer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from .weights import Weights

__all__ = ["UNUSED", "Reading", "read_names"]

PARTIAL = ("backbone.", "encoder.", "model.", "net.", "network.", "resnet.", "base.", "trunk.")
"""What may stand before the names of the body, while the head's are bare."""
UNUSED = re.compile(r"^(?:attacker\.|sub_block1\.)|(?:^|\.)(?:num_batches_tracked|n_averaged)$")
"""Copies and counters that some training codes store and no forward pass uses."""
STATISTICS = (
    *(("mean", "std"), ("mu", "sigma"), ("new_mean", "new_std"), ("_mean", "_std")),
    *(("image_mean", "image_std"), ("norm_mean", "norm_std"), ("means", "sds")),
)
"""Names of the two buffers of a normalisation layer."""


@dataclass(frozen=True)
class Reading:
    """The tensors of a file under the names that one reading of it gives them."""

    names: dict[str, str]  # in the file: read
    shapes: dict[str, tuple[int, ...]]  # by the read names


def read_names(
    weights: Weights, channels: int
) -> tuple[tuple[tuple[float, ...], tuple[float, ...]] | None, list[Reading]]:
    """A normalisation inside the weights, and the ways to read the other names."""
    mean_std, statistics = _statistics(weights.tensors, channels)
    keys = [key for key in weights.tensors if key not in statistics and not UNUSED.search(key)]
    shapes = {key: tuple(weights.tensors[key].shape) for key in keys}
    ways: list[dict[str, str]] = [{key: key for key in keys}]
    if shared := _shared(keys):
        ways.append({key: key.removeprefix(shared) for key in keys})
    for prefix in PARTIAL:
        if 2 * sum(key.startswith(prefix) for key in keys) > len(keys):
            way = {key: key.removeprefix(prefix) for key in keys}
            if len(set(way.values())) == len(way) and way not in ways:
                ways.append(way)
    return mean_std, [Reading(way, {new: shapes[key] for key, new in way.items()}) for way in ways]


def _shared(keys: list[str]) -> str:
    """The modules that all names begin with, `1.model.` say."""
    parts = [key.split(".")[:-1] for key in keys]
    first, last = min(parts, default=[]), max(parts, default=[])
    count = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return "".join(f"{part}." for part in first[: len(first) if count is None else count])


def _statistics(
    tensors: Mapping[str, Tensor], channels: int
) -> tuple[tuple[tuple[float, ...], tuple[float, ...]] | None, set[str]]:
    """Mean and deviation of a normalisation layer among the tensors, and the names they have."""
    found: dict[tuple[str, str], tuple[tuple[float, ...], tuple[float, ...]]] = {}
    for key, mean in tensors.items():
        parent, dot, leaf = key.rpartition(".")
        for first, second in STATISTICS:
            std = tensors.get(f"{parent}{dot}{second}")
            if leaf != first or std is None or not mean.numel() == std.numel() == channels:
                continue
            if mean.is_floating_point() and std.is_floating_point() and bool((std > 0).all()):
                # statistics of bytes are those of numbers up to 255
                scale = 255.0 if float(mean.max()) > 2 else 1.0
                pair = (mean.flatten() / scale).tolist(), (std.flatten() / scale).tolist()
                found[key, f"{parent}{dot}{second}"] = tuple(pair[0]), tuple(pair[1])
    names = {name for pair in found for name in pair}
    return next(iter(found.values()), None), names
