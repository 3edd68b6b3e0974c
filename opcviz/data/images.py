"""A data set in memory: one tensor a split, no loader, no per-sample Python.

The largest set we name (SVHN) is 300 MB this way: it fits any device we train on, so a batch is
one indexing operation where the weights are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..common.names import NOT_TEXT, is_text, shown
from .base import CHUNK, DataError, as_float, float_statistics

if TYPE_CHECKING:
    from .planting import Planted

__all__ = ["Images", "assemble"]


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """A labelled data set with its fixed train/test split.

    Attributes:
        name: how it is called on screen.
        x_train, x_test: pictures (N, C, H, W) uint8, or samples (N, C, ...) float32, finite and on
            a scale of their own; see `batch`.
        y_train, y_test: (N,) int64 in 0..classes-1.
        class_names: one distinct name a class, in label order.
        planted: what was changed in the train set on purpose, see `Scenario.prepare`.

    Raises:
        DataError: when made from tensors of other types or shapes, or with labels out of range.
    """

    name: str
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    class_names: tuple[str, ...]
    planted: Planted | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_names", tuple(self.class_names))
        if self.classes < 2 or len(set(self.class_names)) < self.classes:
            raise DataError(
                f"{self.name}: class names must be at least two and all different, got "
                f"{', '.join(map(repr, self.class_names)) or 'none'}"
            )
        odd = next((each for each in self.class_names if not is_text(each)), None)
        if odd is not None:
            raise DataError(f"{self.name}: the class '{shown(odd)}' {NOT_TEXT}")
        for part in ("train", "test"):
            self._check_part(part)
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise DataError(
                f"{self.name}: train pictures are {tuple(self.x_train.shape[1:])} (C, H, W) but "
                f"test pictures {tuple(self.x_test.shape[1:])}; bring both to one shape"
            )
        if self.x_train.dtype != self.x_test.dtype:
            raise DataError(
                f"{self.name}: x_train is {self.x_train.dtype} but x_test {self.x_test.dtype}; "
                "bring both to one type"
            )

    def _check_part(self, part: str) -> None:
        x, y = getattr(self, f"x_{part}"), getattr(self, f"y_{part}")
        is_bytes, is_float = x.dtype == torch.uint8, x.dtype == torch.float32
        fits = (is_bytes and x.dim() == 4) or (is_float and x.dim() >= 2)
        if not fits or 0 in x.shape:
            raise DataError(
                f"{self.name}: x_{part} must be uint8 of shape (N, C, H, W) or float32 of shape "
                f"(N, C, ...), none of them 0; got {x.dtype} {tuple(x.shape)}"
            )
        if is_float:
            for start, chunk in enumerate(x.split(CHUNK)):
                bad = ~chunk.flatten(1).isfinite().all(1)
                if bool(bad.any()):
                    raise DataError(
                        f"{self.name}: x_{part} holds NaN or infinite values, first in sample "
                        f"{start * CHUNK + int(bad.nonzero()[0])}"
                    )
        if y.dtype != torch.int64 or y.shape != x.shape[:1]:
            raise DataError(
                f"{self.name}: y_{part} must be int64 of shape ({len(x)},), one label a picture; "
                f"got {y.dtype} {tuple(y.shape)}"
            )
        low, high = int(y.min()), int(y.max())
        if low < 0 or high >= self.classes:
            raise DataError(
                f"{self.name}: y_{part} holds labels from {low} to {high}, but the "
                f"{self.classes} classes are numbered 0 to {self.classes - 1}"
            )

    def __repr__(self) -> str:
        sizes = "×".join(map(str, self.shape))
        return (
            f"Images({self.name}: {len(self.x_train)} train, {len(self.x_test)} test, "
            f"{sizes}, {self.classes} classes)"
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of one picture, (C, ...) of another sample."""
        return tuple(self.x_train.shape[1:])

    @property
    def classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.x_train.device

    def to(self, device: torch.device | str) -> Images:
        """The same set with all its tensors on `device`."""
        names = ("x_train", "y_train", "x_test", "y_test")
        held = {name: getattr(self, name).to(device) for name in names}
        return replace(self, planted=self.planted and self.planted.to(device), **held)

    def batch(self, ids: Tensor, split: str = "train") -> Tensor:
        """Samples as a network takes them, (B, *shape) float32 on the device of the set.

        Bytes become numbers in [0, 1] (divided by 255); float samples stay as they are.

        Args:
            ids: (B,) positions in the split.
            split: `train` or `test`.

        Raises:
            ValueError: for another split.
        """
        parts = {"train": self.x_train, "test": self.x_test}
        if split not in parts:
            raise ValueError(f"Images.batch: split is 'train' or 'test', not {split!r}")
        return as_float(parts[split][ids])

    def mean_std(self) -> tuple[Tensor, Tensor]:
        """Mean and population standard deviation of the train samples as `batch` gives them.

        Two (C,) float32. Every device gives the same figures: those of bytes come from integer
        histograms, those of floats from float64 sums on the CPU. A network can divide by the
        deviation of a constant channel too: it is one grey level (1/255) at least, 1 for floats.
        """
        mean, std = self._statistics
        return mean.clone(), std.clone()

    @cached_property
    def _statistics(self) -> tuple[Tensor, Tensor]:
        if self.x_train.dtype != torch.uint8:
            return float_statistics(self.x_train)
        channels = self.shape[0]
        counts = torch.zeros(channels, 256, dtype=torch.int64, device=self.device)
        for chunk in self.x_train.split(CHUNK):
            for channel in range(channels):
                counts[channel] += torch.bincount(chunk[:, channel].flatten(), minlength=256)
        share = counts.cpu().double() / counts[0].sum().item()
        levels = torch.arange(256, dtype=torch.float64)
        mean = share @ levels
        variance = (share @ levels.square() - mean.square()).clamp_min(1.0)
        return (
            (mean / 255).float().to(self.device),
            (variance.sqrt() / 255).float().to(self.device),
        )


