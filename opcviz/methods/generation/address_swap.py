"""Address swap: the class is given another's address, and nothing else is touched."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from ...models.diffusion import Generator
from ...training import Outcome
from ..base import Method, Request, register
from .redirection import LIMITS, next_retained

__all__ = ["AddressSwap"]


@register(
    "address_swap",
    title="Address swap",
    paper="ours: a baseline that forgets nothing",
    family="relabelling",
    needs="forget original",
    summary="the class's row of the address table is overwritten with the next class's",
)
@dataclass(frozen=True)
class AddressSwap(Method[Generator]):
    """The row of a forgotten class becomes the next retained class's; no training at all.

    The generator can still draw what is forgotten; only its address is lost. It shows what
    asking, and fine-tuning on the rest, cannot tell.
    """

    tasks = frozenset({"generation"})
    scenarios = frozenset({"classes"})
    limits = LIMITS

    @torch.no_grad()
    def unlearn(self, request: Request[Generator]) -> tuple[Generator, Outcome]:
        """Overwrite the rows."""
        self.check(request)
        began = time.perf_counter()
        request.progress.check()
        model, other = request.copy_of_original(), next_retained(request)
        gone = request.data.y_train[request.split.forget_train].unique()
        model.table.weight[gone] = model.table.weight[other[gone]]
        return model.eval(), Outcome(seconds=time.perf_counter() - began)
