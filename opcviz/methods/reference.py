"""The two models every other is measured against: trained with, and without, the forget data."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Classifier
from ..training import Outcome, cross_entropy
from .base import Method, Task, register

__all__ = ["Original", "Retrain"]


@register(
    "original",
    title="Original",
    paper="the model before unlearning",
    family="reference",
    needs="forget retain",
    summary="CE on all training data, from scratch",
)
@dataclass(frozen=True)
class Original(Method):
    """Cross-entropy on all training data with the study's own training settings."""

    def unlearn(self, task: Task) -> tuple[Classifier, Outcome]:
        """Train from scratch on everything."""
        model = task.fresh()
        return model, task.train(model, "all", task.training, cross_entropy)


@register(
    "retrain",
    title="Retrained",
    paper="exact unlearning: the model that never saw the forget data",
    family="reference",
    needs="retain",
    summary="CE on retain data, from scratch",
)
@dataclass(frozen=True)
class Retrain(Method):
    """Cross-entropy on retain data only, from another start than the original's."""

    def unlearn(self, task: Task) -> tuple[Classifier, Outcome]:
        """Train from scratch without the forget data."""
        model = task.fresh()
        return model, task.train(model, "retain", task.training, cross_entropy)
