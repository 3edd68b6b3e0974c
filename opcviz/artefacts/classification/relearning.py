"""How fast forgotten data come back when training goes on."""

from __future__ import annotations

from ...attacks.relearning import Relearning
from ..context import Context
from ..kind import Kind, Made, register_kind

__all__ = ["RelearningCurves"]


@register_kind(
    "relearning",
    title="Relearning",
    stage="relearning from",
    summary="fine-tuning as an attack: on retained data, on a few forget samples, on other data",
    task="classification",
    default=True,
)
class RelearningCurves(Kind):
    """Curves of forget accuracy while an attacker trains on."""

    settings = {"relearning": Relearning}
    order = 50
    fields = {"relearning": "curves of forget accuracy by the attacker's data"}

    def measure(self, context: Context) -> Made:
        """Train copies of the model on."""
        from ...attacks.relearning import relearn
        from ...data import photo_patches

        config = context.settings(Relearning)
        before = context.original.stored("evidence").json()["accuracy"]["forget_train"]
        result = relearn(
            context.subject.network,
            context.data,
            context.split,
            config,
            original_accuracy=before,
            other=photo_patches(context.data.shape) if config.other == "photos" else None,
            seed=context.seed,
            progress=context.progress,
        )
        return Made(result)
