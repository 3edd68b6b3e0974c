"""The search itself: descend on the mismatch of gradients until the picture appears.

Everything here sees an `InversionView` only, never the true pictures; scores are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .descent import AdamDescent
from .ghost_norm import Gradients
from .gradients import GradientMatch, Objective
from .labels import head_of, infer_labels
from .objectives import layer_norms, objective_of, total_variation
from .settings import Inversion

__all__ = ["InversionView", "frame_steps", "reconstruct"]

ZERO_GRADIENT = "the target gradient is zero: there is nothing to invert"
BAD_GRADIENT = "the target gradient is not finite: the model diverged"
BLIND = "the gradient does not depend on the picture: the search cannot leave its start"


@dataclass(frozen=True, eq=False)
class InversionView:
    """All that the attacker sees; never the pictures.

    Attributes:
        models: M networks of one architecture, at whose weights he differentiates.
        target: weight name to (M·B, *weight.shape): of each cell, model by model, the gradient
            to explain.
        labels: (M·B·batch,) int64, the pictures' classes; None: to be inferred.
        shape: (C, H, W) of a picture.
        batch: pictures a cell, whose mean gradient is the target.
    """

    models: Sequence[nn.Module]
    target: Gradients
    labels: Tensor | None
    shape: tuple[int, ...]
    batch: int = 1


def reconstruct(
    view: InversionView,
    config: Inversion,
    seeds: Sequence[int],
    report: Callable[[int, Tensor], None] | None = None,
    match: GradientMatch | None = None,
) -> dict[str, Any]:
    """The attack proper, on M models × B cells at once.

    Args:
        view: all that the attacker may see.
        config: settings of the attack.
        seeds: M·B·batch seeds, for the noise from which each picture's searches start.
        report: called with the steps done and the costs, each step.
        match: the gradient machinery of `view.models`, made here if not given.

    Returns:
        "reconstructions" (M·B, batch, C, H, W), "cost" (M·B,), "gradient_norm" (M·B,), "labels"
        (M·B, batch), "frames" (M·B, F, batch, C, H, W), all on the CPU, and "why", M·B strings;
        see `InversionResult`.
    """
    match = match or GradientMatch(view.models, view.shape, group_size=view.batch)
    norms = layer_norms(view.target, match.layers)  # (layers, cells)
    norm = norms.norm(dim=0)
    usable = torch.isfinite(norm) & (norm > 0)
    repeats, cells = config.restarts, len(norm)
    if not config.layerwise:
        norms = norm.expand_as(norms)
    norms = torch.where(usable & (norms > 0), norms, 1)
    target = {}
    for name, t in view.target.items():
        t = t / norms[match.layers.index(name.rpartition(".")[0])].view(-1, *[1] * (t.dim() - 1))
        t = t.nan_to_num(0, 0, 0)
        target[name] = t.repeat_interleave(repeats, 0) if repeats > 1 else t
    labels = view.labels
    if labels is None:
        labels = infer_labels(view.target, head_of(view.models[0]), view.batch)
    labels = labels.view(cells, view.batch)
    spread = labels[:, None].expand(-1, repeats, -1).flatten()
    objective = objective_of(
        config.objective, norms.repeat_interleave(repeats, 1), config.layerwise
    )

    x = _starts(view, config, seeds)
    x, cost, moved, frames = _search(match, x, spread, target, objective, config, report)

    best = cost.view(cells, repeats).nan_to_num(torch.inf).argmin(1)
    pick = torch.arange(cells, device=best.device) * repeats + best
    undefined = ~usable | ~torch.isfinite(cost[pick])
    x = x.unflatten(0, (-1, view.batch))[pick]
    x = torch.where(undefined.view(-1, 1, 1, 1, 1), torch.nan, x)
    why = [
        ZERO_GRADIENT if n == 0 else BAD_GRADIENT if u else "" if m else BLIND
        for n, u, m in zip(norm.tolist(), undefined.tolist(), moved[pick].tolist(), strict=True)
    ]
    return {
        "reconstructions": x.float().cpu(),
        "cost": torch.where(undefined, torch.nan, cost[pick]).float().cpu(),
        "gradient_norm": norm.float().cpu(),
        "labels": labels.cpu(),
        "frames": frames.unflatten(0, (-1, view.batch))[pick].transpose(1, 2).float().cpu(),
        "why": why,
    }


def _search(
    match: GradientMatch,
    x: Tensor,
    labels: Tensor,
    target: Gradients,
    objective: Objective,
    config: Inversion,
    report: Callable[[int, Tensor], None] | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Descend from x (N, C, H, W): the pictures, each cell's cost and whether it moved, frames."""
    cells = len(x) // match.group_size
    moved = torch.zeros(cells, dtype=torch.bool, device=x.device)
    wanted, frames = frame_steps(config), []
    descent = AdamDescent(x, config.lr, config.schedule, config.optimizer == "adamw_signed")
    for step in range(config.iterations):
        cost, slope = match(x, labels, target, objective)
        smoother = total_variation(x)[1]
        there = slope.reshape(cells, -1).abs().amax(1) > 0
        moved |= there
        # where the gradient says nothing, smoothing the noise would pass for an attack
        seen = there.repeat_interleave(match.group_size)[:, None, None, None]
        slope = torch.where(seen, slope + config.tv * smoother, 0)
        x = descent.step(slope, step / config.iterations)
        frames += [x.clone()] * wanted.count(step + 1)
        if report:
            report(step + 1, cost)
    cost, _ = match(x, labels, target, objective)
    kept = torch.stack(frames, 1) if frames else x.new_empty(len(x), 0, *x.shape[1:])
    return x, cost, moved, kept


def frame_steps(config: Inversion) -> list[int]:
    """After which steps the frames are taken: dense at first, where most happens."""
    count = min(config.frames, config.iterations)
    return [max(i + 1, round(((i + 1) / count) ** 2 * config.iterations)) for i in range(count)]


def _starts(view: InversionView, config: Inversion, seeds: Sequence[int]) -> Tensor:
    """Where the searches begin, (cells × restarts × batch, C, H, W), a cell's together."""
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
    return cells.transpose(1, 2).flatten(0, 2).to(like)
