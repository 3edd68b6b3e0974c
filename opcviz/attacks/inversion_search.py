"""The search itself: descend on the mismatch of gradients until the picture appears.

Everything here sees an `InversionView` only, never the true pictures; scores are made elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..config import Config, setting
from .inversion_gradients import GradientMatch, Objective
from .inversion_layers import Gradients

__all__ = ["Inversion", "InversionView", "frame_steps", "reconstruct", "total_variation"]

ZERO_GRADIENT = "the target gradient is zero: there is nothing to invert"
BAD_GRADIENT = "the target gradient is not finite: the model diverged"
BLIND = "the gradient does not depend on the picture: the start picture is returned unchanged"


@dataclass(frozen=True)
class Inversion(Config):
    """Settings of the attack."""

    target: str = setting(
        "gradient",
        "what the attacker holds: the picture's gradient, or the weight difference",
        choices=("gradient", "difference"),
    )
    iterations: int = setting(200, "steps of the search (literature: 4,800)", low=1, high=100_000)
    restarts: int = setting(
        1, "searches a picture, the best by cost is kept (literature: 5)", low=1, high=64
    )
    lr: float = setting(
        0.2, "step size at the start (literature: 0.1, signed 0.04)", low=1e-5, high=10, log=True
    )
    tv: float = setting(
        1e-3, "weight τ of total variation (literature: 0.01 to 0.1)", low=0, high=10, log=True
    )
    optimizer: str = setting(
        "adam",
        "Adam, or AdamW on signed gradients",
        choices=("adam", "adamw_signed"),
        advanced=True,
    )
    schedule: str = setting(
        "cosine",
        "cosine to 0, or halved after 3, 5 and 7 eighths",
        choices=("cosine", "steps"),
        advanced=True,
    )
    objective: str = setting(
        "cosine",
        "distance of gradients: angle, or relative square",
        choices=("cosine", "euclidean"),
        advanced=True,
    )
    start: str = setting(
        "grey",
        "first search from mid-grey (later ones from noise), or all from noise",
        choices=("grey", "noise"),
        advanced=True,
    )
    frames: int = setting(
        0, "pictures kept on the way, for replay", low=0, high=1000, advanced=True
    )


@dataclass(frozen=True, eq=False)
class InversionView:
    """All that the attacker sees; never the pictures.

    Attributes:
        models: M networks of one architecture, at whose weights he differentiates.
        target: weight name to (M·B, *weight.shape): of each cell, model by model, the gradient
            to explain.
        labels: (M·B,) int64, the pictures' classes.
        shape: (C, H, W) of a picture.
    """

    models: Sequence[nn.Module]
    target: Gradients
    labels: Tensor
    shape: tuple[int, int, int]


def reconstruct(
    view: InversionView,
    config: Inversion,
    seeds: Sequence[int],
    report: Callable[[int, Tensor], None] | None = None,
    match: GradientMatch | None = None,
) -> dict[str, Any]:
    """The attack proper, on M models × B pictures at once.

    Args:
        view: all that the attacker may see.
        config: settings of the attack.
        seeds: M·B seeds, for the noise from which each cell's searches start.
        report: called with the steps done and the costs, each step.
        match: the gradient machinery of `view.models`, made here if not given.

    Returns:
        "reconstructions" (M·B, C, H, W), "cost" (M·B,), "gradient_norm" (M·B,), "frames"
        (M·B, F, C, H, W), all on the CPU, and "why", M·B strings; see `InversionResult`.
    """
    match = match or GradientMatch(view.models, view.shape)
    norm = torch.stack([t.flatten(1).norm(dim=1) for t in view.target.values()]).norm(dim=0)
    usable = torch.isfinite(norm) & (norm > 0)
    safe = torch.where(usable, norm, 1)
    repeats = config.restarts
    target = {}
    for name, t in view.target.items():
        t = t / safe.view(-1, *[1] * (t.dim() - 1))
        t = t.nan_to_num(0, 0, 0)
        target[name] = t.repeat_interleave(repeats, 0) if repeats > 1 else t
    labels = view.labels.repeat_interleave(repeats)
    x = _starts(view, config, seeds)
    objective = OBJECTIVES[config.objective](safe.repeat_interleave(repeats))

    x, cost, moved, frames = _search(match, x, labels, target, objective, config, report)

    group = (len(seeds), repeats)
    best = cost.view(group).nan_to_num(torch.inf).argmin(1)
    pick = torch.arange(len(seeds), device=best.device) * repeats + best
    undefined = ~usable | ~torch.isfinite(cost[pick])
    x = torch.where(undefined[:, None, None, None], torch.nan, x[pick])
    why = [
        ZERO_GRADIENT if n == 0 else BAD_GRADIENT if u else "" if m else BLIND
        for n, u, m in zip(norm.tolist(), undefined.tolist(), moved[pick].tolist(), strict=True)
    ]
    return {
        "reconstructions": x.float().cpu(),
        "cost": torch.where(undefined, torch.nan, cost[pick]).float().cpu(),
        "gradient_norm": norm.float().cpu(),
        "frames": frames[pick].float().cpu(),
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
    """Descend from x (N, C, H, W): the pictures, their cost, whether they had a slope, frames."""
    signed = config.optimizer == "adamw_signed"
    family, options = (torch.optim.AdamW, {}) if signed else (torch.optim.Adam, ADAM)
    optimizer = family([x], config.lr, **options)
    moved = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    wanted, frames = frame_steps(config), []
    for step in range(config.iterations):
        cost, slope = match(x, labels, target, objective)
        there = slope.flatten(1).abs().amax(1) > 0
        moved |= there
        _, smoother = total_variation(x)
        # where the gradient says nothing, smoothing the noise would pass for an attack
        slope = torch.where(there[:, None, None, None], slope + config.tv * smoother, 0)
        x.grad = slope.sign() if signed else slope
        pace = rate(config.schedule, step / config.iterations)
        optimizer.param_groups[0]["lr"] = config.lr * pace
        optimizer.step()
        x.clamp_(0, 1)
        frames += [x.clone()] * wanted.count(step + 1)
        if report:
            report(step + 1, cost)
    cost, _ = match(x, labels, target, objective)
    kept = torch.stack(frames, 1) if frames else x.new_empty(len(x), 0, *x.shape[1:])
    return x, cost, moved, kept


ADAM = {"betas": (0.9, 0.99)}


def rate(schedule: str, at: float) -> float:
    """The factor on the step size when the part `at` (0 to 1) of the search is done."""
    if schedule == "cosine":
        return (1 + math.cos(math.pi * at)) / 2
    return 0.5 ** sum(at >= eighths / 8 for eighths in (3, 5, 7))


def frame_steps(config: Inversion) -> list[int]:
    """After which steps the frames are taken: spread over the search, the last at its end."""
    count = min(config.frames, config.iterations)
    return [round((i + 1) * config.iterations / count) for i in range(count)]


def total_variation(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean absolute difference of neighbours down plus across, (N,), and its derivative by x."""
    value, slope = x.new_zeros(len(x)), torch.zeros_like(x)
    for axis in (2, 3):
        size = x.shape[axis] - 1
        if size:
            step = x.diff(dim=axis)
            count = step[0].numel()
            value = value + step.abs().flatten(1).sum(1) / count
            way = step.sign() / count
            slope.narrow(axis, 1, size).add_(way)
            slope.narrow(axis, 0, size).sub_(way)
    return value, slope


def cosine(norm: Tensor) -> Objective:
    """1 − cos(g, t): blind to the length of either. The target comes with length 1."""

    def cost(dot: Tensor, square: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        length = square.clamp_min(torch.finfo(square.dtype).tiny ** 0.6).sqrt()
        return 1 - dot / length, -1 / length, dot / (2 * length**3)

    return cost


def euclidean(norm: Tensor) -> Objective:
    """‖g/n − t‖² with n the target's norm: squared distance relative to the target."""

    def cost(dot: Tensor, square: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return square / norm**2 - 2 * dot / norm + 1, -2 / norm, 1 / norm**2

    return cost


OBJECTIVES = {"cosine": cosine, "euclidean": euclidean}


def _starts(view: InversionView, config: Inversion, seeds: Sequence[int]) -> Tensor:
    """Where the searches begin, (B × restarts, C, H, W), a picture's restarts together."""
    like = next(view.models[0].parameters())
    starts = []
    for seed in seeds:
        noise = torch.rand(
            (config.restarts, *view.shape), generator=torch.Generator().manual_seed(seed)
        )
        if config.start == "grey":
            noise[0] = 0.5
        starts.append(noise)
    return torch.cat(starts).to(like)
