"""One pass over a set of pictures: what a model computes on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.parts import Part, Side, side_of
from ...common.progress import Progress
from ...data import Split, as_float
from ...models import BodyHead, Classifier

__all__ = ["ModelOutputs", "Observation", "observe", "observe_blocks", "passes", "pooled"]


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

    features, logits = passes(model, x, look, batch, progress)
    return Observation(features, logits, y)


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

    *blocks, logits = passes(model, x, look, batch, progress)
    return {
        name: Observation(features, logits, y)
        for name, features in zip(model.block_names, blocks, strict=True)
    }


@torch.no_grad()
def passes(
    model: BodyHead,
    x: Tensor,
    look: Callable[[Tensor], tuple[Tensor, ...]],
    batch: int,
    progress: Progress | None,
) -> list[Tensor]:
    """What `look` sees of all pictures, in eval mode and full precision."""
    training = model.training
    model.eval()
    seen = []
    # convolutions on a GPU round to TF32 unless told otherwise
    with torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled, allow_tf32=False):
        for part in x.split(batch):
            seen.append([value.float() for value in look(as_float(part))])
            if progress:
                progress.check()
    model.train(training)
    return [torch.cat(values) for values in zip(*seen, strict=True)]


def pooled(block: Tensor) -> Tensor:
    """A block's output as one vector a sample: the mean over positions.

    Args:
        block: (B, C, ...) with channels on axis 1, as `Classifier.activations` gives every block.

    Returns:
        (B, C).
    """
    return block.mean(tuple(range(2, block.dim()))) if block.dim() > 2 else block
