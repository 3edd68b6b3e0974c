"""The bar of single pictures: how well a test tells those seen in training from others."""

from __future__ import annotations

from collections.abc import Sequence

from ...artefacts import ModelResults
from ...common.records import defined
from ...results import EvidenceResult
from ..charts.bands import Band
from ..reading.membership import membership_of
from .films_rebuilt import never

__all__ = ["of_samples", "taken"]

GUESSING = 0.5  # of an AUC


def taken(results: ModelResults, retrained: Sequence[ModelResults]) -> dict[str, object]:
    """One membership test of those that the verdict reads, beside the same of retrained models.

    Args:
        results: of the model.
        retrained: the models that never saw the data.

    Returns:
        What a `Bar` says of it, by the names of its attributes.
    """
    found = membership_of(results, retrained)
    if not found:
        return {"none": "not measured"}
    band = Band.of(sign.auc for sign in found[1:])
    return {
        "final": found[0].auc,
        "unit": "",
        "high": 1.0,
        "digits": 2,
        "band": band,
        "marks": (("guess", GUESSING),),
        "words": f"{found[0].place}; {never(band, '', 2)}",
    }


def of_samples(results: ModelResults) -> bool:
    """Whether single samples were forgotten, of which no test picture is one."""
    evidence = results.get(EvidenceResult)
    return defined(evidence) and not defined(evidence.accuracy.forget_test)
