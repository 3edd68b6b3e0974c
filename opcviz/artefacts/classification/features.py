"""Features, logits and labels of every sample, for anyone who recomputes the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...common.json_types import Json
from ..kind import Kind, Made, register_kind
from .subject import Context

if TYPE_CHECKING:
    from ..evidence_settings import EvidenceSettings

__all__ = ["Features"]


@register_kind(
    "features",
    title="Features",
    stage="keeping features of",
    summary="features and logits of all samples, stored as safetensors",
    task="classification",
    optional=False,
)
class Features(Kind[Context]):
    """Stored on request alone: they are larger than everything else together."""

    order = 60

    def wanted(self, evidence: EvidenceSettings, seeds: int) -> bool:
        """Where `evidence.keep_features` is set."""
        return evidence.keep_features

    def measure(self, context: Context) -> Made:
        """Everything that the model computes on the train and the test set."""
        from ...models import save_weights

        outputs = context.subject.outputs
        tensors = {
            f"{part}.{name}": getattr(getattr(outputs, part), name)
            for part in ("train", "test")
            for name in ("features", "logits", "labels")
        }
        return Made({}, files={"features.safetensors": lambda to: save_weights(to, tensors, {})})

    def show(self, result: Json | None, reason: str) -> Json:
        """Nothing: they are files, not numbers."""
        return {}
