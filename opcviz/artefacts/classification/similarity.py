"""Features and predictions beside the original's and the retrained model's."""

from __future__ import annotations

from collections.abc import Callable

from ...common.records import Undefined, defined, known
from ...common.text import percent
from ...results import (
    Cka,
    Comparison,
    EvidenceResult,
    FeatureSimilarity,
    MembershipResult,
    PredictionSimilarity,
    SimilarityResult,
)
from ...verdict.gap import average_gap, tug_of_war
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from .subject import Context

__all__ = ["Similarity"]

BESIDE = "Beside retraining"


def _compared(model: ModelResults, reference: str) -> Comparison | None:
    found = model.get(SimilarityResult)
    if isinstance(found, Undefined):
        return None
    return known(found.original if reference == "original" else found.retrained)


def _cka_row(
    reference: str, part: str, take: Callable[[FeatureSimilarity], Cka], read: str = "the same"
) -> Row:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        found = _compared(model, reference)
        if found is None:
            return None
        cka = take(found.cka).cka
        return f"{cka:.2f}" if defined(cka) else "undefined"

    return Row("Features", f"CKA to {reference}, {part}", read, value)


def _predictions(take: Callable[[PredictionSimilarity], str | None]) -> Cell:
    """What the predictions on the forget data have in common with the retrained model's."""

    def value(model: ModelResults, _: ModelResults) -> str | None:
        found = _compared(model, "retrained")
        part = found.predictions.get("forget_train") if found else None
        return take(part) if part else None

    return value


def _agreement(found: PredictionSimilarity) -> str | None:
    return percent(found.agreement) if defined(found.agreement) else None


def _js(found: PredictionSimilarity) -> str | None:
    return f"{found.js:.3f}" if defined(found.js) else None


def _efficacy(model: ModelResults) -> float | None:
    found = model.get(MembershipResult)
    return known(found.svc.confidence.efficacy) if defined(found) else None


def _gap(model: ModelResults, retrained: ModelResults) -> str | None:
    both = [each.get(EvidenceResult) for each in (model, retrained)]
    mia = (_efficacy(model), _efficacy(retrained))
    reports = [each.accuracy for each in both if defined(each)]
    if len(reports) < 2 or None in mia:
        return None
    found = average_gap(*reports, mia=mia)
    if isinstance(found.average_gap, Undefined):
        return found.average_gap.reason
    return f"{found.average_gap:.2f} points over {', '.join(found.over)}"


def _tug(model: ModelResults, retrained: ModelResults) -> str | None:
    both = [each.get(EvidenceResult) for each in (model, retrained)]
    reports = [each.accuracy for each in both if defined(each)]
    if len(reports) < 2 or not all(defined(each.forget_train) for each in reports):
        return None
    tow = tug_of_war(*reports).tow
    return tow.reason if isinstance(tow, Undefined) else f"{tow:.3f}"


@register_kind(
    "similarity",
    title="Similarity",
    stage="comparing",
    summary="CKA, agreement and divergence, beside the original and the retrained model",
    task="classification",
    default=True,
)
class Similarity(Kind[Context]):
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
            lambda cka: cka.forget,
            "1: the same up to rotation; undefined where features do not vary",
        ),
        _cka_row("original", "retain", lambda cka: cka.retain),
        _cka_row("retrained", "forget", lambda cka: cka.forget),
        Row(
            BESIDE,
            "agreement, forget",
            "same answers as the retrained model",
            _predictions(_agreement),
        ),
        Row(
            BESIDE,
            "JS divergence, forget",
            "nats; 0: the same answers, at most 0.69",
            _predictions(_js),
        ),
        Row(
            BESIDE,
            "average gap",
            "mean difference to the retrained model in UA, RA, TA and MIA",
            _gap,
            compares=True,
        ),
        Row(
            BESIDE,
            "Tug-of-War",
            "1: the retrained model's accuracies",
            _tug,
            compares=True,
        ),
    )

    def measure(self, context: Context) -> Made:
        """Compare the outputs of three models."""
        from ...measures.similarity import similarity

        outputs, split, retrained = context.subject.outputs, context.split, context.retrained
        return Made(
            SimilarityResult(
                similarity(outputs, context.original.outputs, split)
                if context.has_original
                else Undefined("there is no original model"),
                similarity(outputs, retrained.outputs, split)
                if retrained
                else Undefined("there is no retrained model"),
            )
        )
