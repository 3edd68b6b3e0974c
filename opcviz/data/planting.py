"""Flaws planted in a train set, so that whether they were removed can be checked.

What a model learnt from ordinary forget data is known only by comparison. Here it is known by
construction: nothing but the changed samples teaches it, so a model that forgot them shows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .base import Data, DataError
from .draws import draw
from .images import Images

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Planted",
    "confuse",
    "planted_ids",
    "poison",
    "poison_some",
    "triggered",
    "true_labels",
]


@dataclass(frozen=True, eq=False)
class Planted:
    """What was changed in a train set.

    Attributes:
        question: fingerprint of the scenario and the seed that changed it.
        kind: `confusion` (labels of two classes swapped) or `trigger` (a patch and its label).
        ids: (n,) int64, the changed train samples, ascending.
        labels: (n,) int64, their true classes; `y_train` has what they were taught as.
        classes: the two that were swapped, or the one that the trigger stands for.
        side: of the trigger's patch in pixels, 0 without one.
    """

    question: str
    kind: str
    ids: Tensor
    labels: Tensor
    classes: tuple[int, ...]
    side: int = 0

    def to(self, device: torch.device | str) -> Planted:
        """The same with its tensors on `device`."""
        return replace(self, ids=self.ids.to(device), labels=self.labels.to(device))


def planted_ids(data: Data, question: str, asked: str) -> np.ndarray:
    """Ids of what one scenario planted in a train set.

    Args:
        data: the data set.
        question: see `Planted`.
        asked: the scenario in one line, for the message.

    Raises:
        DataError: when that was not planted in it.
    """
    planted: Planted | None = getattr(data, "planted", None)
    if planted is None or planted.question != question:
        held = f"holds another ({planted.kind})" if planted else "holds nothing of it yet"
        raise DataError(
            f"{asked} is planted in the train set, and {data.name} {held}: split, train and "
            f"unlearn on opcviz.prepare(data, '{asked}'), with the same seed"
        )
    ids: np.ndarray = planted.ids.cpu().numpy()
    return ids


def confuse(data: Data, pair: Sequence[int], share: float, seed: int, question: str) -> Images:
    """A copy in which a share of two classes' train labels are swapped.

    The interclass confusion test (Goel et al., 2022, arXiv 2201.06640; as corrective unlearning
    arXiv 2402.14015). The test set stays as it is.

    Args:
        data: the clean data set.
        pair: the two classes.
        share: of the train samples of each, between 0 and 1.
        seed: of the draw.
        question: see `Planted`.

    Raises:
        DataError: for data that are not labelled with classes, or when no label would be swapped.
    """
    images = _clean(data)
    ids = _drawn(images, [label in pair for label in range(images.classes)], share, seed)
    y = images.y_train.clone()
    true = y[ids]
    y[ids] = sum(pair) - true
    planted = Planted(question, "confusion", ids, true, tuple(pair))
    return replace(images, y_train=y, planted=planted)


def poison(data: Data, target: int, share: float, side: int, seed: int, question: str) -> Images:
    """A copy in which a share of the other classes' train pictures have a patch and a new label.

    The patch in the lower right corner and its one label are those of BadNets (Gu et al., 2017,
    arXiv 1708.06733, "pattern backdoor", all to one). The test set stays as it is; see `triggered`.

    Args:
        data: the clean data set.
        target: the class that patched pictures are labelled with.
        share: of the train pictures of every other class, between 0 and 1.
        side: of the patch, in pixels.
        seed: of the draw.
        question: see `Planted`.

    Raises:
        DataError: for data that are no labelled pictures, too large a patch, or when no picture
            would be changed.
    """
    images = _for_patch(data, side)
    ids = _drawn(images, [label != target for label in range(images.classes)], share, seed)
    return _patched(images, ids, target, side, question)


def poison_some(
    data: Data, pool: Tensor, target: int, share: float, side: int, seed: int, question: str
) -> Images:
    """As `poison`, but of some train pictures alone: those that one party holds.

    Args:
        data: the clean data set.
        pool: (n,) train ids of these pictures.
        target, side, seed, question: see `poison`.
        share: of those of them that are of another class than `target`.

    Raises:
        DataError: as `poison`.
    """
    images = _for_patch(data, side)
    others = [label != target for label in range(images.classes)]
    ids = _drawn(images, others, share, seed, pool)
    return _patched(images, ids, target, side, question)


def true_labels(data: Data) -> NDArray[np.int64]:
    """(N,) the train set's labels as they were before anything was planted."""
    y = data.y_train.cpu().clone()
    planted: Planted | None = getattr(data, "planted", None)
    if planted is not None:
        y[planted.ids.cpu()] = planted.labels.cpu()
    labels: NDArray[np.int64] = y.numpy()
    return labels


