"""One pass over a set of pictures: what a model computes on them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .models import Classifier
from .progress import Progress

__all__ = ["Observation", "Views", "observe"]


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
class Views:
    """A model's observations of the whole train and test set."""

    train: Observation
    test: Observation


@torch.no_grad()
def observe(
    model: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    batch: int = 1024,
    progress: Progress | None = None,
) -> Observation:
    """Features and logits of uint8 pictures (N, channels, H, W) in eval mode, in fp32.

    Evidence is always taken in fp32, whatever precision trained the model: a collapsed feature is
    smaller than bf16 resolves.
    """
    training = model.training
    model.eval()
    features, logits = [], []
    # convolutions on a GPU round to TF32 unless told otherwise
    with torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled, allow_tf32=False):
        for part in x.split(batch):
            f, z = model.features(part.float() / 255)
            features.append(f.flatten(1).float())
            logits.append(z.float())
            if progress:
                progress.check()
    model.train(training)
    return Observation(torch.cat(features), torch.cat(logits), y)
