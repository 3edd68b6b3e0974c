"""From affine maps to scores: answers of many maps at once, recall, confusion, who flipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from ...common.progress import Progress
from .least_squares import CHUNK

__all__ = ["chunks", "confusion", "flips", "hits_by_class", "nothing", "percent", "predict"]

FLIPS = 1000
"""So many flipped samples are listed; of more only the number is kept."""


def chunks(index: Tensor, size: int = CHUNK) -> Iterator[Tensor]:
    """Pieces of an index tensor on the CPU, none empty."""
    return (rows for rows in index.cpu().split(size) if len(rows))


def predict(
    features: Tensor, rows: Tensor, weight: Tensor, bias: Tensor, progress: Progress
) -> Tensor:
    """Answers (n, m) of m affine maps, weight (d, m, C) and bias (m, C), on chosen rows."""
    d, maps, classes = weight.shape
    flat, shift = weight.reshape(d, -1), bias.reshape(-1)
    size = max(256, 2**22 // flat.shape[1])  # 32 MB of logits at a time
    answers = [torch.empty(0, maps, dtype=torch.int64)]
    for chosen in chunks(rows, size):
        logits = torch.addmm(shift, features[chosen].to(flat), flat)
        answers.append(logits.view(-1, maps, classes).argmax(-1))
        progress.check()
    return torch.cat(answers)


def hits_by_class(answers: Tensor, labels: Tensor) -> Tensor:
    """(classes, m) float64: right answers of each of m maps, by true class; answers (n, m)."""
    right = (answers == labels[:, None]).to(torch.float64)
    return right.new_zeros(int(labels.max()) + 1, right.shape[1]).index_add(0, labels, right)


def percent(hits: Tensor, labels: Tensor) -> dict[str, list]:
    """Percent by name, one value for each map: accuracy, mean recall, recall by class."""
    sizes = labels.bincount(minlength=len(hits))
    present = sizes.nonzero().flatten()
    recall = 100 * hits[present] / sizes[present, None]
    return {
        "forget_accuracy": (100 * hits.sum(0) / len(labels)).tolist(),
        "balanced_accuracy": recall.mean(0).tolist(),
        "recall": [
            dict(zip(map(str, present.tolist()), column, strict=True))
            for column in recall.T.tolist()
        ],
    }


def confusion(answers: Tensor, labels: Tensor) -> dict[str, dict[str, int]]:
    """Samples by true class and answer, both (n,); pairs that never occur are left out."""
    table: dict[str, dict[str, int]] = {}
    pairs, counts = torch.stack([labels, answers], 1).unique(dim=0, return_counts=True)
    for (label, answer), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        table.setdefault(str(label), {})[str(answer)] = count
    return table


def flips(before: Tensor, after: Tensor, labels: Tensor) -> dict[str, Any]:
    """Which samples the attack brings back; answers and labels (n,) on the same samples.

    Returns:
        `recovered` and `lost` (how many turn from wrong to right, and back), `positions` (of the
        recovered, in order; None with a `reason` where there are more than `FLIPS`).
    """
    was, now = before == labels, after == labels
    positions = (~was & now).nonzero().flatten().tolist()
    found = {"recovered": len(positions), "lost": int((was & ~now).sum())}
    if len(positions) > FLIPS:
        reason = f"more than {FLIPS} samples flip: they are counted, not listed"
        return {**found, "positions": None, "reason": reason}
    return {**found, "positions": positions, "reason": None}


def nothing(reason: str) -> dict[str, Any]:
    """Scores that cannot be computed, and why."""
    return {"forget_accuracy": None, "balanced_accuracy": None, "reason": reason}
