"""Inverting a block: the picture whose activations are the given ones.

    x̂ = argmin_x  ‖a_b(x) − a_b*‖² / ‖a_b*‖²,   x in [0, 1]

Mahendran & Vedaldi 2015 (arXiv 1412.0035), without a prior. The attacker holds the model and what
its block b computes of the picture. No gradient by weights is asked, so dead units behind the block
hide nothing: up to where the picture can be rebuilt, the network still carries it. A model that
never saw the picture carries it too; the curve is read beside the original and the retrained one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ...common.progress import Progress, Step
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
LOOKS = 10  # steps between two questions whether to stop


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
        frames: (F, P, C, H, W), the way there, after the steps of `frame_steps`; the last frame is
            what was found. Empty where none was asked for.
    """

    block: str
    pictures: Tensor
    error: Tensor
    reasons: list[str]
    frames: Tensor = field(default_factory=lambda: torch.empty(0))


def blocks_of(model: nn.Module) -> tuple[str, ...]:
    """The names of what can be inverted, from input to head; none of a bare network."""
    return (*model.block_names, FEATURES) if isinstance(model, ShowsBlocks) else ()


def frame_steps(steps: int, frames: int) -> list[int]:
    """After which steps, counted over all rounds, frames are taken: at first close together.

    Args:
        steps: of a round.
        frames: how many at most.
    """
    last = ROUNDS * steps
    return sorted({max(1, round((i / frames) ** 2 * last)) for i in range(1, frames + 1)})


def invert_activations(
    model: nn.Module,
    pictures: Tensor,
    steps: int,
    *,
    blocks: Sequence[str] | None = None,
    frames: int = 0,
    progress: Progress | None = None,
    watch: Callable[[Tensor], None] | None = None,
) -> list[BlockReconstruction]:
    """Search for each picture from what each block makes of it, all blocks in one batch.

    Args:
        model: the model in eval mode; a bare network has no named blocks and gives an empty list.
        pictures: (P, C, H, W) float in [0, 1].
        steps: of a round, Adam on a cosine schedule; the first starts from grey. A search goes on
            for up to `ROUNDS` while it gains a decibel a round and its error is more than rounding.
        blocks: the only blocks to invert; None for all.
        frames: pictures kept on the way, see `frame_steps`.
        progress: is told the mean error, and asked now and then whether to stop.
        watch: now and then shown all searches as they stand, (blocks · P, C, H, W) in [0, 1].

    Raises:
        ValueError: for a block that the model does not have; those it has are named.
        Cancelled: when progress says so.
    """
    names = blocks_of(model)
    if not isinstance(model, ShowsBlocks) or not names:
        return []
    if blocks is not None:
        if unknown := [name for name in blocks if name not in names]:
            raise ValueError(f"there is no block '{unknown[0]}'; there are: {', '.join(names)}")
        names = tuple(name for name in names if name in blocks)
    progress = progress or Progress()
    like = next(model.parameters())
    pictures = pictures.to(like)
    count = len(pictures)
    with torch.no_grad():
        seen = _of_blocks(model, pictures)
    wanted = {name: seen[name] for name in names}
    lengths = {name: wanted[name].flatten(1).square().sum(1) for name in names}
    x = torch.full_like(pictures, 0.5).repeat(len(names), 1, 1, 1)
    error = torch.full((len(x),), torch.inf, device=x.device, dtype=x.dtype)
    moved = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    alive = torch.cat([torch.isfinite(each) & (each > 0) for each in lengths.values()])
    rows = alive.nonzero().flatten()
    film = _Film(frame_steps(steps, frames) if frames else [], ROUNDS * steps, progress, watch)
    for turn in range(ROUNDS):
        if not len(rows):
            break
        problem = _Problem(model, wanted, lengths, rows, count)
        film.begin(x, rows, turn * steps)
        drawn, left, stirred = _descend(problem, x[rows], steps, film)
        gained = left <= GAIN * error[rows]
        better = left < error[rows]
        x[rows[better]], error[rows[better]] = drawn[better], left[better]
        moved[rows] |= stirred
        rows = rows[gained & (error[rows] > EXACT)]
    kept = film.end(x)
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
        found.append(BlockReconstruction(name, drawn, off, reasons, kept[:, own]))
    return found


