"""The mean training picture of each class of a study: a guess that needs no model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...study import StoreError, StudyResult
from ...study.bench_job import MEANS

__all__ = ["class_means"]


def class_means(study: StudyResult) -> Mapping[int, NDArray[np.uint8]]:
    """Class to its mean picture (C, H, W) uint8; empty where none were kept, or they are damaged.

    Args:
        study: what is stored; its store is told of damage.
    """
    found = study.store.latest(study.place, MEANS)
    if found is None:
        return {}
    try:
        arrays = found.arrays("means.npz")
    except StoreError as error:
        study.store.warn(str(error))
        return {}
    return dict(zip(arrays["classes"].tolist(), arrays["pictures"], strict=True))
