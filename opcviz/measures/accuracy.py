"""Top-1 accuracy in percent: overall, by class, and on the four parts of a study's data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ..data import Split
    from ..tasks.classification import ModelOutputs

__all__ = ["accuracy", "accuracy_report", "per_class_accuracy"]

PARTS = ("forget_train", "retain_train", "forget_test", "retain_test")


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
    views: ModelOutputs, split: Split, class_names: Sequence[str]
) -> dict[str, Any]:
    """Accuracy on the four parts of the data, and by class on the whole train and test set.

    Args:
        views: what a model computed on the train and the test set.
        split: which samples belong to which part.
        class_names: C names.

    Returns:
        JSON-ready: percent under `forget_train`, `retain_train`, `forget_test` and `retain_test`;
        `per_class` with `train` and `test`, class name to percent. What cannot be computed is None,
        and `reason` says why, by part.
    """
    report: dict[str, Any] = {"per_class": {}}
    reasons: dict[str, str] = {}
    for side in ("train", "test"):
        seen = getattr(views, side)
        logits, labels = seen.logits.cpu(), seen.labels.cpu()
        for part in (p for p in PARTS if p.endswith(side)):
            rows = getattr(split, part).cpu()
            report[part] = _or_reason(accuracy, logits[rows], labels[rows], part, reasons)
        recalls = _or_reason(per_class_accuracy, logits, labels, f"per_class {side}", reasons)
        recalls = recalls or [None] * len(class_names)
        report["per_class"][side] = dict(zip(class_names, recalls, strict=True))
    return report | ({"reason": reasons} if reasons else {})


def _or_reason(
    measure: Any, logits: Tensor, labels: Tensor, part: str, reasons: dict[str, str]
) -> Any:
    if not len(labels):
        reasons[part] = "there are no such samples"
    elif not logits.isfinite().all():
        reasons[part] = "the logits are not finite: the model diverged"
    else:
        return measure(logits, labels)
    return None
