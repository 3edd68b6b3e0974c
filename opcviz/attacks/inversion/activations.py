"""Inverting a block: the picture whose activations are the given ones.

    x̂ = argmin_x  ‖a_b(x) − a_b*‖² / ‖a_b*‖²,   x in [0, 1]

Mahendran & Vedaldi 2015 (arXiv 1412.0035), without a prior. The attacker holds the model and what
its block b computes of the picture. No gradient by weights is asked, so dead units behind the block
hide nothing: up to where the picture can be rebuilt, the network still carries it. A model that
never saw the picture carries it too; the curve is read beside the original and the retrained one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ...common.progress import Progress
from ...models import Activations
from .descent import AdamDescent

__all__ = ["FEATURES", "BlockReconstruction", "ShowsBlocks", "blocks_of", "invert_activations"]

FEATURES = "features"
"""The input of the head, behind the last block."""
NO_ACTIVATION = "the activations are zero: every unit is off"
BLIND = "the activations do not depend on the picture"
NOT_FINITE = "the activations are not finite: the model diverged"

LR = 0.1
ROUNDS = 4  # at most; further ones only of searches whose last round gained
GAIN = 0.8  # a round that leaves more than this part of the error has gained less than a decibel
EXACT = 1e-9  # of the relative error: rounding


@runtime_checkable
class ShowsBlocks(Protocol):
    """A network that shows what its blocks compute, whatever its outputs mean."""

    @property
    def block_names(self) -> Sequence[str]:
        """From input to head."""
        ...

    def activations(self, x: Tensor) -> Activations:
        """Everything one forward pass shows."""
        ...


@dataclass(frozen=True, eq=False)
class BlockReconstruction:
    """What one block gave away of P pictures.

    Attributes:
        block: its name.
        pictures: (P, C, H, W) in [0, 1]; NaN where there is a reason.
        error: (P,), relative squared error of the activations in the end; NaN as above.
        reasons: P strings, empty where all is well.
    """

    block: str
    pictures: Tensor
    error: Tensor
    reasons: list[str]


def blocks_of(model: nn.Module) -> tuple[str, ...]:
    """The names of what can be inverted, from input to head; none of a bare network."""
    return (*model.block_names, FEATURES) if isinstance(model, ShowsBlocks) else ()


def invert_activations(
    model: nn.Module,
    pictures: Tensor,
    steps: int,
    *,
    progress: Progress | None = None,
) -> list[BlockReconstruction]:
    """Search for each picture from what each block makes of it, all blocks in one batch.

    Args:
        model: the model in eval mode; a bare network has no named blocks and gives an empty list.
        pictures: (P, C, H, W) float in [0, 1].
        steps: of a round, Adam on a cosine schedule; the first starts from grey. A search goes on
            for up to `ROUNDS` while it gains a decibel a round and its error is more than rounding.
        progress: is asked now and then whether to stop.

    Raises:
        Cancelled: when progress says so.
    """
    names = blocks_of(model)
    if not isinstance(model, ShowsBlocks) or not names:
        return []
    progress = progress or Progress()
    like = next(model.parameters())
    pictures = pictures.to(like)
    count = len(pictures)
    with torch.no_grad():
        wanted = _of_blocks(model, pictures)
    lengths = {name: wanted[name].flatten(1).square().sum(1) for name in names}
    x = torch.full_like(pictures, 0.5).repeat(len(names), 1, 1, 1)
    error = torch.full((len(x),), torch.inf, device=x.device, dtype=x.dtype)
    moved = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    alive = torch.cat([torch.isfinite(each) & (each > 0) for each in lengths.values()])
    rows = alive.nonzero().flatten()
    for _ in range(ROUNDS):
        if not len(rows):
            break
        problem = _Problem(model, wanted, lengths, rows, count)
        drawn, left, stirred = _descend(problem, x[rows], steps, progress)
        gained = left <= GAIN * error[rows]
        better = left < error[rows]
        x[rows[better]], error[rows[better]] = drawn[better], left[better]
        moved[rows] |= stirred
        rows = rows[gained & (error[rows] > EXACT)]
    found = []
    for b, name in enumerate(names):
        own = slice(b * count, (b + 1) * count)
        reasons = [
            NOT_FINITE if not ok else NO_ACTIVATION if length == 0 else "" if m else BLIND
            for ok, length, m in zip(
                torch.isfinite(lengths[name]).tolist(),
                lengths[name].tolist(),
                moved[own].tolist(),
                strict=True,
            )
        ]
        void = torch.tensor([bool(why) for why in reasons], device=x.device)
        drawn = torch.where(void.view(-1, 1, 1, 1), torch.nan, x[own]).float().cpu()
        off = torch.where(void, torch.nan, error[own]).float().cpu()
        found.append(BlockReconstruction(name, drawn, off, reasons))
    return found


@dataclass(frozen=True, eq=False)
class _Problem:
    """Some rows of (blocks × P) searches: what each has to reproduce."""

    model: ShowsBlocks
    wanted: dict[str, Tensor]
    lengths: dict[str, Tensor]
    rows: Tensor
    count: int  # P

    def errors(self, x: Tensor) -> Tensor:
        """Relative squared error of each row's block, (rows,), of pictures (rows, C, H, W)."""
        seen, parts = _of_blocks(self.model, x), []
        for b, name in enumerate(self.wanted):
            mine = (self.rows // self.count) == b
            if mine.any():
                at = self.rows[mine] % self.count
                off = (seen[name][mine] - self.wanted[name][at]).flatten(1).square().sum(1)
                parts.append(off / self.lengths[name][at])
        return torch.cat(parts)  # rows ascend, so block by block is their order


def _descend(
    problem: _Problem, x: Tensor, steps: int, progress: Progress
) -> tuple[Tensor, Tensor, Tensor]:
    """One round: pictures, their errors, and whether each could move."""
    moved = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    x = x.clone()
    descent = AdamDescent(x, LR, "cosine", signed=False)
    for step in range(steps):
        with torch.enable_grad():
            leaf = x.detach().clone().requires_grad_()
            error = problem.errors(leaf)
            (slope,) = torch.autograd.grad(error.sum(), leaf)
        if step % 10 == 0:
            progress.check()
            if not (error.detach() > EXACT).any():
                break
        moved |= slope.flatten(1).abs().amax(1) > 0
        x = descent.step(slope, step / steps)
    with torch.no_grad():
        return x, problem.errors(x), moved


def _of_blocks(model: ShowsBlocks, x: Tensor) -> dict[str, Tensor]:
    seen = model.activations(x)
    return {**seen.blocks, FEATURES: seen.features}
