"""Every sample of a model on the entropy bound, small enough to be kept and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from ...data import Split

__all__ = ["MOST", "entropy_points"]

MOST = 2000  # samples kept of a model: about 8 KB


def entropy_points(logits: Tensor, split: Split) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Logit norm and entropy of train samples, of at most `MOST` where there are more.

    A larger set is thinned evenly: as many of the forget as of the retain data, unless one of them
    has fewer. The choice is the same for every model of a study.

    Args:
        logits: (N, C) of the train set.
        split: which of them are to be forgotten.

    Returns:
        JSON-ready: `classes` C, and for `forget` and `retain` (kept, of how many); or a `reason`
        where the logits are not finite. And arrays (k,): `norm` of the centred logits and
        `entropy` in nats, float16 (three digits), and `forget`, whether the sample is to be
        forgotten; none where there is a reason.
    """
    import torch

    from ...measures.entropy import entropy_view

    if not logits.isfinite().all():
        return {"reason": "the logits are not finite: the model diverged"}, {}
    kept = _thinned(split.forget_train.cpu(), split.retain_train.cpu())
    about = {
        "classes": logits.shape[1],
        "forget": [len(kept[0]), len(split.forget_train)],
        "retain": [len(kept[1]), len(split.retain_train)],
    }
    view = entropy_view(logits[torch.cat(kept).to(logits.device)])
    largest = float(np.finfo(np.float16).max)
    arrays = {
        "norm": view.norm.clamp(max=largest).numpy().astype(np.float16),
        "entropy": view.entropy.numpy().astype(np.float16),
        "forget": np.arange(len(view.norm)) < len(kept[0]),
    }
    return about, arrays


def _thinned(forget: Tensor, retain: Tensor) -> tuple[Tensor, Tensor]:
    few = min(len(forget), max(MOST // 2, MOST - len(retain)))
    return _evenly(forget, few), _evenly(retain, min(len(retain), MOST - few))


def _evenly(rows: Tensor, count: int) -> Tensor:
    if count == len(rows):
        return rows
    import torch

    return rows[torch.linspace(0, len(rows) - 1, count).round().long()]