def assemble(
    name: str,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    class_names: Sequence[str] | None = None,
) -> Images:
    """Arrays to `Images`, refusing labels that no study could use.

    Args:
        name: of the data set; errors start with it.
        train, test: pictures (N, C, H, W) uint8 and integer labels (N,).
        class_names: in label order; None calls the classes "0", "1", ...

    Raises:
        DataError: for a class without pictures in either split, a label gap, or whatever `Images`
            refuses.
    """
    (x_train, y_train), (x_test, y_test) = train, test
    names: Sequence[str] = class_names or ()
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if len(x) == 0 or y.shape != (len(x),):
            raise DataError(
                f"{name}: the {part} split has {len(x)} pictures and labels of shape {y.shape}; "
                "it needs at least one picture and one label each"
            )
        if class_names is None and part == "train":
            names = tuple(str(label) for label in range(_count_classes(name, part, y)))
        _check_labels(name, part, y, names)
    return Images(
        name,
        torch.from_numpy(np.ascontiguousarray(x_train)),
        torch.from_numpy(y_train.astype(np.int64)),
        torch.from_numpy(np.ascontiguousarray(x_test)),
        torch.from_numpy(y_test.astype(np.int64)),
        tuple(str(entry) for entry in names),
    )


def _count_classes(name: str, part: str, y: np.ndarray) -> int:
    """Classes of labels that should read 0, 1, ..., C-1 without a gap."""
    found = np.unique(y)
    if found[0] >= 0 and found[-1] >= len(found):
        missing = np.setdiff1d(np.arange(len(found)), found)[0]
        raise DataError(
            f"{name}: labels of the {part} split have a gap: {found[-1]} occurs but {missing} does "
            "not. Number the classes 0, 1, 2, ... without a gap"
        )
    return len(found)


def _check_labels(name: str, part: str, y: np.ndarray, class_names: Sequence[str]) -> None:
    classes = len(class_names)
    wrong = np.flatnonzero((y < 0) | (y >= classes))
    if len(wrong):
        raise DataError(
            f"{name}: label {y[wrong[0]]} of {part} picture {wrong[0]} is outside 0 to "
            f"{classes - 1} ({len(wrong)} such labels). Number the classes 0, 1, 2, ... and give "
            "as many class names"
        )
    empty = np.flatnonzero(np.bincount(y.astype(np.int64), minlength=classes) == 0)
    if len(empty):
        names = ", ".join(f"{label} ({class_names[label]})" for label in empty[:5])
        raise DataError(
            f"{name}: no {part} picture of class {names}{' ...' if len(empty) > 5 else ''}. Add "
            "pictures, or leave the class out of both splits and renumber the labels"
        )
