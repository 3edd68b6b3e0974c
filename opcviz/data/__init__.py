"""Data sets in memory, forget scenarios, and augmentation of pictures."""

from typing import TYPE_CHECKING

from ..common.lazy import face

if TYPE_CHECKING:
    from .adapting import adapted
    from .augmentation import POLICIES, POLICY_NAMES, augment, policy
    from .base import Data, DataError, DataIdentity, as_float, digest, identify
    from .clients import Clients
    from .images import Images, assemble
    from .photographs import photo_patches
    from .planting import Planted, triggered, true_labels
    from .presence import at_hand, how_to_get
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
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "adapting": "adapted",
            "augmentation": "POLICIES POLICY_NAMES augment policy",
            "base": "Data DataError DataIdentity as_float digest identify",
            "clients": "Clients",
            "images": "Images assemble",
            "photographs": "photo_patches",
            "planting": "Planted triggered true_labels",
            "probe_sets": "probe_set",
            "scenarios": "Scenario Split",
            "presence": "at_hand how_to_get",
            "sources": "DatasetInfo DataSpec data_root list_datasets load register_dataset",
            "tensors": "Tensors",
        },
    )

__all__ = [
    "POLICIES",
    "POLICY_NAMES",
    "Clients",
    "Data",
    "DataError",
    "DataIdentity",
    "DataSpec",
    "DatasetInfo",
    "Images",
    "Planted",
    "Scenario",
    "Split",
    "Tensors",
    "adapted",
    "as_float",
    "assemble",
    "at_hand",
    "augment",
    "data_root",
    "digest",
    "how_to_get",
    "identify",
    "list_datasets",
    "load",
    "photo_patches",
    "policy",
    "probe_set",
    "register_dataset",
    "triggered",
    "true_labels",
]
