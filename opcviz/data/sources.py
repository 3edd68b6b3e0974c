"""Data sets by name: where each comes from and how it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.access import check_path
from ..common.config import Config, ConfigError, setting
from ..common.plugins import loader
from ..common.registry import Registry
from .base import Data, DataError, strata
from .public import DIGITS, PUBLIC, Public, read_public

if TYPE_CHECKING:
    from .images import Images

__all__ = [
    "DataSpec",
    "DatasetInfo",
    "data_root",
    "list_datasets",
    "load",
    "own_place",
    "register_dataset",
]

PATHS = {
    "folder": "a folder with train/ and test/, or a .zip of it",
    "arrays": "an .npz file",
    "table": "a folder with train*.parquet and test*.parquet",
    "records": "an .npz of records, or a .csv beside miniSEED files",
}
"""What the path of a person's own data names."""
SCALED = ("folder", "table")  # whose pictures are brought to one size
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


Reader = Callable[["DataSpec", Path, bool], Data]


@dataclass(frozen=True)
class _Entry:
    info: DatasetInfo
    read: Reader


DATASETS: Registry[_Entry] = Registry("data set")
loader.serve(DATASETS, lambda entry: None)


def declared_dataset(info: DatasetInfo) -> _Entry:
    """What stands for a data set whose file is not loaded here: it can be named, but not read."""

    def read(spec: DataSpec, folder: Path, download: bool) -> Data:
        raise DataError(f"the file that defines the data set '{info.name}' is not loaded here")

    return _Entry(info, read)


def register_dataset(
    name: str, description: str, *, needs: str = "nothing"
) -> Callable[[Reader], Reader]:
    """Decorator that makes a data set known by name; it reads the whole set, on the CPU.

        @register_dataset("sines", "noisy sines and their frequency")
        def read_sines(spec: DataSpec, folder: Path, download: bool) -> Tensors: ...

    Args:
        name: as `DataSpec.name` wants it.
        description: one line.
        needs: `nothing`, `download` or `path`, see `DatasetInfo`.

    The function gets the `DataSpec`, the folder of downloaded data (see `data_root`) and whether
    to fetch what is missing there; it raises `DataError` if the data are missing or unusable.

    Raises:
        ConfigError: when the name is taken.
    """

    def enter(read: Reader) -> Reader:
        DATASETS.add(name, _Entry(DatasetInfo(name, description, needs), read))
        return read

    return enter


