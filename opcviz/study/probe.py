"""The probe set of a study: the fixed samples that every map shows, kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..common.parts import PARTS
from .store import Store, write_json

if TYPE_CHECKING:
    from torch import Tensor

    from ..data import Data, Split

__all__ = ["keep_probe"]

PROBE_VERSION = 1  # raised when an answer changes although its question does not


def keep_probe(store: Store, place: str, data: Data, split: Split, ids: Tensor, asked: int) -> None:
    """Store the probe set with what is said of the data, unless it is there.

    Args:
        store, place: of the study.
        data, split: the data set and its parts.
        ids: (n,) positions of the probe set in the train set.
        asked: how many samples the study asks for.

    Where targets are not classes the labels say what is forgotten, 1, and the pictures are blank.
    """
    import torch

    question = {"probe": asked, "version": PROBE_VERSION}
    if store.find(place, "probe", question):
        return
    forget = torch.isin(ids, split.forget_train)
    if data.class_names:
        labels, pictures = data.y_train[ids], data.x_train[ids]
    else:  # samples that are no pictures have nothing small to be shown by
        labels, pictures = forget.long(), torch.zeros(len(ids), 1, 1, 1, dtype=torch.uint8)
    with store.writing(place, "probe", question) as folder:
        np.savez_compressed(
            folder / "probe.npz",
            ids=ids.cpu().numpy(),
            pictures=pictures.cpu().numpy(),
            labels=labels.cpu().numpy(),
            forget=forget.cpu().numpy(),
        )
        about = {
            "class_names": list(data.class_names),
            "forget_classes": list(split.classes),
            "sizes": {part: len(split.part(part)) for part in PARTS},
        }
        write_json(folder / "result.json", about)
