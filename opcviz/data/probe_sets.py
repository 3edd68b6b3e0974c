"""The probe set: a few fixed train samples that every view of every model shows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .base import Data, DataError, strata
from .scenarios import Split

__all__ = ["probe_set"]

MIN_PART_SHARE = 0.3  # of the probe set, for the forget and for the retain part
RAISED_PART_SHARE = 1 / 3  # given to a part that would have less, so that a map shows it
PROBE_STREAM = 0x9E37  # keeps the draw apart from the scenario's, which has the same seed


def probe_set(data: Data, split: Split, size: int, seed: int = 0) -> Tensor:
    """Ids of a small part of the train set, balanced over classes, with both parts well in view.

    Classes (targets that are none count as one) take turns, in the forget and in the retain part
    alike, until a class has no more samples. The forget share is that of a class-balanced draw
    (30 % when 3 of 10 classes are forgotten); where that leaves either part under 30 %, the part is
    raised to a third, as far as it has samples.

    Probes are nested: with the same data, split and seed a smaller probe is a subset of a larger.

    Args:
        data: the data set.
        split: its parts.
        size: the number of samples; a larger one than the train set gives all of it.
        seed: of the draw.

    Returns:
        (min(size, N),) int64 ids, ordered by class, then by id, on the device of `data`.

    Raises:
        DataError: for a size below 1.
    """
    if size < 1:
        raise DataError(f"a probe set of {size} samples is empty; it needs at least 1")
    labels = strata(data)
    parts = {name: getattr(split, f"{name}_train").cpu().numpy() for name in ("forget", "retain")}
    random = np.random.RandomState([seed, PROBE_STREAM])
    rank = np.empty(len(labels), np.int64)
    rank[random.permutation(len(labels))] = np.arange(len(labels))
    turns = {name: _take_turns(ids, labels, rank) for name, ids in parts.items()}

    size = min(size, len(labels))
    share = _forget_share(labels, parts["forget"], max(1, data.classes))
    # Both counts never fall as size grows (share is in [0, 1]): this is what makes probes nested.
    forget = min(int(share * size + 0.5), len(parts["forget"]))
    forget = max(forget, size - len(parts["retain"]))
    ids = np.concatenate([turns["forget"][:forget], turns["retain"][: size - forget]])
    ids = ids[np.lexsort((ids, labels[ids]))]
    return torch.from_numpy(ids).to(data.device)


def _take_turns(ids: np.ndarray, labels: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Order ids so that every prefix is as balanced over classes as its samples allow."""
    ids = ids[np.lexsort((rank[ids], labels[ids]))]  # class by class, random inside
    _, first, counts = np.unique(labels[ids], return_index=True, return_counts=True)
    turn = np.arange(len(ids)) - np.repeat(first, counts)
    return ids[np.lexsort((labels[ids], turn))]


def _forget_share(labels: np.ndarray, forget: np.ndarray, classes: int) -> float:
    of_class = np.bincount(labels[forget], minlength=classes) / np.bincount(
        labels, minlength=classes
    ).clip(1)
    share = float(of_class.mean())
    if share < MIN_PART_SHARE - 1e-9:
        return RAISED_PART_SHARE
    return 1 - RAISED_PART_SHARE if share > 1 - MIN_PART_SHARE + 1e-9 else share
