"""Whether a model still shows what was planted in its train set."""

from __future__ import annotations

from torch import Tensor

from ..common.records import Undefined
from ..data import Images, Planted
from ..results import ConfusionTruth, TriggerTruth
from ..tasks.classification import ModelOutputs
from .accuracy import accuracy

__all__ = ["confusion_truth", "trigger_truth"]

MOST = 0.9  # of the answers, to speak of one answer
NOT_FINITE = Undefined("the logits are not finite: the model diverged")


def confusion_truth(outputs: ModelOutputs, data: Images) -> ConfusionTruth | Undefined:
    """Interclass confusion (Goel et al., 2022, arXiv 2201.06640) of a model.

    Args:
        outputs: what it computed on the prepared train set and on the test set.
        data: the data set with the confusion in it.
    """
    planted = _planted(data, "confusion")
    if isinstance(planted, Undefined):
        return planted
    if not _finite(outputs.train.logits, outputs.test.logits):
        return NOT_FINITE
    taught, corrected = _on_planted(outputs, data, planted)
    first, second = planted.classes
    labels = outputs.test.labels.cpu()
    asked = (labels == first) | (labels == second)
    labels, said = labels[asked], outputs.test.logits.cpu()[asked].argmax(1)
    tested = len(labels)
    return ConfusionTruth(
        classes=tuple(data.class_names[label] for label in planted.classes),
        planted=len(planted.ids),
        taught=taught,
        corrected=corrected,
        tested=tested,
        swapped=100 * int((said == first + second - labels).sum()) / tested,
        error=100 * int((said != labels).sum()) / tested,
        constant=100 * max(int((labels == label).sum()) for label in planted.classes) / tested,
        one_answer=int(said.bincount().max()) >= MOST * tested,
    )


def trigger_truth(
    outputs: ModelOutputs, data: Images, with_trigger: Tensor
) -> TriggerTruth | Undefined:
    """Success of a trigger (Gu et al., 2017, arXiv 1708.06733) on a model.

    Args:
        outputs: what it computed on the prepared train set and on the clean test set.
        data: the data set with the trigger in it.
        with_trigger: (N, C) its logits on `triggered` copies of all test pictures.

    Raises:
        ValueError: for logits of another shape than those without the trigger.
    """
    planted = _planted(data, "trigger")
    if isinstance(planted, Undefined):
        return planted
    clean, labels = outputs.test.logits.cpu(), outputs.test.labels.cpu()
    if with_trigger.shape != clean.shape:
        raise ValueError(
            f"trigger: logits with it have shape {tuple(with_trigger.shape)}, without it "
            f"{tuple(clean.shape)}"
        )
    if not _finite(outputs.train.logits, clean, with_trigger):
        return NOT_FINITE
    (target,) = planted.classes
    taught, corrected = _on_planted(outputs, data, planted)
    others = labels != target
    hit = with_trigger.cpu()[others].argmax(1) == target
    before = clean[others].argmax(1) == target
    tested = int(others.sum())
    return TriggerTruth(
        target=data.class_names[target],
        planted=len(planted.ids),
        taught=taught,
        corrected=corrected,
        tested=tested,
        success=100 * int(hit.sum()) / tested,
        turned=100 * int((hit & ~before).sum()) / tested,
        clean=accuracy(clean, labels),
    )


def _planted(data: Images, kind: str) -> Planted | Undefined:
    if data.planted is None:
        return Undefined("nothing was planted in the train set")
    if data.planted.kind != kind:
        return Undefined(f"what was planted is a {data.planted.kind}")
    return data.planted


def _on_planted(outputs: ModelOutputs, data: Images, planted: Planted) -> tuple[float, float]:
    """Percent of the planted samples answered as they were taught, and as they truly are."""
    ids = planted.ids.cpu()
    logits = outputs.train.logits.cpu()[ids]
    return accuracy(logits, data.y_train.cpu()[ids]), accuracy(logits, planted.labels.cpu())


def _finite(*logits: Tensor) -> bool:
    return all(bool(each.isfinite().all()) for each in logits)
