"""Batches of an in-memory training set: which samples meet in one step, in which order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..common.config import ConfigError
from ..data import Data, augment

__all__ = ["Batch", "Batches"]


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's samples.

    Attributes:
        x: (B, *shape) floats, augmented; pictures in [0, 1].
        y: (B, ...) targets.
        index: (B,) positions in the train set.
        forget: (B,) bool, true for forget data; `retain` is its complement.
        epochs_done: how much of the run lies behind, in epochs: 2.5 is the middle of the third.
    """

    x: Tensor
    y: Tensor
    index: Tensor
    forget: Tensor
    epochs_done: float = 0.0

    @property
    def retain(self) -> Tensor:
        """(B,) bool, true for retain data."""
        return ~self.forget


class Batches:
    """Makes the batches of each epoch, in an order set by a generator.

    With `joint` order each step takes `batch_size` of retain and of forget data, and both pass the
    body together: batch norm must see one population. With separate passes the two sets are
    normalised apart, and nothing is contracted once the model is used in eval mode. An epoch is one
    pass over the retain data; the (smaller) forget data is cycled. With `sequence` order an epoch
    is all forget batches, then all retain batches. With only one part, an epoch is a pass over it.

    Args:
        data: the data set, on the device.
        retain, forget: positions in the train set; either may be empty.
        batch_size: samples per step of each part.
        policy: augmentation, see `opcviz.data.augmentation`; for pictures only.
        order: joint or sequence.
        forget_epochs: with `sequence`, epochs that have forget batches at all (None: every one).

    Raises:
        ValueError: when both parts are empty.
        ConfigError: for an augmentation of samples that are no pictures.
    """

    def __init__(
        self,
        data: Data,
        retain: Tensor,
        forget: Tensor,
        batch_size: int,
        policy: str = "none",
        order: str = "joint",
        forget_epochs: int | None = None,
    ) -> None:
        if not len(retain) and not len(forget):
            raise ValueError("nothing to train on: both the retain and the forget part are empty")
        if policy != "none" and len(data.shape) != 3:
            raise ConfigError(
                f"Training.augment: '{policy}' varies pictures (channels, H, W), and samples of "
                f"{data.name} are {data.shape}; set it to 'none'"
            )
        self.data, self.policy = data, policy
        self.retain, self.forget = retain, forget
        self.batch_size = batch_size
        self.joint = order == "joint" and bool(len(retain)) and bool(len(forget))
        self.forget_epochs = math.inf if forget_epochs is None else forget_epochs

    def steps(self, epoch: int) -> int:
        """Number of batches in an epoch (counted from 0)."""
        retain = math.ceil(len(self.retain) / self.batch_size)
        if self.joint:
            return retain
        forget = math.ceil(len(self.forget) / self.batch_size)
        return retain + (forget if epoch < self.forget_epochs else 0)

    def epoch(self, number: int, generator: torch.Generator) -> Iterator[Batch]:
        """The batches of an epoch; `generator` (on the CPU) decides order and augmentation."""
        chunks = (
            self._joint_chunks(generator)
            if self.joint
            else self._sequential_chunks(number, generator)
        )
        steps = self.steps(number)
        for step, (retain, forget) in enumerate(chunks):
            index = torch.cat([retain, forget])
            mask = torch.arange(len(index), device=index.device) >= len(retain)
            x = self.data.batch(index)
            if self.policy != "none":
                x = augment(x, self.policy, generator)
            yield Batch(x, self.data.y_train[index], index, mask, number + step / steps)

    def _joint_chunks(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        steps = self.steps(0)
        size = min(self.batch_size, len(self.forget))
        rounds = math.ceil(steps * size / len(self.forget))
        retain = _shuffled(self.retain, generator).tensor_split(steps)
        forget = torch.cat([_shuffled(self.forget, generator) for _ in range(rounds)])
        yield from zip(retain, forget[: steps * size].split(size), strict=True)

    def _sequential_chunks(
        self, number: int, generator: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor]]:
        none = self.retain[:0]
        if number < self.forget_epochs:
            yield from ((none, part) for part in self._chunks(self.forget, generator))
        yield from ((part, none) for part in self._chunks(self.retain, generator))

    def _chunks(self, ids: Tensor, generator: torch.Generator) -> Sequence[Tensor]:
        """One pass over `ids` in equal-as-possible chunks: a last batch of 1 upsets batch norm."""
        if not len(ids):
            return ()
        return _shuffled(ids, generator).tensor_split(math.ceil(len(ids) / self.batch_size))


def _shuffled(ids: Tensor, generator: torch.Generator) -> Tensor:
    return ids[torch.randperm(len(ids), generator=generator).to(ids.device)]
