"""Pictures in memory, what is to be forgotten of them, and their augmentation."""

from .augmentation import POLICIES, augment, policy
from .images import DataError, Images, as_float, assemble, digest
from .photographs import photo_patches
from .probe_set import probe
from .scenarios import Scenario, Split
from .sources import DatasetInfo, DataSpec, data_root, list_datasets, load

__all__ = [
    "POLICIES",
    "DataError",
    "DataSpec",
    "DatasetInfo",
    "Images",
    "Scenario",
    "Split",
    "as_float",
    "assemble",
    "augment",
    "data_root",
    "digest",
    "list_datasets",
    "load",
    "photo_patches",
    "policy",
    "probe",
]
