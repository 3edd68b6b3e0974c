"""Features and predictions beside the original's and the retrained model's."""

from __future__ import annotations

from ...measures.similarity import similarity
from ...results import SimilarityResult, Undefined
from ..context import Context
from ..kind import Kind, Made, register_kind

__all__ = ["Similarity"]


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
    fields = {"similarity.{original,retrained}": "CKA of features, agreement of predictions"}

    def measure(self, context: Context) -> Made:
        """Compare the outputs of three models."""
        outputs, split, retrained = context.subject.outputs, context.split, context.retrained
        return Made(
            SimilarityResult(
                similarity(outputs, context.original.outputs, split),
                similarity(outputs, retrained.outputs, split)
                if retrained
                else Undefined("there is no retrained model"),
            )
        )
