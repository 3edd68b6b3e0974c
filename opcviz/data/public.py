"""The public data sets that torchvision reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .base import DataError, digest

if TYPE_CHECKING:
    from .images import Images

__all__ = ["DIGITS", "PUBLIC", "Public", "read_public"]

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Public:
    """How torchvision calls and stores a public set.

    Attributes:
        name: as `DataSpec.name` wants it.
        description: one line.
        title: its usual name.
        files: what must lie in the data folder.
        read: (folder, train, download) -> torchvision's data set.
        names: class names where torchvision's are missing or less plain.
        archive: digest (see `opcviz.data.digest`) of the whole set, where it may also lie as one
            file NAME.npz in the layout of the data set `arrays`; empty where it may not.
    """

    name: str
    description: str
    title: str
    files: str
    read: Callable[[Path, bool, bool], Any]
    names: tuple[str, ...] | None = None
    archive: str = ""

    @property
    def places(self) -> str:
        """What must lie in the data folder, in words."""
        return f"{self.files} or {self.name}.npz" if self.archive else self.files


def _by_train(kind: str) -> Callable[[Path, bool, bool], Any]:
    def read(folder: Path, train: bool, download: bool) -> Any:
        from torchvision import datasets

        return getattr(datasets, kind)(folder, train=train, download=download)

    return read


def _svhn(folder: Path, train: bool, download: bool) -> Any:
    from torchvision import datasets

    if not (folder / "train_32x32.mat").is_file():  # torchvision itself makes no folder of its own
        folder = folder / "SVHN"
        if download:
            folder.mkdir(parents=True, exist_ok=True)
    return datasets.SVHN(folder, split="train" if train else "test", download=download)


def read_public(public: Public, folder: Path, download: bool) -> Images:
    """A public set, whole.

    Args:
        public: which.
        folder: of downloaded data.
        download: fetch what is missing there.

    Raises:
        DataError: if it is missing (with how to get it) or damaged.
    """
    from .images import assemble

    whole = folder / f"{public.name}.npz"
    if public.archive and whole.is_file() and not (folder / public.files).exists():
        return _read_whole(public, whole)
    try:
        # CIFAR files are pickles: torchvision opens them only if their MD5 is the published one.
        train, test = (public.read(folder, part, download) for part in (True, False))
    except (RuntimeError, OSError, ValueError, AssertionError, EOFError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        doing = "could not be downloaded to" if download else "is missing or damaged in"
        raise DataError(
            f"{public.title} {doing} {folder.absolute()} ({reason}). It needs {public.places} "
            "there: allow the download (download=True, --download), copy the files there, or "
            "point OPCVIZ_DATA to the folder that has them"
        ) from error
    names = public.names or tuple(train.classes)
    return assemble(public.name, _arrays(train), _arrays(test), names)


def _read_whole(public: Public, path: Path) -> Images:
    """The same set from one file of arrays, which must be what was published.

    Raises:
        DataError: if it cannot be read, or holds anything else.
    """
    from dataclasses import replace

    from .arrays import read_arrays

    found = replace(read_arrays(path), name=public.name)
    if digest(found) != public.archive:
        raise DataError(
            f"{path} is not {public.title} as it was published (digest {digest(found)}, not "
            f"{public.archive}); put the published set there, or name your own file with "
            "data.name = 'arrays' and data.path"
        )
    return found


def _arrays(source: Any) -> tuple[np.ndarray, np.ndarray]:
    """torchvision's own arrays -> (N, C, H, W) uint8 and labels (N,), without its __getitem__."""
    x = np.asarray(source.data)
    y = np.asarray(source.labels if hasattr(source, "labels") else source.targets)
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[1] != 3:
        x = x.transpose(0, 3, 1, 2)
    return x, y


PUBLIC = (
    Public(
        "mnist",
        "70,000 handwritten digits, 28×28 grey",
        "MNIST",
        "MNIST/raw/*-ubyte",
        _by_train("MNIST"),
        DIGITS,
    ),
    Public(
        "fashion_mnist",
        "70,000 pieces of clothing, 28×28 grey",
        "Fashion-MNIST",
        "FashionMNIST/raw/*-ubyte",
        _by_train("FashionMNIST"),
    ),
    Public(
        "cifar10",
        "60,000 photos of 10 classes, 32×32 colour",
        "CIFAR-10",
        "cifar-10-batches-py/",
        _by_train("CIFAR10"),
        archive="edb8f90c6cc9",
    ),
    Public(
        "cifar100",
        "60,000 photos of 100 classes, 32×32 colour",
        "CIFAR-100",
        "cifar-100-python/",
        _by_train("CIFAR100"),
    ),
    Public(
        "svhn",
        "99,289 house-number digits, 32×32 colour",
        "SVHN",
        "SVHN/{train,test}_32x32.mat",
        _svhn,
        DIGITS,
    ),
)
