"""Features and predictions beside the original's and the retrained model's."""

from __future__ import annotations

from collections.abc import Callable

from ...common.json_types import Json
from ...common.text import percent
from ...results import SimilarityResult, Undefined
from ...verdict.gap import average_gap, tug_of_war
from ..kind import Kind, Made, register_kind
from ..rows import Row
from .subject import Context

__all__ = ["Similarity"]

BESIDE = "Beside retraining"


def _cka(reference: str, part: str) -> Callable[[Json, Json], str]:
    def value(model: Json, _: Json) -> str:
        found = model["similarity"][reference]["cka"][part]
        return "undefined" if found["cka"] is None else f"{found['cka']:.2f}"

    return value


def _cka_row(reference: str, part: str, read: str = "the same") -> Row:
    needs = ("similarity", reference, "cka", part)
    return Row("Features", f"CKA to {reference}, {part}", read, _cka(reference, part), needs)


def _predictions(what: str, part: str) -> Callable[[Json, Json], str]:
    def value(model: Json, _: Json) -> str:
        found = model["similarity"]["retrained"]["predictions"][part][what]
        return percent(found) if what == "agreement" else f"{found:.3f}"

    return value


def _gap(model: Json, retrained: Json) -> str:
    ours, theirs = (m["membership"]["svc"]["confidence"]["efficacy"] for m in (model, retrained))
    found = average_gap(model["accuracy"], retrained["accuracy"], mia=(ours, theirs))
    return f"{found.average_gap:.2f} points over {', '.join(found.over)}"


def _tug(model: Json, retrained: Json) -> str:
    return f"{tug_of_war(model['accuracy'], retrained['accuracy']).tow:.3f}"


@register_kind(
    "similarity",
    title="Similarity",
    stage="comparing",
    summary="CKA, agreement and divergence, beside the original and the retrained model",
    task="classification",
    default=True,
)
class Similarity(Kind):
    """One comparison with each of the two references."""

    needs = frozenset({"retrained"})
    order = 30
    result = SimilarityResult
    fields = {
        "similarity.{original,retrained}": (
            "`cka` of features, and `predictions` (agreement, KL and JS divergence), beside each"
        )
    }
    rows = (
        _cka_row(
            "original",
            "forget",
            "1: the same up to rotation; undefined where features do not vary",
        ),
        _cka_row("original", "retain"),
        _cka_row("retrained", "forget"),
        Row(
            BESIDE,
            "agreement, forget",
            "same answers as the retrained model",
            _predictions("agreement", "forget_train"),
            needs=("similarity", "retrained", "predictions", "forget_train", "agreement"),
        ),
        Row(
            BESIDE,
            "JS divergence, forget",
            "nats; 0: the same answers, at most 0.69",
            _predictions("js", "forget_train"),
            needs=("similarity", "retrained", "predictions", "forget_train", "js"),
        ),
        Row(
            BESIDE,
            "average gap",
            "mean difference to the retrained model in UA, RA, TA and MIA",
            _gap,
            needs=("membership", "svc", "confidence", "efficacy"),
            compares=True,
        ),
        Row(
            BESIDE,
            "Tug-of-War",
            "1: the retrained model's accuracies",
            _tug,
            needs=("accuracy", "forget_train"),
            compares=True,
        ),
    )

    def measure(self, context: Context) -> Made:
        """Compare the outputs of three models."""
        from ...measures.similarity import similarity

        outputs, split, retrained = context.subject.outputs, context.split, context.retrained
        return Made(
            SimilarityResult(
                similarity(outputs, context.original.outputs, split),
                similarity(outputs, retrained.outputs, split)
                if retrained
                else Undefined("there is no retrained model"),
            )
        )
