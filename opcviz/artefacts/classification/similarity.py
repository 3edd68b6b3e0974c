"""Features and predictions beside the original's and the retrained model's."""

from __future__ import annotations

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
    fields = {"similarity.{original,retrained}": "CKA of features, agreement of predictions"}

    def measure(self, context: Context) -> Made:
        """Compare the outputs of three models."""
        from ...measures.similarity import similarity

        outputs, split, retrained = context.subject.outputs, context.split, context.retrained
        return Made(
            {
                "original": similarity(outputs, context.original.outputs, split),
                "retrained": similarity(outputs, retrained.outputs, split)
                if retrained
                else {"reason": "there is no retrained model"},
            }
        )
