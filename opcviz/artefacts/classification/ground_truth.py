"""Whether what was planted in the train set is still there: the removal that can be checked."""

from __future__ import annotations

from collections.abc import Callable

from ...common.records import Undefined
from ...common.text import percent
from ...results import ConfusionTruth, GroundTruth, TriggerTruth
from ..columns import Column, figure
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Row
from ..threat import Threat
from .subject import Context

__all__ = ["PlantedTruth"]

Share = Callable[[GroundTruth], float | Undefined]


def _of_confusion(share: Callable[[ConfusionTruth], float]) -> Share:
    def value(found: GroundTruth) -> float | Undefined:
        truth = found.confusion
        return truth if isinstance(truth, Undefined) else share(truth)

    return value


def _of_trigger(share: Callable[[TriggerTruth], float]) -> Share:
    def value(found: GroundTruth) -> float | Undefined:
        truth = found.trigger
        return truth if isinstance(truth, Undefined) else share(truth)

    return value


SWAPPED_GIVEN = _of_confusion(lambda truth: truth.taught)
TAKEN_FOR_OTHER = _of_confusion(lambda truth: truth.swapped)
INTERCLASS_ERROR = _of_confusion(lambda truth: truth.error)
TARGET_GIVEN = _of_trigger(lambda truth: truth.taught)
SUCCESS = _of_trigger(lambda truth: truth.success)
TURNED = _of_trigger(lambda truth: truth.turned)
CLEAN = _of_trigger(lambda truth: truth.clean)


def _row(name: str, read: str, share: Share) -> Row:
    """A share beside the retrained model's; no cell where either was not measured."""
    look_up = figure(GroundTruth, share)

    def value(model: ModelResults, retrained: ModelResults) -> str | None:
        mine, theirs = look_up(model), look_up(retrained)
        if mine is None or theirs is None:
            return None
        return f"{percent(mine)} (retrained {percent(theirs)})"

    return Row("Ground truth", name, read, value, compares=True)


def _column(name: str, share: Share, help: str) -> Column:
    return Column(name, figure(GroundTruth, share), tables=("ground_truth",), help=help)


@register_kind(
    "ground_truth",
    title="Ground truth",
    stage="looking for what was planted in",
    summary="of a planted confusion or trigger: how much of it the model still shows",
    task="classification",
)
class PlantedTruth(Kind[Context]):
    """Interclass confusion error, or the trigger's success, on the planted and on test pictures."""

    order = 32
    result = GroundTruth
    threat = Threat(
        holds="the model as anybody may ask it, and what was planted in its train set",
        spends="one query to the model for each picture",
    )
    family = "ground truth"
    scenarios = ("confusion", "trigger", "client")
    fields = {
        "ground_truth.confusion.{taught,corrected,swapped,error}": (
            "percent of the swapped train samples answered as swapped, and as they truly are; of "
            "the two classes' test pictures taken for the other class, and for any other"
        ),
        "ground_truth.trigger.{taught,corrected,success,turned,clean}": (
            "percent of the poisoned train pictures answered as the trigger's class, and as they "
            "truly are; of the other classes' test pictures with the trigger answered so, and "
            "those only with it; test accuracy without it"
        ),
    }
    columns = (
        _column("Fgt", SWAPPED_GIVEN, "swapped train labels given, percent"),
        _column("swapped", TAKEN_FOR_OTHER, "test pictures taken for the other class"),
        _column("IC-Err", INTERCLASS_ERROR, "test pictures of the two classes taken wrongly"),
        _column("taught", TARGET_GIVEN, "poisoned train pictures given its class, percent"),
        _column("ASR", SUCCESS, "test pictures with the trigger given its class"),
        _column("turned", TURNED, "the same, but not without the trigger"),
        _column("clean TA", CLEAN, "test accuracy without the trigger, percent"),
    )
    rows = (
        _row("swapped labels given", "of the confused train samples", SWAPPED_GIVEN),
        _row("taken for the other class", "of the two's test pictures", TAKEN_FOR_OTHER),
        _row("interclass error", "of the two's test pictures, any mistake", INTERCLASS_ERROR),
        _row("trigger's class given", "of the poisoned train pictures", TARGET_GIVEN),
        _row("trigger's success", "of other classes' test pictures with it", SUCCESS),
        _row("turned by the trigger", "the same, but not without it", TURNED),
        _row("accuracy without the trigger", "of the test set", CLEAN),
    )

    def measure(self, context: Context) -> Made:
        """Look at the planted samples, the test set, and test copies with the trigger."""
        from ...data import triggered
        from ...measures.ground_truth import confusion_truth, trigger_truth
        from ...tasks.classification import observe

        data, seen = context.data, context.subject.outputs
        logits = seen.test.logits
        if data.planted is not None and data.planted.kind == "trigger":
            pictures = triggered(data, data.x_test)
            network, told = context.subject.network, context.progress
            logits = observe(network, pictures, data.y_test, progress=told).logits
        return Made(GroundTruth(confusion_truth(seen, data), trigger_truth(seen, data, logits)))
