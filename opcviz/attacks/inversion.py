"""Gradient inversion: is the picture still written in the model's gradient?

Geiping et al. 2020 (arXiv 2003.14053) search for the picture whose gradient looks like a given one:

    x̂ = argmin_x  1 − cos(∇_θ CE(m_θ(x), y), g) + τ·TV(x),   x in [0, 1]

Two targets g, with two different attackers (Hu et al. 2024, arXiv 2404.03233):

* **gradient** (B): g is the gradient of the forget picture at the unlearned weights θu. A model
  that still represents the picture gives it away; a collapsed one has nothing to tell.
* **difference** (A): g = θu − θo, all that unlearning changed, and the gradient is taken at θo:
  one ascent step on one picture is exactly that. After many steps on many pictures the difference
  is a mixture, and this attack is far harder.

The search starts from grey and runs Adam with momentum (0.9, 0.99) on a cosine schedule, many
pictures and restarts at once. Adam reaches in 150 steps what signed gradients, Hu's choice, do not
in 1,000 (`benchmarks/inversion.py`).
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..config import Config, setting
from ..progress import Progress, Step
from .inversion_gradients import GradientMatch, Gradients, Objective
from .inversion_scores import class_mean_scores, class_means, mean, plain, psnr, ssim

__all__ = [
    "Inversion",
    "InversionResult",
    "InversionView",
    "class_mean_scores",
    "class_means",
    "invert",
    "reconstruct",
]

ZERO_GRADIENT = "the target gradient is zero: there is nothing to invert"
BAD_GRADIENT = "the target gradient is not finite: the model diverged"
BLIND = "the gradient does not depend on the picture: the start picture is returned unchanged"
BUDGET = 256 * 2**20
"""Bytes of target gradients worked on at once; more pictures are taken in turns."""


@dataclass(frozen=True)
class Inversion(Config):
    """Settings of the attack."""

    target: str = setting(
        "gradient",
        "what the attacker holds: the picture's gradient, or the weight difference",
        choices=("gradient", "difference"),
    )
    iterations: int = setting(150, "steps of the search (literature: 4,800)", low=1, high=100_000)
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
    frames: int = setting(0, "pictures kept on the way, for replay", low=0, high=1000, advanced=True)


@dataclass(frozen=True, eq=False)
class InversionView:
    """All that the attacker sees; never the picture.

    Attributes:
        model: the network at whose weights he differentiates.
        target: weight name to (B, *weight.shape), for each picture the gradient to explain.
        labels: (B,) int64, the pictures' classes.
        shape: (C, H, W) of a picture.
    """

    model: nn.Module
    target: Gradients
    labels: Tensor
    shape: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class InversionResult:
    """What M models gave away of P pictures. All tensors lie on the CPU.

    Attributes:
        reconstructions: (M, P, C, H, W) in [0, 1]; NaN where the attack has no target.
        cost: (M, P), final cost of the best restart without total variation; NaN as above.
        gradient_norm: (M, P), ‖g‖ of the target.
        psnr, ssim: (M, P) against the true pictures; NaN as above.
        reasons: M lists of P strings, empty where all is well.
        frames: (M, F, P, C, H, W), the best restart on its way, F as asked (0: none).
        frame_steps: after how many steps each frame was taken.
        seconds: wall time of the whole.
    """

    reconstructions: Tensor
    cost: Tensor
    gradient_norm: Tensor
    psnr: Tensor
    ssim: Tensor
    reasons: list[list[str]]
    frames: Tensor
    frame_steps: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def summary(self) -> list[dict[str, Any]]:
        """One JSON-ready dict a model: means over pictures that have a score, and each picture.

        Keys "psnr" (dB), "ssim", "cost", "gradient_norm" (numbers or None), "per_picture" (the
        same four as lists, and "reason"), "reason" (what stands behind a None or a mean over fewer
        pictures, or None).
        """
        rows = []
        for m, reasons in enumerate(self.reasons):
            values = {n: getattr(self, n)[m] for n in ("psnr", "ssim", "cost", "gradient_norm")}
            counts = {reason: reasons.count(reason) for reason in dict.fromkeys(reasons) if reason}
            told = "; ".join(f"{n} of {len(reasons)} pictures: {why}" for why, n in counts.items())
            each = {**{n: plain(v) for n, v in values.items()}}
            rows.append(
                {
                    **{n: mean(v) for n, v in values.items()},
                    "per_picture": {**each, "reason": [reason or None for reason in reasons]},
                    "reason": told or None,
                }
            )
        return rows


def invert(
    models: Sequence[nn.Module],
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    *,
    originals: Sequence[nn.Module] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> InversionResult:
    """Attack each model with each picture and score what comes out.

    The models are copied, and attacked in eval mode; the originals of the copies are not touched.

    Args:
        models: M unlearned models, pictures in [0, 1] to logits.
        pictures: (P, C, H, W) float in [0, 1], the forget pictures.
        labels: (P,) int64, their classes (known to the attacker).
        config: settings of the attack.
        originals: the M models before unlearning, for `target="difference"`.
        seed: of the noise that searches start from; a picture's does not depend on its companions.
        progress: is told the mean cost, and asked each step whether to stop.
        dry_run: one step and one restart only.

    Raises:
        ValueError: for shapes, values or models that do not fit together.
        Cancelled: when progress says so.
    """
    began = time.perf_counter()
    _check(models, pictures, labels, config, originals)
    if dry_run:
        config = config.replace(iterations=1, restarts=1)
    progress = progress or Progress()
    sources = originals or models
    rows: list[dict[str, Any]] = []
    with flushed_denormals():
        for m, (model, original) in enumerate(zip(models, sources, strict=True)):
            report = _Report(progress, config, m, len(models))
            rows.append(_invert_one(model, original, pictures, labels, config, seed, report))
    joined = {name: torch.stack([row[name] for row in rows]) for name in rows[0] if name != "why"}
    shown = joined["reconstructions"].flatten(0, 1)
    truth = pictures.detach().cpu().repeat(len(models), 1, 1, 1).to(shown)
    fold = (len(models), len(pictures))
    return InversionResult(
        **joined,
        psnr=psnr(shown, truth).view(fold),
        ssim=ssim(shown, truth).view(fold),
        reasons=[row["why"] for row in rows],
        frame_steps=frame_steps(config),
        seconds=time.perf_counter() - began,
    )


@dataclass
class _Report:
    """Tells progress in steps of the whole work, whatever it is cut into."""

    progress: Progress
    config: Inversion
    model: int
    models: int
    part: int = 0
    parts: int = 1

    def __call__(self, done: int, cost: Tensor) -> None:
        steps = self.config.iterations
        if done % 10 and done != steps:  # a mean read from a GPU each step would stall it
            self.progress.check()
            return
        before = (self.model * self.parts + self.part) * steps
        self.progress(Step(before + done, self.models * self.parts * steps, float(cost.mean())))


def _invert_one(
    model: nn.Module,
    original: nn.Module,
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    seed: int,
    report: _Report,
) -> dict[str, Any]:
    """Rows of `InversionResult` for one model."""
    attacked = frozen_copy(original if config.target == "difference" else model)
    like = next(attacked.parameters())
    pictures, labels = pictures.to(like), labels.to(like.device)
    match = GradientMatch(attacked, tuple(pictures.shape[1:]))
    bytes_each = sum(p.numel() * p.element_size() for p in attacked.parameters()) * config.restarts
    parts = torch.arange(len(pictures)).split(max(1, BUDGET // bytes_each))
    report.parts = len(parts)
    found: list[dict[str, Any]] = []
    for report.part, at in enumerate(parts):
        if config.target == "gradient":
            target = match.gradients(pictures[at], labels[at])
        else:
            target = _difference(model, attacked, len(at))
        view = InversionView(attacked, target, labels[at], tuple(pictures.shape[1:]))
        seeds = [seed * 1_000_003 + int(p) for p in at]
        found.append(reconstruct(view, config, seeds, report, match))
    rows = {n: torch.cat([part[n] for part in found]).cpu() for n in found[0] if n != "why"}
    rows["frames"] = rows["frames"].transpose(0, 1)
    return {**rows, "why": [reason for part in found for reason in part["why"]]}


def reconstruct(
    view: InversionView,
    config: Inversion,
    seeds: Sequence[int],
    report: Any = None,
    match: GradientMatch | None = None,
) -> dict[str, Any]:
    """The attack proper, on B pictures at once.

    Args:
        view: all that the attacker may see.
        config: settings of the attack.
        seeds: B seeds for the noise of each picture's starts.
        report: called with the steps done and the costs, each step.
        match: the gradient machinery of `view.model`, made here if not given.

    Returns:
        "reconstructions" (B, C, H, W), "cost" (B,), "gradient_norm" (B,), "frames"
        (B, F, C, H, W) and "why", B strings: the rows of an `InversionResult`.
    """
    match = match or GradientMatch(view.model, view.shape)
    norm = torch.stack([t.flatten(1).norm(dim=1) for t in view.target.values()]).norm(dim=0)
    usable = torch.isfinite(norm) & (norm > 0)
    safe = torch.where(usable, norm, 1)
    repeats = config.restarts
    target = {}
    for name, t in view.target.items():
        t = t / safe.view(-1, *[1] * (t.dim() - 1))
        target[name] = t.nan_to_num(0, 0, 0).repeat_interleave(repeats, 0)
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
        "reconstructions": x.float(),
        "cost": torch.where(undefined, torch.nan, cost[pick]).float(),
        "gradient_norm": norm.float(),
        "frames": frames[pick].float(),
        "why": why,
    }


def _search(
    match: GradientMatch,
    x: Tensor,
    labels: Tensor,
    target: Gradients,
    objective: Objective,
    config: Inversion,
    report: Any,
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
        optimizer.param_groups[0]["lr"] = config.lr * rate(config.schedule, step / config.iterations)
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
    like = next(view.model.parameters())
    starts = []
    for seed in seeds:
        noise = torch.rand(
            (config.restarts, *view.shape), generator=torch.Generator().manual_seed(seed)
        )
        if config.start == "grey":
            noise[0] = 0.5
        starts.append(noise)
    return torch.cat(starts).to(like)


def frozen_copy(model: nn.Module) -> nn.Module:
    """A copy in eval mode whose weights ask for no gradient."""
    return copy.deepcopy(model).eval().requires_grad_(False)


def _difference(model: nn.Module, original: nn.Module, count: int) -> Gradients:
    """θu − θo, the same for each of `count` pictures."""
    after = dict(model.named_parameters())
    return {
        name: (after[name].detach() - before).expand(count, *before.shape)
        for name, before in original.named_parameters()
    }


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Count tiny floats as zero: a collapsed model makes them, and a CPU slows 30-fold on them."""
    before = bool((torch.tensor(1e-38) * 1e-3) == 0)  # torch can set the flag but not read it
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def _check(
    models: Sequence[nn.Module],
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    originals: Sequence[nn.Module] | None,
) -> None:
    if not len(models):
        raise ValueError("invert: wants at least one model")
    if pictures.dim() != 4 or not len(pictures) or not pictures.is_floating_point():
        raise ValueError(
            "invert: pictures must be float (P, C, H, W) in [0, 1], not "
            f"{str(pictures.dtype).removeprefix('torch.')} {tuple(pictures.shape)}"
        )
    if not ((pictures >= 0) & (pictures <= 1)).all():
        raise ValueError("invert: pictures must lie in [0, 1]; divide uint8 pixels by 255")
    if labels.shape != (len(pictures),) or labels.dtype != torch.int64:
        raise ValueError(
            f"invert: labels must be int64 ({len(pictures)},), one a picture, not "
            f"{str(labels.dtype).removeprefix('torch.')} {tuple(labels.shape)}"
        )
    if config.target == "difference":
        if originals is None:
            raise ValueError("invert: target 'difference' wants the models before unlearning")
        for m, (after, before) in enumerate(zip(models, originals, strict=False)):
            shapes = ({n: p.shape for n, p in k.named_parameters()} for k in (after, before))
            if next(shapes) != next(shapes):
                raise ValueError(f"invert: model {m} and its original differ in their weights")
    if originals is not None and len(originals) != len(models):
        raise ValueError(f"invert: {len(models)} models but {len(originals)} originals")
