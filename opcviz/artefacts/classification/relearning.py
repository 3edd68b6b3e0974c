"""How fast forgotten data come back when training goes on."""

from __future__ import annotations

from ...attacks.relearning import Relearning
from ...common.records import Undefined, defined
from ...results import EvidenceResult, RelearningResult
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from ..threat import Threat
from .subject import Context

__all__ = ["RelearningCurves"]

TITLE = "Relearning step by step"
"""Told apart from the kind `relearned`, which spares no effort and is another attack."""


def _relearnt(variant: str) -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        known = model.get(RelearningResult)
        if not defined(known):
            return None
        if variant not in known.variants:  # another setting, or an older version
            return "not measured"
        found = known.variants[variant].forget_train
        if isinstance(found.area, Undefined):
            return (found.area.reason or "undefined").replace("|", "/")
        half = found.steps_to_half
        reached = f"half is back after {half} steps" if defined(half) else "half does not come back"
        return f"{found.area:.2f}, {reached}"

    return value


def _row(name: str, read: str, variant: str) -> Row:
    return Row(TITLE, name, read, _relearnt(variant))


@register_kind(
    "relearning",
    title=TITLE,
    stage="relearning from",
    summary="fine-tuning as an attack: on retained data, on a few forget samples, on other data",
    task="classification",
    default=True,
)
class RelearningCurves(Kind[Context]):
    """Curves of forget accuracy while an attacker trains on."""

    settings = {"relearning": Relearning}
    needs = frozenset({"original"})
    order = 50
    quick = None
    result = RelearningResult
    threat = Threat(
        holds="the weights of the model, and retained pictures, {relearning.shots} forgotten ones "
        "of each class, or another data set ({relearning.other})",
        spends="{relearning.steps} training steps at the learning rate {relearning.lr}",
        does="The model is trained on: with retained pictures, with a few forgotten ones, and with "
        "other data.",
    )
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
            "area under the forget curve over the original's, given ten forget pictures a class",
            "shots_10",
        ),
        _row(
            "from photographs",
            "area under the forget curve over the original's, trained on another data set with a "
            "head of its own",
            "other",
        ),
    )

    def measure(self, context: Context) -> Made:
        """Train copies of the model on."""
        from ...attacks.relearning import relearn
        from ...data import photo_patches

        config = context.settings(Relearning)
        channels, height, width = context.data.shape
        before = context.original.stored("evidence").record(EvidenceResult).accuracy.forget_train
        if isinstance(before, Undefined):
            raise ValueError(f"relearning: the original's forget accuracy: {before.reason}")
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
