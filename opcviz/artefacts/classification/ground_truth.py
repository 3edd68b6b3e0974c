"""Whether what was planted in the train set is still there: the removal that can be checked."""

from __future__ import annotations

from collections.abc import Callable

from ...common.json_types import Json
from ...common.text import percent
from ...results import GroundTruth
from ..columns import Column, number
from ..context import Context
from ..kind import Kind, Made, register_kind
from ..rows import Row

__all__ = ["PlantedTruth"]

TABLE = ("ground_truth",)


def _beside(what: str, share: str) -> Callable[[Json, Json], str]:
    def value(model: Json, retrained: Json) -> str:
        mine, theirs = (found["ground_truth"][what][share] for found in (model, retrained))
        return f"{percent(mine)} (retrained {percent(theirs)})"

    return value


def _row(what: str, share: str, name: str, read: str) -> Row:
    needs = ("ground_truth", what, share)
    return Row("Ground truth", name, read, _beside(what, share), needs, compares=True)


def _column(name: str, what: str, share: str, help: str) -> Column:
    return Column(name, number("ground_truth", what, share), tables=TABLE, help=help)


@register_kind(
    "ground_truth",
    title="Ground truth",
    stage="looking for what was planted in",
    summary="of a planted confusion or trigger: how much of it the model still shows",
    task="classification",
)
class PlantedTruth(Kind):
    """Interclass confusion error, or the trigger's success, on the planted and on test pictures."""

    order = 32
    result = GroundTruth
    family = "ground truth"
    scenarios = ("confusion", "trigger")
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
        _column("Fgt", "confusion", "taught", "swapped train labels given, percent"),
        _column("swapped", "confusion", "swapped", "test pictures taken for the other class"),
        _column("IC-Err", "confusion", "error", "test pictures of the two classes taken wrongly"),
        _column("taught", "trigger", "taught", "poisoned train pictures given its class, percent"),
        _column("ASR", "trigger", "success", "test pictures with the trigger given its class"),
        _column("turned", "trigger", "turned", "the same, but not without the trigger"),
        _column("clean TA", "trigger", "clean", "test accuracy without the trigger, percent"),
    )
    rows = (
        _row("confusion", "taught", "swapped labels given", "of the confused train samples"),
        _row("confusion", "swapped", "taken for the other class", "of the two's test pictures"),
        _row("confusion", "error", "interclass error", "of the two's test pictures, any mistake"),
        _row("trigger", "taught", "trigger's class given", "of the poisoned train pictures"),
        _row("trigger", "success", "trigger's success", "of other classes' test pictures with it"),
        _row("trigger", "turned", "turned by the trigger", "the same, but not without it"),
        _row("trigger", "clean", "accuracy without the trigger", "of the test set"),
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
