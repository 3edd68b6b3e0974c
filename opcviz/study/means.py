"""The mean training picture of each class: what an attacker guesses who holds no model at all."""

from __future__ import annotations

import numpy as np
import torch

from ..attacks.inversion.scores import class_means
from ..data import Data
from .bench_job import MEANS, means_question
from .shapes import whole
from .store import Store, write_arrays

__all__ = ["keep_means"]


def keep_means(store: Store, place: str, data: Data, digest: str) -> None:
    """Keep them, where samples are pictures and they are not there yet.

    `means.npz` has `classes` (K,) int64 and `pictures` (K, C, H, W) uint8.

    Args:
        store: where.
        place: of the study.
        data: its data set.
        digest: of the data.
    """
    question = means_question(digest)
    if len(data.shape) != 3:
        return
    if kept := store.find(place, MEANS, question):
        if whole("means.npz", lambda: kept.arrays("means.npz")):
            return
        store.discard(place, MEANS, question)
    means = class_means(data.x_train, data.y_train)
    classes = sorted(means)
    drawn = torch.stack([means[label] for label in classes]).clamp(0, 1) * 255
    pictures = drawn.round().byte().cpu().numpy()
    with store.writing(place, MEANS, question) as folder:
        arrays = {"classes": np.asarray(classes, np.int64), "pictures": pictures}
        write_arrays(folder / "means.npz", arrays)
