"""Data sets in memory, forget scenarios, and augmentation of pictures."""

from .augmentation import POLICIES, augment, policy
from .base import Data, DataError, as_float, digest
from .images import Images, assemble
from .photographs import photo_patches
from .probe_sets import probe_set
from .scenarios import Scenario, Split
from .sources import (
    DatasetInfo,
    DataSpec,
    data_root,
    list_datasets,
    load,
    register_dataset,
)
from .tensors import Tensors

__all__ = [
    "POLICIES",
    "Data",
    "DataError",
    "DataSpec",
    "DatasetInfo",
    "Images",
    "Scenario",
    "Split",
    "Tensors",
    "as_float",
    "assemble",
    "augment",
    "data_root",
    "digest",
    "list_datasets",
    "load",
    "photo_patches",
    "policy",
    "probe_set",
    "register_dataset",
]
