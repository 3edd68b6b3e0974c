"""The mean training picture of each class of a study: a guess that needs no model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...study import StoreError, StudyResult
from ...study.artefact import read_arrays
from ...study.bench_job import MEANS
from ...study.shapes import fitting

__all__ = ["class_means"]

AGAIN = "a search on the page *Inversion* makes it anew"


def class_means(study: StudyResult) -> Mapping[int, NDArray[np.uint8]]:
    """Class to its mean picture (C, H, W) uint8; empty where none were kept, or they are damaged.

    Args:
        study: what is stored; its store is told of damage.
    """
    found = study.store.latest(study.place, MEANS)
    if found is None:
        return {}
    try:
        return _read(found.path("means.npz"))
    except StoreError as error:
        study.store.warn(str(error))
        return {}


@lru_cache(maxsize=8)
def _read(path: Path) -> Mapping[int, NDArray[np.uint8]]:
    """Of an artefact, which never changes. All visitors are given the same arrays.

    Raises:
        StoreError: when it is damaged, or holds something else.
    """
    arrays, wrong = fitting(path.name, read_arrays(path))
    if wrong:
        raise StoreError(f"{path} is damaged ({'; '.join(wrong)}); {AGAIN}")
    means = dict(zip(arrays["classes"].tolist(), arrays["pictures"], strict=True))
    for picture in means.values():
        picture.setflags(write=False)
    return means
