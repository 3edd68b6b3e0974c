"""One pass over a set of pictures: what a model computes on them."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...common.devices import SMALL, Pace
from ...common.parts import Part, Side, side_of
from ...common.progress import Progress
from ...data import Split, as_float
from ...models import BodyHead, Classifier

__all__ = [
    "ModelOutputs",
    "Observation",
    "Room",
    "answers",
    "observe",
    "observe_blocks",
    "passes",
    "pooled",
    "room_of",
]


LARGE_BATCH = 32
"""Samples a batch of a large net on a CPU: what its layers hand on stays near the core."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What a model computes on N pictures.

    Attributes:
        features: (N, d) float32, the input of the head.
        logits: (N, C) float32.
        labels: (N,) int64, the true classes.
    """

    features: Tensor
    logits: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def cpu(self) -> Observation:
        """The same on the CPU."""
        return Observation(self.features.cpu(), self.logits.cpu(), self.labels.cpu())


@dataclass(frozen=True, eq=False)
class ModelOutputs:
    """A model's observations of the whole train and test set."""

    train: Observation
    test: Observation

    def side(self, name: Side) -> Observation:
        """The whole train or test set."""
        return self.train if name == "train" else self.test

    def part(self, name: Part, split: Split) -> Observation:
        """The samples of one part of the data, on the CPU."""
        seen, rows = self.side(side_of(name)).cpu(), split.part(name).cpu()
        return Observation(seen.features[rows], seen.logits[rows], seen.labels[rows])


def observe(
    model: BodyHead,
    x: Tensor,
    y: Tensor,
    *,
    batch: int = 1024,
    progress: Progress | None = None,
) -> Observation:
    """Features and logits of samples as `Images` holds them, in eval mode, in fp32.

    Pictures (N, channels, H, W) are uint8 or floats in [0, 1], other samples floats. Evidence is
    always taken in fp32, whatever precision trained the model: a collapsed feature is smaller than
    bf16 resolves.
    """

    def look(part: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = model.features(part)
        return features.flatten(1), logits

    size = min(batch, LARGE_BATCH) if _large(model, x) else batch
    features, logits = passes(model, x, look, size, progress)
    return Observation(features, logits, y)


def answers(model: BodyHead, x: Tensor, *, batch: int = 256) -> Tensor:
    """Logits (N, C) of a model that is being trained, in the number format of its training.

    To score it from time to time: a net large enough to be trained in bf16 is asked in bf16 too,
    which moves its accuracy by the samples that lie on the edge between two classes.
    """

    positions = max(math.prod(x.shape[2:]), getattr(model, "resize", 0) ** 2)
    how = Pace.of("auto", "auto", x.device, model, positions)

    def look(part: Tensor) -> tuple[Tensor]:
        with how.autocast():
            return (model(part),)

    size = min(batch, LARGE_BATCH) if _large(model, x) else batch
    (logits,) = passes(model, x, look, size, None)
    return logits


def observe_blocks(
    model: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    batch: int = 1024,
    progress: Progress | None = None,
) -> dict[str, Observation]:
    """Like `observe`, with every block's pooled output as the features, from input to head."""

    def look(part: Tensor) -> tuple[Tensor, ...]:
        activations = model.activations(part)
        return (
            *(pooled(activations.blocks[name]) for name in model.block_names),
            activations.logits,
        )

    size = min(batch, LARGE_BATCH) if _large(model, x) else batch
    *blocks, logits = passes(model, x, look, size, progress)
    return {
        name: Observation(features, logits, y)
        for name, features in zip(model.block_names, blocks, strict=True)
    }


def _large(model: BodyHead, x: Tensor) -> bool:
    """Whether a net on a CPU is bound by its convolutions, not by calls."""
    positions = max(math.prod(x.shape[2:]), getattr(model, "resize", 0) ** 2)
    weights = sum(p.numel() for p in model.parameters())
    return x.device.type == "cpu" and weights * positions >= SMALL


Room = Callable[[int, tuple[int, ...], torch.device], Tensor]
"""Makes room for one of the values of a pass: its number, its shape and where it is made."""


@torch.no_grad()
def passes(
    model: BodyHead,
    x: Tensor,
    look: Callable[[Tensor], tuple[Tensor, ...]],
    batch: int,
    progress: Progress | None,
    room: Room | None = None,
) -> list[Tensor]:
    """What `look` sees of all pictures, in eval mode and full precision.

    Args:
        model: it is left in the mode it was in.
        x: (N, ...) pictures as `Images` holds them, not none.
        look: (B, ...) pictures in [0, 1] to values (B, ...).
        batch: B, at most.
        progress: asked between batches whether to stop.
        room: where values are kept; in memory unless given.
    """
    training = model.training
    model.eval()
    seen: list[Tensor] = []
    at = 0
    make = room or room_of(0)
    # convolutions on a GPU round to TF32 unless told otherwise
    with torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled, allow_tf32=False):
        for part in x.split(batch):
            values = look(as_float(part))
            if not seen:
                shapes = ((len(x), *value.shape[1:]) for value in values)
                placed = zip(shapes, values, strict=True)
                seen = [make(n, shape, value.device) for n, (shape, value) in enumerate(placed)]
            for kept, value in zip(seen, values, strict=True):
                kept[at : at + len(part)] = value
            at += len(part)
            if progress:
                progress.check()
    model.train(training)
    return seen


def room_of(kept: int, *, spilled: bool = False) -> Room:
    """Room for float32 values: in memory, or in a file that goes with the last of them.

    Args:
        kept: so many of the first values are in memory whatever their size.
        spilled: whether those behind them lie in a file that is mapped into memory, of which the
            system drops what it needs for others.
    """

    def make(number: int, shape: tuple[int, ...], device: torch.device) -> Tensor:
        if not spilled or number < kept or 0 in shape:
            return torch.empty(shape, device=device)
        with tempfile.TemporaryFile(prefix="opcviz-views-") as file:
            return torch.from_numpy(np.memmap(file, np.float32, "w+", shape=shape))

    return make


def pooled(block: Tensor) -> Tensor:
    """A block's output as one vector a sample: the mean over positions.

    Args:
        block: (B, C, ...) with channels on axis 1, as `Classifier.activations` gives every block.

    Returns:
        (B, C).
    """
    return block.mean(tuple(range(2, block.dim()))) if block.dim() > 2 else block