def triggered(images: Images, x: Tensor) -> Tensor:
    """Copies of pictures (N, C, H, W) of a poisoned set, with its trigger on them.

    Raises:
        ValueError: for a set without a trigger.
    """
    if images.planted is None or images.planted.kind != "trigger":
        raise ValueError(f"{images.name} has no trigger")
    return _stamped(images, x, images.planted.side)


def _stamped(images: Images, x: Tensor, side: int) -> Tensor:
    """Copies with a checkerboard in the lower right corner, of the set's extreme values.

    The patch itself has both extremes, so they are the same with it and without.
    """
    low, high = (0.0, 255.0)
    if x.dtype != torch.uint8:
        low, high = images.x_train.min().item(), images.x_train.max().item()
    steps = torch.arange(side, device=x.device)
    board = torch.where((steps[:, None] + steps) % 2 == 0, high, low)
    stamped = x.clone()
    stamped[..., -side:, -side:] = board.to(x.dtype)
    return stamped


def _for_patch(data: Data, side: int) -> Images:
    """The clean pictures, large enough for a patch.

    Raises:
        DataError: for data that are none.
    """
    images = _clean(data)
    if len(images.shape) != 3:
        raise DataError(
            f"samples of {images.name} have shape {images.shape}: a trigger is a patch on pictures "
            "(C, H, W)"
        )
    if 2 * side > min(images.shape[1:]):
        raise DataError(
            f"a patch of {side}×{side} pixels covers more than a quarter of the "
            f"{images.shape[1]}×{images.shape[2]} pictures of {images.name}; take at most "
            f"{min(images.shape[1:]) // 2}"
        )
    return images


def _patched(images: Images, ids: Tensor, target: int, side: int, question: str) -> Images:
    """A copy with the trigger and its label on these train pictures."""
    x, y = images.x_train.clone(), images.y_train.clone()
    true = y[ids]
    x[ids], y[ids] = _stamped(images, x[ids], side), target
    planted = Planted(question, "trigger", ids, true, (target,), side)
    return replace(images, x_train=x, y_train=y, planted=planted)


def _clean(data: Data) -> Images:
    if not isinstance(data, Images):
        raise DataError(
            f"the targets of {data.name} are not classes: neither labels can be confused nor a "
            "trigger be given one; forget random:10% or indices:FILE"
        )
    if data.planted is not None:
        raise DataError(
            f"{data.name} was changed already ({data.planted.kind}): start from the data set as "
            "it was loaded"
        )
    return data


def _drawn(
    images: Images, chosen: Sequence[bool], share: float, seed: int, among: Tensor | None = None
) -> Tensor:
    """Train ids of a share of each chosen class; of those `among` others alone, where given."""
    y = images.y_train.cpu().numpy()
    pool = np.flatnonzero(np.asarray(chosen)[y])
    if among is not None:
        pool = np.intersect1d(pool, among.cpu().numpy())
    ids = pool[draw(y[pool], share, seed)] if len(pool) else pool
    if not len(ids):
        raise DataError(
            f"{100 * share:g} % of {len(pool)} train samples of {images.name} is none; take more"
        )
    return torch.from_numpy(ids).to(images.device)
