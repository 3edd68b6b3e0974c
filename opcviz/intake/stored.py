"""Tensors that a file describes, before anything of them is read."""

from __future__ import annotations

from dataclasses import dataclass

import torch

__all__ = ["Storage", "Stored"]


@dataclass(frozen=True)
class Storage:
    """A row of numbers in the file: its key, their type and how many there should be."""

    key: str
    dtype: torch.dtype
    count: int


@dataclass(frozen=True)
class Stored:
    """A tensor as a file describes it: what part of a row of numbers it shows, in which shape."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def count(self) -> int:
        """Elements of the tensor."""
        count = 1
        for each in self.size:
            count *= each
        return count

    @property
    def last(self) -> int:
        """The element of the storage furthest to the right that the tensor shows; -1 for none."""
        if not self.count:
            return -1
        steps = zip(self.size, self.stride, strict=True)
        return self.offset + sum((size - 1) * stride for size, stride in steps)
