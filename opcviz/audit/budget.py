"""What attacks that train get where a network is large: an audit on a laptop should take minutes.

The settings are part of the question, so that the report prints them, and two models of an audit
face the same attackers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..artefacts import Evidence
from ..attacks.relearning import Relearning, StrongestRelearning
from ..attacks.strongest import Strongest
from ..common.config import Config
from ..common.json_types import Json

if TYPE_CHECKING:
    from torch import nn

    from ..data import Data

__all__ = ["LARGE", "bounded", "multiply_adds", "spared"]

LARGE = 150_000_000
"""Multiply-adds a picture from which on a network is large: ResNet-20 takes 41 million of them,
ResNet-18 555 million (32×32 pixels)."""

BOUNDED: dict[type[Config], Json] = {
    # fresh blocks and given pictures are what brings most back; a second optimiser and further
    # draws make the best of the grid surer, and three quarters of its cost; of the optimisers the
    # one stays that no rescaling of layers spoils; pictures of another data set bring back less
    # than retained ones do
    StrongestRelearning: {"anew": [0, 1], "sgd": [], "draws": 1, "steps": 30, "retained": 256},
    Relearning: {
        "shots": [10],
        "steps": 30,
        "scored": 64,
        "other": "none",
        "looks": [1, 2, 4, 8, 15],
    },
}
LESSONS, PASSES = 50_000, 5
"""Samples that an MLP map learns from, counted each time, and the fewest passes over the data: of
10,000 pictures five passes are 390 steps, and twenty of the digits are 220."""
SPARED = frozenset({"relearned"})
"""What takes long and tells nothing of an original, which has forgotten nothing."""
CURVES = "relearning"
"""What shows how an original relearns beside the others, and decides nothing."""


def multiply_adds(model: nn.Module, data: Data) -> int:
    """Of one sample's pass: half its floating-point operations, as PyTorch counts them."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode  # it brings Triton and the compiler

    from ..data import as_float

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
        less = _passes(data) if isinstance(config, Strongest) else BOUNDED.get(type(config))
        if not less or config != type(config)():
            continue
        changed[name] = config.replace(**less)
        told.append(f"{name}: " + ", ".join(f"{key} {_words(v)}" for key, v in less.items()))
    if not changed:
        return evidence, ()
    said = (
        f"The network is large ({work / 1e6:,.0f} million multiply-adds a picture), so attacks "
        f"that train got a smaller budget than usual ({'; '.join(told)}). A model that withstands "
        "it may not withstand the usual one: bounded = false makes that."
    )
    if CURVES in changed:
        said += " How fast the original relearns was not measured, which no verdict rests on."
    return evidence.replace(**changed), (said,)


def _passes(data: Data) -> Json:
    """Fewer passes of the MLP maps where there are many pictures; nothing where there are few."""
    passes = max(PASSES, LESSONS // len(data.y_train))
    return {"epochs": passes} if passes < Strongest().epochs else {}


def spared(evidence: Evidence) -> frozenset[str]:
    """Kinds of attack that are not made on an original, as an audit's settings have it."""
    asked = evidence.in_suite("full").table(CURVES)
    less = Relearning().replace(**BOUNDED[Relearning])
    return SPARED | {CURVES} if asked == less else SPARED


def _small(model: nn.Module, data: Data) -> bool:
    """Whether a network is not large even if it uses every weight seven times at each position."""
    from ..common.devices import SMALL

    positions = max(math.prod(data.shape[1:]), getattr(model, "resize", 0) ** 2)
    return positions * sum(p.numel() for p in model.parameters()) < SMALL


def _words(value: object) -> str:
    return _and(list(map(str, value))) if isinstance(value, list) else str(value)


def _and(words: list[str]) -> str:
    """As in "1, 2 and 4"."""
    *first, last = words or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
