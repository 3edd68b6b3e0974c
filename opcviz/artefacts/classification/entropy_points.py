"""Every sample of a model on the entropy bound, small enough to be kept and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...common.records import Undefined
from ...results import EntropySummary

if TYPE_CHECKING:
    from torch import Tensor

    from ...data import Split

__all__ = ["MAX_POINTS", "entropy_points"]

MAX_POINTS = 2000  # samples kept of a model: about 8 KB


def entropy_points(
    logits: Tensor, split: Split
) -> tuple[EntropySummary | Undefined, dict[str, np.ndarray]]:
    """Logit norm and entropy of train samples, of at most `MAX_POINTS` where there are more.

    A larger set is thinned evenly: as many of the forget as of the retain data, unless one of them
    has fewer. The choice is the same for every model of a study.

    Args:
        logits: (N, C) of the train set.
        split: which of them are to be forgotten.

    Returns:
        How many are kept, undefined where the logits are not finite; and arrays (k,), none where
        that is undefined: `norm` of the centred logits and `entropy` in nats, float16 (three
        digits), and `forget`, whether the sample is to be forgotten.
    """
    import torch

    from ...measures.entropy import entropy_view

    if not logits.isfinite().all():
        return Undefined("the logits are not finite: the model diverged"), {}
    kept = _thinned(split.forget_train.cpu(), split.retain_train.cpu())
    about = EntropySummary(
        classes=logits.shape[1],
        forget=(len(kept[0]), len(split.forget_train)),
        retain=(len(kept[1]), len(split.retain_train)),
    )
    view = entropy_view(logits[torch.cat(kept).to(logits.device)])
    largest = float(np.finfo(np.float16).max)
    arrays = {
        "norm": view.norm.clamp(max=largest).numpy().astype(np.float16),
        "entropy": view.entropy.numpy().astype(np.float16),
        "forget": np.arange(len(view.norm)) < len(kept[0]),
    }
    return about, arrays


def _thinned(forget: Tensor, retain: Tensor) -> tuple[Tensor, Tensor]:
    few = min(len(forget), max(MAX_POINTS // 2, MAX_POINTS - len(retain)))
    return _evenly(forget, few), _evenly(retain, min(len(retain), MAX_POINTS - few))


def _evenly(rows: Tensor, count: int) -> Tensor:
    if count == len(rows):
        return rows
    import torch

    return rows[torch.linspace(0, len(rows) - 1, count).round().long()]
