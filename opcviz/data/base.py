"""What a data set must offer, whatever its samples and targets are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = [
    "CHUNK",
    "Data",
    "DataError",
    "DataIdentity",
    "as_float",
    "digest",
    "float_statistics",
    "identify",
    "strata",
]

CHUNK = 4096  # samples at a time in statistics and digests: bounds the extra memory


class DataError(ValueError):
    """Data that cannot be used; the message says what is wrong, where, and what to do."""


@runtime_checkable
class Data(Protocol):
    """A data set in memory with its fixed train/test split.

    `Images` is one with classes (pictures, or float samples of any shape), `Tensors` one whose
    targets are numbers. Scenarios, probe sets, digests, batches and the training loop use nothing
    beyond this.

    Attributes:
        name: how it is called on screen.
        x_train, x_test: (N, *shape) samples as they are stored; `batch` gives them as floats.
        y_train, y_test: (N, ...) targets: int64 classes if there are `class_names`, else anything.
        class_names: one name a class, in label order; empty where targets are not classes.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def x_train(self) -> Tensor: ...  # noqa: D102

    @property
    def y_train(self) -> Tensor: ...  # noqa: D102

    @property
    def x_test(self) -> Tensor: ...  # noqa: D102

    @property
    def y_test(self) -> Tensor: ...  # noqa: D102

    @property
    def class_names(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""

    @property
    def classes(self) -> int:
        """The number of classes, 0 where targets are not classes."""

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""

    def to(self, device: torch.device | str) -> Self:
        """The same set on `device`."""

    def mean_std(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each channel of the train samples, two (C,) float32."""

    def batch(self, ids: Tensor, split: str = "train") -> Tensor:
        """Samples as a network takes them, (B, *shape) float32; `split` is `train` or `test`."""


def as_float(x: Tensor) -> Tensor:
    """Stored samples as a network takes them: bytes as float32 in [0, 1], floats as they are."""
    import torch

    return x.float() / 255 if x.dtype == torch.uint8 else x


def strata(data: Data) -> np.ndarray:
    """(N,) int64, the group of each train sample in a balanced draw: its class, or 0 for all."""
    if data.class_names:
        return data.y_train.cpu().numpy()
    return np.zeros(len(data.y_train), np.int64)


def float_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and population standard deviation of each channel of float samples (N, C, ...).

    Two (C,) float32 on the device of `x`, from float64 sums on the CPU, so that every device gives
    the same figures. The deviation of a constant channel is given as 1: a network divides by it.
    """
    import torch

    total, channels = torch.zeros(x.shape[1], dtype=torch.float64), x.shape[1]
    for chunk in x.split(CHUNK):
        total += chunk.cpu().double().unsqueeze(-1).flatten(2).sum((0, 2))
    mean = total * channels / x.numel()
    centred, squares = mean.view(-1, *[1] * (x.dim() - 1)), torch.zeros_like(total)
    for chunk in x.split(CHUNK):
        gap = chunk.cpu().double().unsqueeze(-1) - centred
        squares += gap.square().flatten(2).sum((0, 2))
    std = (squares * channels / x.numel()).sqrt().float()
    return mean.float().to(x.device), torch.where(std > 0, std, 1.0).to(x.device)


def digest(data: Data) -> str:
    """12 hex digits of SHA-256 over all samples, targets and class names.

    Equal for equal content wherever it was read from and whatever device holds it, so a study can
    tell that a file has changed.
    """
    sha = hashlib.sha256(repr(data.class_names).encode())
    for tensor in (data.x_train, data.y_train, data.x_test, data.y_test):
        sha.update(repr(tuple(tensor.shape)).encode())
        for chunk in tensor.split(CHUNK):
            array = chunk.cpu().contiguous().numpy()
            sha.update(array.astype(array.dtype.newbyteorder("<"), copy=False))
    return sha.hexdigest()[:12]


@dataclass(frozen=True)
class DataIdentity:
    """Which data set it was; equal for equal content, whatever its name.

    Attributes:
        name: how the set was called.
        shape: of one sample.
        digest: see `digest`.
    """

    name: str = field(compare=False)
    shape: tuple[int, ...] = field(compare=False)
    digest: str

    def __str__(self) -> str:
        return f"'{self.name}' (samples of {'×'.join(map(str, self.shape))}, digest {self.digest})"


_identities: WeakKeyDictionary[Any, DataIdentity] = WeakKeyDictionary()


def identify(data: Data) -> DataIdentity:
    """Which data set this is; read once, so samples must not be changed in place."""
    if data not in _identities:
        _identities[data] = DataIdentity(data.name, data.shape, digest(data))
    return _identities[data]
