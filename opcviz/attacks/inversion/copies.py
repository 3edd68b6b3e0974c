"""Models as an attack takes them: copies, those that differ in weights alone, what was changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from .ghost_norm import Gradients
from .gradients import alike

__all__ = ["at_once", "differences", "flushed_denormals", "frozen_copy", "groups_of"]

BUDGET = 256 * 2**20
"""Bytes of target gradients worked on at once; more pictures are taken in turns."""


def at_once(model: nn.Module) -> int:
    """How many gradients of a model are worked on at once."""
    return max(1, BUDGET // sum(p.numel() * p.element_size() for p in model.parameters()))


def frozen_copy(model: nn.Module) -> nn.Module:
    """A copy in eval mode whose weights ask for no gradient."""
    return copy.deepcopy(model).eval().requires_grad_(False)


def groups_of(models: Sequence[nn.Module], shape: tuple[int, ...]) -> list[list[int]]:
    """Positions of models that differ in nothing but their weights, together."""
    groups: list[list[int]] = []
    for m, model in enumerate(models):
        home = next((g for g in groups if alike(models[g[0]], model, shape)), None)
        if home is None:
            groups.append([m])
        else:
            home.append(m)
    return groups


def differences(
    models: Sequence[nn.Module], originals: Sequence[nn.Module], count: int
) -> Gradients:
    """θu − θo of each model, repeated for `count` pictures."""
    pairs = zip(models, originals, strict=True)
    changes = [
        {n: p.detach() - dict(before.named_parameters())[n] for n, p in after.named_parameters()}
        for after, before in pairs
    ]
    return {
        name: torch.stack([change[name] for change in changes]).repeat_interleave(count, 0)
        for name in changes[0]
    }


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Count tiny floats as zero: a collapsed model makes them, and a CPU is slow on them."""
    before = bool((torch.tensor(1e-38) * 1e-3) == 0)  # torch can set the flag but not read it
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