@dataclass(frozen=True, eq=False)
class _Problem:
    """Some rows of (blocks × P) searches: what each has to reproduce."""

    model: ShowsBlocks
    wanted: dict[str, Tensor]
    lengths: dict[str, Tensor]
    rows: Tensor
    count: int  # P

    @cached_property
    def searches(self) -> list[tuple[str, slice, Tensor, Tensor]]:
        """Of each block: which of the rows are its own, what they have to reproduce, how long."""
        found, start = [], 0
        blocks = self.rows // self.count  # rows ascend, so each block's stand together
        for b, name in enumerate(self.wanted):
            at = self.rows[blocks == b] % self.count
            if len(at):
                mine = slice(start, start := start + len(at))
                found.append((name, mine, self.wanted[name][at], self.lengths[name][at]))
        return found

    def errors(self, x: Tensor) -> Tensor:
        """Relative squared error of each row's block, (rows,), of pictures (rows, C, H, W)."""
        seen = _of_blocks(self.model, x)
        parts = []
        for name, mine, target, length in self.searches:
            parts.append((seen[name][mine] - target).flatten(1).square().sum(1) / length)
        return torch.cat(parts)  # rows ascend, so block by block is their order


class _Film:
    """Keeps frames of all searches while some of them move, and shows them.

    Args:
        wanted: after which steps, counted over all rounds.
        steps: of all rounds.
        progress: is told the mean error and asked whether to stop.
        watch: who looks on.
    """

    def __init__(
        self,
        wanted: Sequence[int],
        steps: int,
        progress: Progress,
        watch: Callable[[Tensor], None] | None,
    ) -> None:
        self.wanted, self.steps, self.progress, self.watch = wanted, steps, progress, watch
        self.frames: dict[int, Tensor] = {}

    def begin(self, x: Tensor, rows: Tensor, before: int) -> None:
        """A round of some rows of x (searches, C, H, W) begins, after so many steps."""
        self.x, self.rows, self.before = x, rows, before

    def step(self, step: int, drawn: Tensor, error: Tensor) -> None:
        """The rows' pictures after a step of the round."""
        at = self.before + step
        look = self.watch and step % LOOKS == 0
        if at in self.wanted or look:
            now = self.x.clone()
            now[self.rows] = drawn
            if at in self.wanted:
                self.frames[at] = now.float().cpu()
            if self.watch and look:
                self.watch(now.float().cpu())
        if step % LOOKS == 0:
            self.progress(Step(at, self.steps, float(error.detach().mean())))

    def end(self, x: Tensor) -> Tensor:
        """All frames, (F, searches, C, H, W), of which the last are the pictures found, x.

        Where all searches had ended before a frame was due, it shows what they had found.
        """
        last = x.float().cpu()
        frames = [self.frames.get(at, last) for at in self.wanted[:-1]]
        return torch.stack([*frames, last]) if self.wanted else last[None][:0]


def _descend(
    problem: _Problem, x: Tensor, steps: int, film: _Film
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
        if step % LOOKS == 0:
            film.progress.check()
            if not (error.detach() > EXACT).any():
                break
        moved |= slope.flatten(1).abs().amax(1) > 0
        x = descent.step(slope, step / steps)
        film.step(step + 1, x, error)
    with torch.no_grad():
        return x, problem.errors(x), moved


def _of_blocks(model: ShowsBlocks, x: Tensor) -> dict[str, Tensor]:
    seen = model.activations(x)
    return {**seen.blocks, FEATURES: seen.features}
