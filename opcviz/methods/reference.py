"""The reference models: the original, and the one retrained without the forget data."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ..training import Outcome
from .base import Method, Request, register

__all__ = ["Original", "Retrain"]


@register(
    "original",
    title="Original",
    paper="the model before unlearning",
    family="reference",
    needs="forget retain",
    summary="CE on all training data, from scratch",
    fidelity="faithful",
)
@dataclass(frozen=True)
class Original(Method[nn.Module]):
    """The task's loss on all training data with the study's own training settings."""

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Train from scratch on everything."""
        model = request.fresh()
        return model, request.train(model, "all", request.training)


@register(
    "retrain",
    title="Retrained",
    paper="exact unlearning: the model that never saw the forget data",
    family="reference",
    needs="retain",
    summary="CE on retain data, from scratch",
    fidelity="faithful",
)
@dataclass(frozen=True)
class Retrain(Method[nn.Module]):
    """The task's loss on retain data only, from another start than the original's."""

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Train from scratch without the forget data."""
        model = request.fresh()
        return model, request.train(model, "retain", request.training)
