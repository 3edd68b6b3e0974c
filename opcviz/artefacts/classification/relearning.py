"""How fast forgotten data come back when training goes on."""

from __future__ import annotations

from collections.abc import Callable

from ...attacks.relearning import Relearning
from ...common.json_types import Json
from ...results import RelearningResult
from ..kind import Kind, Made, register_kind
from ..rows import Row
from .subject import Context

__all__ = ["RelearningCurves"]


def _relearnt(variant: str) -> Callable[[Json, Json], str]:
    def value(model: Json, _: Json) -> str:
        variants = model["relearning"]["variants"]
        if variant not in variants:  # another setting, or an older version
            return "not measured"
        found = variants[variant]["forget_train"]
        half = found["steps_to_half"]
        reached = "half not reached" if half is None else f"half after {half} steps"
        return f"{found['area']:.2f}, {reached}"

    return value


def _row(name: str, read: str, variant: str) -> Row:
    needs = ("relearning", "variants")
    return Row("Relearning", name, read, _relearnt(variant), needs)


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
    result = RelearningResult
    fields = {
        "relearning.variants": "curves of forget accuracy while an attacker trains on, by his data"
    }
    rows = (
        _row(
            "from retained data",
            "area under the forget curve over the original's",
            "retain",
        ),
        _row(
            "from ten a class",
            "the same with ten forget pictures a class",
            "shots_10",
        ),
        _row(
            "from photographs",
            "the same with another data set and a head of its own",
            "other",
        ),
    )

    def measure(self, context: Context) -> Made:
        """Train copies of the model on."""
        from ...attacks.relearning import relearn
        from ...data import photo_patches

        config = context.settings(Relearning)
        channels, height, width = context.data.shape
        before = context.original.stored("evidence").json()["accuracy"]["forget_train"]
        result = relearn(
            context.subject.network,
            context.data,
            context.split,
            config,
            original_accuracy=before,
            other=photo_patches((channels, height, width)) if config.other == "photos" else None,
            seed=context.seed,
            progress=context.progress,
        )
        return Made(result)
