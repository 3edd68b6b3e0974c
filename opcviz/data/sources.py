"""Data sets by name: where each comes from and how it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..common.config import Config, ConfigError, setting
from .arrays import read_arrays
from .folder import read_folder
from .images import DataError, Images, assemble

__all__ = ["DataSpec", "DatasetInfo", "data_root", "list_datasets", "load"]

DIGITS = tuple("0123456789")
SPLIT_SEED = 0  # of the digits split: part of the data set, not a setting


@dataclass(frozen=True)
class DatasetInfo:
    """What a person should know before choosing a data set.

    Attributes:
        name: as `DataSpec.name` wants it.
        description: one line.
        needs: "nothing" (it is installed), "download" (files in the data folder) or "path" (the
            person's own data).
    """

    name: str
    description: str
    needs: str


DATASETS = {
    info.name: info
    for info in (
        DatasetInfo("digits", "1,797 handwritten digits, 8×8 grey, from scikit-learn", "nothing"),
        DatasetInfo("mnist", "70,000 handwritten digits, 28×28 grey", "download"),
        DatasetInfo("fashion_mnist", "70,000 pieces of clothing, 28×28 grey", "download"),
        DatasetInfo("cifar10", "60,000 photos of 10 classes, 32×32 colour", "download"),
        DatasetInfo("cifar100", "60,000 photos of 100 classes, 32×32 colour", "download"),
        DatasetInfo("svhn", "99,289 house-number digits, 32×32 colour", "download"),
        DatasetInfo("folder", "own pictures: train/ and test/ with a folder a class", "path"),
        DatasetInfo("arrays", "own arrays: an .npz with x_train, y_train, x_test, y_test", "path"),
    )
}


@dataclass(frozen=True)
class DataSpec(Config):
    """Which data set a study is about.

    `size` counts for a folder only; elsewhere it falls back to its default, so that equal
    questions are equal.
    """

    name: str = setting("digits", "the data set", choices=tuple(DATASETS))
    path: str = setting("", "folder (for 'folder') or .npz file (for 'arrays')")
    size: int = setting(
        32, "side to which the pictures of a folder are scaled", low=4, high=512, unit="pixels"
    )

    holdout: str = setting(
        "test",
        "what models are tested on: the test set, or a tenth of the train set kept aside "
        "(validation: for choosing settings without touching the test set)",
        choices=("test", "validation"),
        advanced=True,
    )

    def __post_init__(self) -> None:
        """Check the fields, also against each other.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        wants_path = DATASETS[self.name].needs == "path"
        if wants_path and not self.path:
            what = "a folder with train/ and test/" if self.name == "folder" else "an .npz file"
            raise ConfigError(f"DataSpec.path: '{self.name}' wants the path of {what}")
        if self.path and not wants_path:
            raise ConfigError(
                f"DataSpec.path: '{self.name}' takes no path; to say where downloaded data are, "
                "set the environment variable OPCVIZ_DATA"
            )
        if self.name != "folder":
            object.__setattr__(self, "size", type(self).size)


def list_datasets() -> list[DatasetInfo]:
    """All data sets, the embedded one first."""
    return list(DATASETS.values())


def data_root(root: str | Path | None = None) -> Path:
    """The folder that holds downloaded data.

    The first of: `root`; the environment variable OPCVIZ_DATA; `.data` in the current folder if it
    exists; `~/.opcviz/data`. The folder itself need not exist.
    """
    given = root or os.environ.get("OPCVIZ_DATA")
    if given:
        return Path(given).expanduser()
    local = Path(".data")
    return local if local.is_dir() else Path.home() / ".opcviz" / "data"


def load(spec: DataSpec, *, root: str | Path | None = None, download: bool = False) -> Images:
    """Read a whole data set into memory, on the CPU; see `_read` for the arguments and errors.

    With `holdout="validation"` a tenth of the train set takes the place of the test set.
    """
    images = _read(spec, root, download)
    return images if spec.holdout == "test" else validation_split(images)


def validation_split(images: Images, share: float = 0.1) -> Images:
    """The train set in two: the rest to train on, a share of each class to validate on.

    The usual protocol (10 % per class). The draw is fixed, part of the data set like the digits
    split; the test set is left out.

    Raises:
        DataError: if a class has too few pictures to give one and keep one.
    """
    random, labels = np.random.RandomState(SPLIT_SEED), images.y_train.numpy()
    kept_aside = np.zeros(len(labels), bool)
    for number, name in enumerate(images.class_names):
        ids = np.flatnonzero(labels == number)
        count = max(1, round(share * len(ids)))
        if count >= len(ids):
            raise DataError(
                f"{images.name}: class '{name}' has {len(ids)} train pictures, too few to keep "
                "some aside for validation"
            )
        kept_aside[random.permutation(ids)[:count]] = True
    train, held = torch.from_numpy(~kept_aside), torch.from_numpy(kept_aside)
    return replace(
        images,
        x_train=images.x_train[train],
        y_train=images.y_train[train],
        x_test=images.x_train[held],
        y_test=images.y_train[held],
    )


def _read(spec: DataSpec, root: str | Path | None, download: bool) -> Images:
    """Read a whole data set into memory, on the CPU.

    Args:
        spec: which; a relative `path` is looked up in the current folder, then in the data folder.
        root: the data folder, see `data_root`.
        download: fetch a missing public set from its home. Without it the network is not used.

    Raises:
        DataError: if the data are missing (with where we looked and how to get them) or unusable.
    """
    folder = data_root(root)
    if spec.name == "digits":
        return _digits()
    if DATASETS[spec.name].needs == "path":
        path = Path(spec.path).expanduser()
        if not path.exists() and (folder / path).exists():
            path = folder / path
        return read_arrays(path) if spec.name == "arrays" else read_folder(path, spec.size)
    return _torchvision(spec.name, folder, download)


def _digits() -> Images:
    """scikit-learn's digits: grey levels 0..16 spread over 0..255, 1,437 train and 360 test."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    source = load_digits()
    pixels = np.rint(source.images * (255 / 16)).astype(np.uint8)[:, None]
    order = np.arange(len(pixels))
    parts = train_test_split(order, test_size=0.2, stratify=source.target, random_state=SPLIT_SEED)
    train, test = (np.sort(part) for part in parts)
    labels = source.target
    return assemble("digits", (pixels[train], labels[train]), (pixels[test], labels[test]), DIGITS)


@dataclass(frozen=True)
class _Public:
    """How torchvision calls and stores a public set.

    Attributes:
        title: its usual name.
        files: what must lie in the data folder.
        read: (folder, train, download) -> torchvision's data set.
        names: class names where torchvision's are missing or less plain.
    """

    title: str
    files: str
    read: Callable
    names: tuple[str, ...] | None = None


def _by_train(kind: str) -> Callable:
    def read(folder: Path, train: bool, download: bool):
        from torchvision import datasets

        return getattr(datasets, kind)(folder, train=train, download=download)

    return read


def _svhn(folder: Path, train: bool, download: bool):
    from torchvision import datasets

    if not (folder / "train_32x32.mat").is_file():  # torchvision itself makes no folder of its own
        folder = folder / "SVHN"
        if download:
            folder.mkdir(parents=True, exist_ok=True)
    return datasets.SVHN(folder, split="train" if train else "test", download=download)


PUBLIC = {
    "mnist": _Public("MNIST", "MNIST/raw/*-ubyte", _by_train("MNIST"), DIGITS),
    "fashion_mnist": _Public(
        "Fashion-MNIST", "FashionMNIST/raw/*-ubyte", _by_train("FashionMNIST")
    ),
    "cifar10": _Public("CIFAR-10", "cifar-10-batches-py/", _by_train("CIFAR10")),
    "cifar100": _Public("CIFAR-100", "cifar-100-python/", _by_train("CIFAR100")),
    "svhn": _Public("SVHN", "SVHN/{train,test}_32x32.mat", _svhn, DIGITS),
}


def _torchvision(name: str, folder: Path, download: bool) -> Images:
    public = PUBLIC[name]
    try:
        # CIFAR files are pickles: torchvision opens them only if their MD5 is the published one.
        train, test = (public.read(folder, part, download) for part in (True, False))
    except (RuntimeError, OSError, ValueError, AssertionError, EOFError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        doing = "could not be downloaded to" if download else "is missing or damaged in"
        raise DataError(
            f"{public.title} {doing} {folder.absolute()} ({reason}). It needs {public.files} "
            "there: allow the download (download=True, --download), copy the files there, or "
            "point OPCVIZ_DATA to the folder that has them"
        ) from error
    names = public.names or tuple(train.classes)
    return assemble(name, _arrays(train), _arrays(test), names)


def _arrays(source) -> tuple[np.ndarray, np.ndarray]:
    """torchvision's own arrays -> (N, C, H, W) uint8 and labels (N,), without its __getitem__."""
    x = np.asarray(source.data)
    y = np.asarray(source.labels if hasattr(source, "labels") else source.targets)
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[1] != 3:
        x = x.transpose(0, 3, 1, 2)
    return x, y
