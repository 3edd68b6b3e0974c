"""Top-1 accuracy in percent: overall, by class, and on the four parts of a study's data."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..common.parts import PARTS, Part, Side, side_of
from ..common.records import Undefined, guard
from ..data import Split
from ..results import AccuracyReport
from ..tasks.classification import ModelOutputs, Observation

__all__ = ["accuracy", "accuracy_report", "per_class_accuracy"]


def _right(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) bool: which answers are right.

    Raises:
        ValueError: for shapes that do not fit, no samples, or logits that are not finite (whose
            largest entry means nothing).
    """
    if logits.dim() != 2 or tuple(labels.shape) != tuple(logits.shape[:1]):
        raise ValueError(
            f"accuracy wants (N, C) logits with (N,) labels, got {tuple(logits.shape)} with "
            f"{tuple(labels.shape)}"
        )
    if not len(labels):
        raise ValueError("accuracy: no samples")
    if not logits.isfinite().all():
        raise ValueError("accuracy: the logits are not finite; the model diverged")
    return logits.argmax(1) == labels


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Percent of right answers; logits (N, C), labels (N,).

    Raises:
        ValueError: for shapes that do not fit, no samples, or logits that are not finite.
    """
    right = _right(logits, labels)
    return 100 * int(right.sum()) / len(right)


def per_class_accuracy(logits: Tensor, labels: Tensor) -> list[float | None]:
    """Recall of each of the C classes in percent; None for a class without samples.

    Raises:
        ValueError: for shapes that do not fit, no samples, or logits that are not finite.
    """
    classes = logits.shape[-1]
    hits = labels[_right(logits, labels)].bincount(minlength=classes).tolist()
    sizes = labels.bincount(minlength=classes).tolist()
    return [100 * h / n if n else None for h, n in zip(hits, sizes, strict=True)]


@torch.no_grad()
def accuracy_report(
    outputs: ModelOutputs, split: Split, class_names: Sequence[str]
) -> AccuracyReport:
    """Accuracy on the four parts of the data, and by class on the whole train and test set.

    Args:
        outputs: what a model computed on the train and the test set.
        split: which samples belong to which part.
        class_names: C names.
    """
    parts: dict[Part, float | Undefined] = {}
    for part in PARTS:
        seen, rows = outputs.side(side_of(part)), split.part(part).cpu()
        logits, labels = seen.logits.cpu()[rows], seen.labels.cpu()[rows]
        parts[part] = _no_accuracy(logits) or accuracy(logits, labels)
    sides: tuple[Side, ...] = ("train", "test")
    per_class = {str(side): _per_class(outputs.side(side), class_names) for side in sides}
    return AccuracyReport(**parts, per_class=per_class)


def _no_accuracy(logits: Tensor) -> Undefined | None:
    return guard(
        (not len(logits), "there are no such samples"),
        (not logits.isfinite().all(), "the logits are not finite: the model diverged"),
    )


def _per_class(
    seen: Observation, class_names: Sequence[str]
) -> dict[str, float | Undefined | None]:
    logits, labels = seen.logits.cpu(), seen.labels.cpu()
    why = _no_accuracy(logits)
    if why:
        return dict.fromkeys(class_names, why)
    return dict(zip(class_names, per_class_accuracy(logits, labels), strict=True))
