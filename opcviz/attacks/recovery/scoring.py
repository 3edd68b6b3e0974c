"""From affine maps to scores: answers of many maps at once, recall, confusion, who flipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import guard
from ...results import Flips
from .least_squares import CHUNK

__all__ = [
    "MapScores",
    "chunks",
    "confusion",
    "flips",
    "hits_by_class",
    "one_answer",
    "predict",
    "scores_of",
]

ONE_ANSWER = 0.9  # share of the samples

MAX_LISTED_FLIPS = 1000
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


@dataclass(frozen=True)
class MapScores:
    """What one map gets right of the forget set, in percent.

    Attributes:
        accuracy: of all samples.
        balanced: mean recall over classes.
        recall: by class.
        hits: right answers.
    """

    accuracy: float
    balanced: float
    recall: dict[str, float]
    hits: int


def scores_of(hits: Tensor, labels: Tensor) -> list[MapScores]:
    """The scores of each map from `hits_by_class` and the (n,) labels behind it."""
    sizes = labels.bincount(minlength=len(hits))
    present = sizes.nonzero().flatten()
    recall = 100 * hits[present] / sizes[present, None]
    names = [str(label) for label in present.tolist()]
    columns = zip(
        (100 * hits.sum(0) / len(labels)).tolist(),
        recall.mean(0).tolist(),
        recall.T.tolist(),
        hits.sum(0).tolist(),
        strict=True,
    )
    return [
        MapScores(accuracy, balanced, dict(zip(names, by_class, strict=True)), int(right))
        for accuracy, balanced, by_class, right in columns
    ]


def confusion(answers: Tensor, labels: Tensor) -> dict[str, dict[str, int]]:
    """Samples by true class and answer, both (n,); pairs that never occur are left out."""
    table: dict[str, dict[str, int]] = {}
    pairs, counts = torch.stack([labels, answers], 1).unique(dim=0, return_counts=True)
    for (label, answer), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        table.setdefault(str(label), {})[str(answer)] = count
    return table


def flips(before: Tensor, after: Tensor, labels: Tensor) -> Flips:
    """Which samples the attack brings back; answers and labels (n,) on the same samples."""
    was, now = before == labels, after == labels
    positions = (~was & now).nonzero().flatten().tolist()
    many = f"more than {MAX_LISTED_FLIPS} samples flip: they are counted, not listed"
    why = guard((len(positions) > MAX_LISTED_FLIPS, many))
    return Flips(len(positions), int((was & ~now).sum()), why or tuple(positions))


def one_answer(told: Tensor) -> bool:
    """Whether nine in ten samples get the same answer, as where their features are a point.

    Args:
        told: (N,) answers; of none there is no such answer.
    """
    return bool(len(told)) and bool((told == told.mode().values).double().mean() >= ONE_ANSWER)