@dataclass(frozen=True)
class DataSpec(Config):
    """Which data set a study is about.

    `size` counts for folders and tables only; elsewhere it falls back to its default, so that equal
    questions are equal.
    """

    # the registry itself: what joins it later can be chosen, too
    name: str = setting("digits", "the data set", choices=DATASETS)
    path: str = setting("", "folder (for 'folder' and 'table') or .npz file (for 'arrays')")
    size: int = setting(
        32, "side to which pictures of a folder or table are scaled", low=4, high=512, unit="pixels"
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
        wants_path = DATASETS.get(self.name).info.needs == "path"
        if wants_path and not self.path:
            what = PATHS.get(self.name, "its file or folder")
            raise ConfigError(f"DataSpec.path: '{self.name}' wants the path of {what}")
        if self.path and not wants_path:
            raise ConfigError(
                f"DataSpec.path: '{self.name}' takes no path; to say where downloaded data are, "
                "set the environment variable OPCVIZ_DATA"
            )
        if self.name not in SCALED:
            object.__setattr__(self, "size", type(self).size)


def list_datasets() -> list[DatasetInfo]:
    """All data sets, the embedded one first."""
    return [entry.info for entry in DATASETS.values()]


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


def load(spec: DataSpec, *, root: str | Path | None = None, download: bool = False) -> Data:
    """Read a whole data set into memory, on the CPU.

    With `holdout="validation"` a tenth of the train set takes the place of the test set.

    Args:
        spec: which; a relative `path` is looked up in the current folder, then in the data folder.
        root: the data folder, see `data_root`.
        download: fetch a missing public set from its home. Without it the network is not used.

    Raises:
        IntakeError: for a path that whoever asks may not name.
        DataError: if the data are missing (with where we looked and how to get them) or unusable.
    """
    if root is not None:
        check_path(root)
    data = DATASETS.get(spec.name).read(spec, data_root(root), download)
    return data if spec.holdout == "test" else validation_split(data)


def validation_split(data: Data, share: float = 0.1) -> Data:
    """The train set in two: the rest to train on, a share of each class to validate on.

    The usual protocol (10 % per class). The draw is fixed, part of the data set like the digits
    split; the test set is left out.

    Raises:
        DataError: if a class has too few samples to give one and keep one.
    """
    import torch

    random, labels = np.random.RandomState(SPLIT_SEED), strata(data)
    kept_aside = np.zeros(len(labels), bool)
    for number, name in enumerate(data.class_names or ("any",)):
        ids = np.flatnonzero(labels == number)
        count = max(1, round(share * len(ids)))
        if count >= len(ids):
            raise DataError(
                f"{data.name}: class '{name}' has {len(ids)} train samples, too few to keep "
                "some aside for validation"
            )
        kept_aside[random.permutation(ids)[:count]] = True
    train, held = torch.from_numpy(~kept_aside), torch.from_numpy(kept_aside)
    parts: Any = data  # a dataclass of whatever kind
    split: Data = replace(
        parts,
        x_train=data.x_train[train],
        y_train=data.y_train[train],
        x_test=data.x_train[held],
        y_test=data.y_train[held],
    )
    return split


def own_place(spec: DataSpec, root: str | Path | None = None) -> Path:
    """Where a person's own data lie: in the current folder, else in the data folder.

    Args:
        spec: which; one that has a path.
        root: the data folder, see `data_root`.

    Raises:
        IntakeError: for a path that whoever asks may not name.
    """
    folder = data_root(root)
    path = Path(os.path.expanduser(spec.path))
    if not os.path.exists(path) and os.path.exists(folder / path):
        path = folder / path
    check_path(path, spec.path)
    return path


@register_dataset("digits", "1,797 handwritten digits, 8×8 grey, from scikit-learn")
def _digits(spec: DataSpec, folder: Path, download: bool) -> Images:
    """scikit-learn's digits: grey levels 0..16 spread over 0..255, 1,437 train and 360 test."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from .images import assemble

    source = load_digits()
    pixels = np.rint(source.images * (255 / 16)).astype(np.uint8)[:, None]
    order = np.arange(len(pixels))
    parts = train_test_split(order, test_size=0.2, stratify=source.target, random_state=SPLIT_SEED)
    train, test = (np.sort(part) for part in parts)
    labels = source.target
    return assemble("digits", (pixels[train], labels[train]), (pixels[test], labels[test]), DIGITS)


def _register_public(public: Public) -> None:
    register_dataset(public.name, public.description, needs="download")(
        lambda spec, folder, download: read_public(public, folder, download)
    )


for each in PUBLIC:
    _register_public(each)


@register_dataset(
    "earthquakes", "8,400 simulated records of earthquakes in four regions, 38 s at 20 Hz"
)
def _earthquakes(spec: DataSpec, folder: Path, download: bool) -> Data:
    from .earthquakes import simulated

    return simulated()


@register_dataset(
    "folder", "own pictures: train/ and test/ with a folder a class, also as .zip", needs="path"
)
def _folder(spec: DataSpec, folder: Path, download: bool) -> Images:
    from .archive import read_pictures

    return read_pictures(own_place(spec, folder), spec.size)


@register_dataset(
    "arrays", "own arrays: an .npz with x_train, y_train, x_test, y_test", needs="path"
)
def _npz(spec: DataSpec, folder: Path, download: bool) -> Images:
    from .arrays import read_arrays

    return read_arrays(own_place(spec, folder))


@register_dataset(
    "table", "own tables: parquet or a saved Hugging Face set, train and test", needs="path"
)
def _table(spec: DataSpec, folder: Path, download: bool) -> Images:
    from .tables import read_table

    return read_table(own_place(spec, folder), spec.size)


@register_dataset(
    "records", "own records of earthquakes: an .npz, or a .csv beside miniSEED files", needs="path"
)
def _records(spec: DataSpec, folder: Path, download: bool) -> Data:
    from .earthquakes import read_records

    return read_records(own_place(spec, folder))
