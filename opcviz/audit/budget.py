"""What relearning gets where a network is large, so that an audit on a laptop ends in minutes.

The settings are part of the question, so that the report prints them, and two models of an audit
face the same attackers.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from ..artefacts import Evidence
from ..attacks.relearning import Relearning, StrongestRelearning
from ..common.config import Config
from ..common.devices import SMALL
from ..common.json_types import Json
from ..data import Data, as_float

__all__ = ["LARGE", "bounded", "multiply_adds"]

LARGE = 150_000_000
"""Multiply-adds a picture from which on a network is large: ResNet-20 takes 41 million of them,
ResNet-18 555 million (32×32 pixels)."""

BOUNDED: dict[type[Config], Json] = {
    # fresh blocks and given pictures are what brings most back; a second optimiser and further
    # draws make the best of the grid surer, and three quarters of its cost; of the optimisers the
    # one stays that no rescaling of layers spoils; pictures of another data set bring back less
    # than retained ones do
    StrongestRelearning: {"anew": [0, 1], "sgd": [], "draws": 1, "steps": 30},
    Relearning: {"shots": [10], "steps": 30, "scored": 64, "other": "none"},
}


def multiply_adds(model: nn.Module, data: Data) -> int:
    """Of one sample's pass: half its floating-point operations, as PyTorch counts them."""
    from torch.utils.flop_counter import FlopCounterMode  # it brings Triton and the compiler

    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(as_float(data.x_train[:1]))
    return int(counter.get_total_flops()) // 2


def bounded(evidence: Evidence, model: nn.Module, data: Data) -> tuple[Evidence, tuple[str, ...]]:
    """The evidence that a network's size allows, and what is to be known of it.

    Settings that are not the usual ones were chosen, and stay.

    Args:
        evidence: what is asked.
        model: in eval mode, one of those that are audited.
        data: what it takes.

    Returns:
        Both; the latter a sentence, or nothing where nothing was changed.
    """
    if _small(model, data):  # the count would bring torch's compiler, more than a second's import
        return evidence, ()
    work = multiply_adds(model, data)
    if work < LARGE:
        return evidence, ()
    changed: dict[str, object] = {}
    told = []
    for name, config in evidence.tables:
        less = BOUNDED.get(type(config))
        if less is None or config != type(config)():
            continue
        changed[name] = config.replace(**less)
        told.append(f"{name}: " + ", ".join(f"{key} {_words(v)}" for key, v in less.items()))
    if not changed:
        return evidence, ()
    said = (
        f"The network is large ({work / 1e6:,.0f} million multiply-adds a picture), so relearning "
        f"attacks got a smaller budget than usual ({'; '.join(told)}). A model that withstands it "
        "may not withstand the usual one: bounded = false makes that."
    )
    return evidence.replace(**changed), (said,)


def _small(model: nn.Module, data: Data) -> bool:
    """Whether a network is not large even if it uses every weight seven times at each position."""
    positions = max(math.prod(data.shape[1:]), getattr(model, "resize", 0) ** 2)
    return positions * sum(p.numel() for p in model.parameters()) < SMALL


def _words(value: object) -> str:
    return (" and ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)
