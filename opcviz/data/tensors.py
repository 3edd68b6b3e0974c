"""Float samples of any shape whose targets are numbers, not classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from .base import CHUNK, DataError, float_statistics

__all__ = ["Tensors"]


@dataclass(frozen=True, eq=False, repr=False)
class Tensors:
    """A data set of plain tensors: signals, tables, fields, with a number or more to each.

    Samples with classes, of whatever shape, are `Images`; these have none, so that nothing but
    single samples can be forgotten.

    Attributes:
        name: how it is called on screen.
        x_train, x_test: (N, ...) float32, finite, of one shape a sample.
        y_train, y_test: (N, ...) targets of any type but bool, of one shape a sample.

    Raises:
        DataError: when made from tensors of other types or shapes.
    """

    name: str
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor

    def __post_init__(self) -> None:
        for split in ("train", "test"):
            self._check(split)
        for part in ("x", "y"):
            train, test = getattr(self, f"{part}_train"), getattr(self, f"{part}_test")
            if (train.dtype, train.shape[1:]) != (test.dtype, test.shape[1:]):
                raise DataError(
                    f"{self.name}: {part}_train is {train.dtype} {tuple(train.shape)} but "
                    f"{part}_test {test.dtype} {tuple(test.shape)}; bring both to one type and "
                    "shape a sample"
                )

    def _check(self, split: str) -> None:
        x, y = getattr(self, f"x_{split}"), getattr(self, f"y_{split}")
        if x.dtype != torch.float32 or x.dim() < 2 or 0 in x.shape:
            raise DataError(
                f"{self.name}: x_{split} must be float32 of shape (N, ...), none of them 0; got "
                f"{x.dtype} {tuple(x.shape)}"
            )
        if len(y) != len(x):
            raise DataError(
                f"{self.name}: y_{split} has {len(y)} targets for the {len(x)} samples of "
                f"x_{split}; give one to each"
            )
        for part, tensor in (("x", x), ("y", y)):
            for start, chunk in enumerate(tensor.split(CHUNK)):
                bad = ~chunk.flatten(1).isfinite().all(1) if chunk.dim() > 1 else ~chunk.isfinite()
                if bool(bad.any()):
                    raise DataError(
                        f"{self.name}: {part}_{split} holds NaN or infinite values, first in "
                        f"sample {start * CHUNK + int(bad.nonzero()[0])}"
                    )

    def __repr__(self) -> str:
        sizes = "×".join(map(str, self.shape))
        return f"Tensors({self.name}: {len(self.x_train)} train, {len(self.x_test)} test, {sizes})"

    @property
    def class_names(self) -> tuple[str, ...]:
        """None: targets are not classes."""
        return ()

    @property
    def classes(self) -> int:
        """None: targets are not classes."""
        return 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return tuple(self.x_train.shape[1:])

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.x_train.device

    def to(self, device: torch.device | str) -> Self:
        """The same set with all four tensors on `device`."""
        names = ("x_train", "y_train", "x_test", "y_test")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})

    def batch(self, ids: Tensor, split: str = "train") -> Tensor:
        """Samples (B, *shape) float32 at positions `ids` (B,) of the `train` or `test` split.

        Raises:
            ValueError: for another split.
        """
        parts = {"train": self.x_train, "test": self.x_test}
        if split not in parts:
            raise ValueError(f"Tensors.batch: split is 'train' or 'test', not {split!r}")
        return parts[split][ids]

    def mean_std(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each channel of the train samples, two (C,) float32."""
        return float_statistics(self.x_train)
