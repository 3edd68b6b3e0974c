"""The search itself: descend on the mismatch of gradients until the picture appears.

Everything here sees an `InversionView` only, never the true pictures; scores are made elsewhere.

A search begins with short ones: from grey, then from noise, until one has left the plateau where
most bad starts stay, or `restarts` were tried. The best by cost goes on, in rounds of `iterations`
steps. A picture is *settled* when its gradient is explained to a part in a thousand, or a round
lowered the cost by less than a fifth (the cost is quadratic in the picture's error, so that is one
decibel) and what it left is at most five parts in a thousand: a search that stalls above may gain
ten decibels by longer rounds. Where it is not settled, the score is a lower bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .descent import AdamDescent
from .ghost_norm import Gradients
from .gradients import GradientMatch, Objective
from .labels import head_of, infer_labels
from .objectives import objective_of, total_variation
from .reach import reach_of
from .result import NO_BODY_GRADIENT
from .settings import Inversion
from .view import InversionView, SearchLimits

__all__ = ["descend", "reconstruct"]

ZERO_GRADIENT = "the target gradient is zero: there is nothing to invert"
BAD_GRADIENT = "the target gradient is not finite: the model diverged"
BLIND = "the gradient does not depend on the picture: the search cannot leave its start"

GAIN = 0.8
"""A round that leaves more than this part of the cost has gained less than a decibel."""
EXPLAINED = 1e-3
"""A cost that is low enough."""
NEARLY = 5e-3
"""A cost at which a search that gains no more has settled; above, it has stalled."""
PROMISING = 0.1
"""A cost after which no other start is tried."""
WATCHED = 5
"""Steps between two looks of somebody who watches."""


def reconstruct(
    view: InversionView,
    config: Inversion,
    seeds: Sequence[int],
    report: Callable[[int, Tensor], None] | None = None,
    match: GradientMatch | None = None,
    limits: SearchLimits | None = None,
    watch: Callable[[Tensor, Tensor], None] | None = None,
) -> dict[str, Any]:
    """The attack proper, on M models × B cells at once.

    Args:
        view: all that the attacker may see.
        config: settings of the attack.
        seeds: M·B·batch seeds, for the noise from which each picture's searches start.
        report: called with the steps done and the costs, each step; the last call is with
            `config.most_steps`, however many were needed.
        match: the gradient machinery of `view.models`, made here if not given.
        once: (M·B,) bool, cells that get one round only.
        watch: now and then shown what is being searched: positions of cells (n,) and their
            pictures as they stand, (n, batch, C, H, W).

    Returns:
        "reconstructions" (M·B, batch, C, H, W), "cost", "gradient_norm", "body_gradient_norm",
        "steps" and "settled" (M·B,), "labels" (M·B, batch), "frames" (M·B, F, batch, C, H, W), all
        on the CPU, and "why", M·B strings; see `InversionResult`.
    """
    match = match or view.match(range(len(view.models)))
    norms, norm, body, usable, reached = reach_of(view.models[0], view.target, match.layers)
    if not config.layerwise:
        norms = norm.expand_as(norms)
    norms = torch.where(usable & (norms > 0), norms, 1)
    target = {}
    for name, t in view.target.items():
        t = t / norms[match.layers.index(name.rpartition(".")[0])].view(-1, *[1] * (t.dim() - 1))
        target[name] = t.nan_to_num(0, 0, 0)
    labels = view.labels
    if labels is None:
        labels = infer_labels(view.target, head_of(view.models[0]), view.batch)
    labels = labels.view(len(norm), view.batch)

    if limits is None:
        each = torch.ones_like(norm, dtype=torch.int64)
        limits = SearchLimits(config.restarts * each, config.rounds * each)
    searches = _Searches(view, config, seeds, match, reached, limits, watch)
    while len(cells := searches.scouting()):
        searches.run(cells, labels, target, norms, report, scout=True)
    while len(cells := searches.pending()):
        searches.run(cells, labels, target, norms, report, scout=False)
    if report:
        costs = torch.where(torch.isfinite(searches.cost), searches.cost, torch.nan)
        report(config.most_steps, costs)

    undefined = ~reached | ~torch.isfinite(searches.cost)
    x = torch.where(undefined.view(-1, 1, 1, 1, 1), torch.nan, searches.x)
    why = []
    for cell, length in enumerate(norm.tolist()):
        if length == 0:
            why.append(ZERO_GRADIENT)
        elif usable[cell] and not reached[cell]:
            why.append(NO_BODY_GRADIENT)
        elif undefined[cell]:
            why.append(BAD_GRADIENT)
        else:
            why.append("" if searches.moved[cell] else BLIND)
    return {
        "reconstructions": x.float().cpu(),
        "cost": torch.where(undefined, torch.nan, searches.cost).float().cpu(),
        "gradient_norm": norm.float().cpu(),
        "body_gradient_norm": body.float().cpu(),
        "steps": searches.steps.cpu(),
        # a search that stalled might yield to another start, or to longer rounds
        "settled": (searches.settled & (searches.cost <= NEARLY)).cpu(),
        "labels": labels.cpu(),
        "frames": searches.frames.float().cpu(),
        "why": why,
    }


class _Searches:
    """Where each of N = M·B cells stands between rounds.

    Attributes:
        x: (N, batch, C, H, W), the best pictures so far.
        cost: (N,), theirs; infinite before the first round.
        moved: (N,) bool, whether any search could leave its start.
        settled: (N,) bool, whether more rounds would not help.
        steps: (N,) int64, those it took.
        frames: (N, F, batch, C, H, W), the way from the best start; the best picture is the last.
    """

    def __init__(
        self,
        view: InversionView,
        config: Inversion,
        seeds: Sequence[int],
        match: GradientMatch,
        searched: Tensor,
        limits: SearchLimits,
        watch: Callable[[Tensor, Tensor], None] | None,
    ) -> None:
        self.view, self.config, self.match, self.watch = view, config, match, watch
        self.among = list(range(len(view.models)))  # whose models `match` holds
        self.starts = _starts(view, config, seeds)  # (N, restarts, batch, C, H, W)
        count, device = len(self.starts), self.starts.device
        self.x = self.starts[:, 0].clone()
        self.frames = self.x[:, None].repeat(1, len(config.frame_steps), 1, 1, 1, 1)
        self.cost = self.x.new_full((count,), torch.inf)
        self.moved = torch.zeros(count, dtype=torch.bool, device=device)
        self.most = SearchLimits(limits.starts.to(device), limits.rounds.to(device))
        self.settled = ~searched.to(device) | (self.most.starts == 0)
        self.steps = torch.zeros(count, dtype=torch.int64, device=device)
        self.used = torch.zeros(count, dtype=torch.int64, device=device)  # starts
        self.rounds = torch.zeros(count, dtype=torch.int64, device=device)

    def scouting(self) -> Tensor:
        """Positions of the cells that want another start."""
        open_ = ~self.settled & (self.used < self.most.starts) & (self.rounds == 0)
        return (open_ & ~(self.cost <= PROMISING)).nonzero().flatten()

    def pending(self) -> Tensor:
        """Positions of the cells that want another round."""
        return (~self.settled & (self.rounds < self.most.rounds)).nonzero().flatten()

    def run(
        self,
        cells: Tensor,
        labels: Tensor,
        target: Gradients,
        norms: Tensor,
        report: Callable[[int, Tensor], None] | None,
        scout: bool,
    ) -> None:
        """One start, or one round, of the given cells: equally many a model, filled up with others.

        Args:
            cells: positions, each of a cell that is not settled.
            labels: (N, batch).
            target: of all cells, scaled by norms.
            norms: (layers, N).
            report: see `reconstruct`.
            scout: whether a new start is tried.
        """
        config, batch = self.config, self.view.batch
        models, at = self._even(cells)
        if models != self.among:
            self.match, self.among = self.view.match(models), models
        steps = config.scouting if scout else config.iterations
        x = self.x[at]
        if scout:
            x = self.starts[at, self.used[at].clamp_max(config.restarts - 1)]
        done = int(self.steps[cells].max())
        wanted = [step if scout else step - config.scouting for step in config.frame_steps]
        mine = torch.isin(at, cells)

        def told(step: int, cost: Tensor, x: Tensor) -> None:
            if report:
                report(done + step, cost)
            if self.watch and step % WATCHED == 0:
                self.watch(at[mine], x.detach().unflatten(0, (-1, batch))[mine])

        x, cost, moved, frames = _search(
            self.match,
            x.flatten(0, 1),
            labels[at].flatten(),
            {name: t[at] for name, t in target.items()},
            objective_of(config.objective, norms[:, at], config.layerwise),
            config,
            steps,
            [step for step in wanted if 0 < step <= steps],
            told,
        )
        at, cost = at[mine], cost[mine].nan_to_num(torch.inf).to(self.cost)
        x = x.unflatten(0, (-1, batch))[mine]
        frames = frames.unflatten(0, (-1, batch)).transpose(1, 2)[mine]
        better, before = cost < self.cost[at], self.cost[at]
        self.x[at[better]], self.cost[at[better]] = x[better], cost[better]
        self.moved[at] |= moved[mine]
        self.steps[at] += steps
        if scout:
            self.used[at] += 1
            self.frames[at[better], : frames.shape[1]] = frames[better]
        else:
            first = at[self.rounds[at] == 0]
            if frames.shape[1]:
                self.frames[first, -frames.shape[1] :] = frames[self.rounds[at] == 0]
            self.rounds[at] += 1
            self.settled[at] |= ~(self.cost[at] <= GAIN * before)
            self.settled[at] |= self.cost[at] <= EXPLAINED
        if self.frames.shape[1]:
            self.frames[at, -1] = self.x[at]
        # what no start could stir, no further round will
        self.settled[at] |= ~self.moved[at] & (self.used[at] >= config.restarts)

    def _even(self, cells: Tensor) -> tuple[list[int], Tensor]:
        """Models that have cells to search, and positions, equally many of each, model by model."""
        each = len(self.x) // len(self.view.models)
        owners = (cells // each).tolist()
        models = sorted(set(owners))
        most = max(owners.count(m) for m in models)
        busy = torch.isin(torch.arange(len(self.x), device=cells.device), cells)
        order = [(~busy[m * each : (m + 1) * each]).int().argsort(stable=True) for m in models]
        return models, torch.cat(
            [m * each + own[:most] for m, own in zip(models, order, strict=True)]
        )


def _search(
    match: GradientMatch,
    x: Tensor,
    labels: Tensor,
    target: Gradients,
    objective: Objective,
    config: Inversion,
    steps: int,
    wanted: Sequence[int],
    report: Callable[[int, Tensor, Tensor], None],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Descend from x (N, C, H, W): the pictures, each cell's cost and whether it moved, frames."""
    cells = len(x) // match.group_size
    moved = torch.zeros(cells, dtype=torch.bool, device=x.device)
    frames: list[Tensor] = []
    descent = AdamDescent(x, config.lr, config.schedule, config.optimizer == "adamw_signed")
    for step in range(steps):
        cost, slope = match(x, labels, target, objective)
        smoother = total_variation(x)[1]
        there = slope.reshape(cells, -1).abs().amax(1) > 0
        moved |= there
        # where the gradient says nothing, smoothing the noise would pass for an attack
        seen = there.repeat_interleave(match.group_size)[:, None, None, None]
        slope = torch.where(seen, slope + config.tv * smoother, 0)
        x = descent.step(slope, step / steps)
        if step + 1 in wanted:
            frames.append(x.clone())
        report(step + 1, cost, x)
    cost, _ = match(x, labels, target, objective)
    kept = torch.stack(frames, 1) if frames else x.new_empty(len(x), 0, *x.shape[1:])
    return x, cost, moved, kept


def descend(
    match: GradientMatch,
    x: Tensor,
    labels: Tensor,
    target: Gradients,
    objective: Objective,
    config: Inversion,
) -> tuple[Tensor, Tensor]:
    """One round of the search from pictures x (N, C, H, W): the pictures, each cell's cost."""
    found, cost, _, _ = _search(
        match, x, labels, target, objective, config, config.iterations, [], lambda *_: None
    )
    return found, cost


def _starts(view: InversionView, config: Inversion, seeds: Sequence[int]) -> Tensor:
    """Where the searches begin, (cells, restarts, batch, C, H, W)."""
    like = next(view.models[0].parameters())
    starts = []
    for seed in seeds:
        noise = torch.rand(
            (config.restarts, *view.shape), generator=torch.Generator().manual_seed(seed)
        )
        if config.start == "grey":
            # pictures of one label that start the same would stay the same
            noise[0] = 0.5 if view.batch == 1 else 0.45 + 0.1 * noise[0]
        starts.append(noise)
    cells: Tensor = torch.stack(starts).unflatten(0, (-1, view.batch))
    return cells.transpose(1, 2).to(like)
