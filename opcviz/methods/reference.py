"""The reference models: the original, the one retrained without the forget data, an untrained."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import nn

from ..training import Outcome
from .base import Method, Request, register
from .declaration import ANYWHERE

__all__ = ["Original", "Retrain", "Untrained"]


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
    """The task's loss on all training data with the study's own training settings.

    Where clients hold the data, by federated averaging; epochs are rounds then.
    """

    scenarios = ANYWHERE

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Train from scratch on everything."""
        model = request.fresh()
        if request.split.clients is None:
            return model, request.train(model, "all", request.training)
        everything = torch.arange(len(request.data.y_train), device=request.data.device)
        return model, request.train_clients(model, everything, request.training, keep=True)


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
    """The task's loss on retain data only, from another start than the original's.

    Where clients hold the data, by federated averaging without the one who leaves.
    """

    scenarios = ANYWHERE

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Train from scratch without the forget data."""
        model = request.fresh()
        if request.split.clients is None:
            return model, request.train(model, "retain", request.training)
        return model, request.train_clients(model, request.split.retain_train, request.training)


@register(
    "untrained",
    title="Untrained",
    paper="random weights: the floor of every attack",
    family="reference",
    needs="",
    summary="the random initialisation, as it is",
)
@dataclass(frozen=True)
class Untrained(Method[nn.Module]):
    """No training at all: what an attack gets from this model, it gets from any.

    It starts where the retrained model starts, and stays there.
    """

    scenarios = ANYWHERE

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Leave the initialisation."""
        began = time.perf_counter()
        request.progress.check()
        model = request.fresh().eval()
        return model, Outcome(seconds=time.perf_counter() - began)
