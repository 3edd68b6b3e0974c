"""Gradient inversion: is the picture still written in the model's gradient?

Geiping et al. 2020 (arXiv 2003.14053) search for the picture whose gradient looks like a given one:

    x̂ = argmin_x  1 − cos(∇_θ CE(m_θ(x), y), g) + τ·TV(x),   x in [0, 1]

Two targets g, with two different attackers (Hu et al. 2024, arXiv 2404.03233):

* **gradient** (B): g is the gradient of the forget picture at the unlearned weights θu. Whoever
  computes it holds the picture, so this is a probe of the network, not an attack by an eavesdropper
  who lacks the picture. A score says that a gradient is alive at θu, not that the picture was
  remembered: a retrained model, which never saw it, scores as high as the original. Where no
  gradient reaches the body there is no score; `examine` then asks whether it is only masked.
* **difference** (A): g = θu − θo, all that unlearning changed, and the gradient is taken at θo:
  one ascent step on one picture is exactly that. After many steps on many pictures the difference
  is a mixture, and this attack cannot tell whether one of them is still there.

Which of the two the paper on one-point contraction uses is not known.

A gradient may also be the mean of several pictures', which are then sought together, and the labels
may be inferred instead of known. Two baselines say what a score is worth: the mean picture of the
class, and the same attack on a random gradient, which finds what the search makes of nothing.

The search runs Adam with momentum (0.9, 0.99) on a cosine schedule, many models and pictures at
once, in rounds: from grey, on from the best so far while that gains, else anew from noise; see
`search`. L-BFGS (Zhu et al. 2019) is not offered: on ReLU nets it stalls at kinks of the cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ...common.progress import Progress, Step
from .copies import at_once, differences, flushed_denormals, frozen_copy, groups_of
from .gradients import GradientMatch
from .groups import GradientGroups, randomise, score
from .result import NO_BODY_GRADIENT, InversionResult
from .scores import class_mean_scores, class_means
from .search import reconstruct
from .settings import Inversion
from .view import InversionView, SearchLimits

__all__ = [
    "Inversion",
    "InversionResult",
    "InversionView",
    "class_mean_scores",
    "class_means",
    "invert",
    "invert_beside",
    "reconstruct",
]

BODY_KEPT = "unlearning did not change the body"


def invert(
    models: Sequence[nn.Module],
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    *,
    originals: Sequence[nn.Module] | None = None,
    slope: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    watch: Callable[[Tensor], None] | None = None,
) -> InversionResult:
    """Attack each model with each picture and score what comes out.

    The models are copied, and attacked in eval mode; the originals of the copies are not touched.

    Args:
        models: M unlearned models, pictures in [0, 1] to logits.
        pictures: (P, C, H, W) float in [0, 1], the forget pictures.
        labels: (P,) int64, their classes (known to the attacker).
        config: settings of the attack.
        originals: the M models before unlearning, for `target="difference"`.
        slope: that backward gives to ReLU units that are off, in all gradients; see `surrogate`.
        seed: of the noise that searches start from; a picture's does not depend on its companions.
        progress: is told the mean cost, and asked each step whether to stop.
        watch: now and then shown the pictures as they stand, (M, P, C, H, W) in [0, 1], grey where
            nothing was searched yet; not to be kept or written into.

    Raises:
        ValueError: for pictures, labels and settings that do not fit together.
        Cancelled: when progress says so.
    """
    began = time.perf_counter()
    _check(pictures, labels, config, originals)
    asked = [_Asked(m, o, slope) for m, o in zip(models, originals or models, strict=True)]
    with flushed_denormals():
        grid, cells = _invert_all(
            asked, pictures, labels, config, seed, progress or Progress(), watch
        )
    return _result(grid, cells, pictures, labels, config, began)


def invert_beside(
    models: Sequence[nn.Module],
    bent: Sequence[int],
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[InversionResult, InversionResult | None]:
    """Attack models, and in the same steps some of them with the surrogate slope.

    An operator on a few small pictures takes as long for one model as for three, so that what is
    searched at once costs little more than one search.

    Args:
        models, pictures, labels, config, seed, progress: as `invert` takes them.
        bent: positions of the models that are attacked with the slope `config.surrogate` too, in
            one round at most and without random gradients.

    Returns:
        What `invert` gives of all models, and of the bent ones: each as if it were alone, but for
        rounding.

    Raises:
        ValueError, Cancelled: as `invert`.
    """
    began = time.perf_counter()
    _check(pictures, labels, config, None)
    asked = [_Asked(m, m) for m in models]
    asked += [_Asked(models[m], models[m], config.surrogate, aside=True) for m in bent]
    with flushed_denormals():
        grid, cells = _invert_all(asked, pictures, labels, config, seed, progress or Progress())
    found = _result(grid[: len(models)], cells, pictures, labels, config, began)
    if not bent:
        return found, None
    real = GradientGroups(len(pictures), config.batch, 0)
    own = config.replace(decoys=0, frames=0, rounds=1)
    beside = [  # random gradients come last
        [{**cell, "frames": cell["frames"][:0]} for cell in row[: len(real)]]
        for row in grid[len(models) :]
    ]
    return found, _result(beside, real, pictures, labels, own, began)


@dataclass(frozen=True, eq=False)
class _Asked:
    """One model under attack.

    Attributes:
        model: it.
        original: the model before unlearning, or itself.
        slope: that backward gives to ReLU units that are off.
        aside: one round at most and no random gradients.
    """

    model: nn.Module
    original: nn.Module
    slope: float = 0.0
    aside: bool = False


def _result(
    grid: list[list[dict[str, Any]]],
    cells: GradientGroups,
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    began: float,
) -> InversionResult:
    return InversionResult(
        **score(grid, cells, pictures.detach().cpu(), labels.cpu()),
        inferred=config.labels == "inferred",
        frame_steps=config.frame_steps,
        seconds=time.perf_counter() - began,
    )


def _invert_all(
    asked: Sequence[_Asked],
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    seed: int,
    progress: Progress,
    watch: Callable[[Tensor], None] | None = None,
) -> tuple[list[list[dict[str, Any]]], GradientGroups]:
    """What was found, cell by cell for each model: cut the work, run it, put it together."""
    shape = tuple(pictures.shape[1:])
    apart = config.target == "difference"
    bases = [frozen_copy(each.original if apart else each.model) for each in asked]
    cells = GradientGroups(len(pictures), config.batch, config.decoys)
    jobs = []
    for group in groups_of(bases, shape):
        most = at_once(bases[group[0]])
        for start in range(0, len(group), most):
            some = group[start : start + most]
            match = GradientMatch(
                [bases[m] for m in some],
                shape,
                group_size=config.batch,
                slope=[asked[m].slope for m in some],
            )
            parts = torch.arange(len(cells)).split(max(1, most // len(some)))
            jobs += [(match, some, at) for at in parts]
    done: dict[tuple[int, int], dict[str, Any]] = {}
    seen = torch.full((len(asked), *pictures.shape), 0.5)
    for job, (match, group, at) in enumerate(jobs):
        which = cells.pictures[at].flatten()
        like = next(match.models[0].parameters())
        truth = labels[which].repeat(len(group)).to(like.device)
        if config.target == "gradient":
            target = match.gradients(pictures[which].repeat(len(group), 1, 1, 1).to(like), truth)
        else:
            target = differences([asked[m].model for m in group], match.models, len(at))
        random = cells.random[at].repeat(len(group))
        target = randomise(target, random, at.repeat(len(group)), seed)
        told = truth if config.labels == "known" else None
        slopes = [asked[m].slope for m in group]
        view = InversionView(match.models, target, told, shape, config.batch, slopes)
        seeds = [seed * 1_000_003 + int(p) for p in which] * len(group)
        steps = config.most_steps
        report = _Report(progress, job * steps, len(jobs) * steps)
        limits = _limits([asked[m].aside for m in group], random, config)
        look = _look(seen, group, cells.pictures[at], random, watch) if watch else None
        found = reconstruct(view, config, seeds, report, match, limits, watch=look)
        if config.target == "difference":
            found["why"] = [BODY_KEPT if w == NO_BODY_GRADIENT else w for w in found["why"]]
        places = [(m, int(cell)) for m in group for cell in at]
        for i, place in enumerate(places):
            done[place] = {name: values[i] for name, values in found.items()}
    return [[done[m, cell] for cell in range(len(cells))] for m in range(len(asked))], cells


def _limits(aside: Sequence[bool], random: Tensor, config: Inversion) -> SearchLimits:
    """Of (models · B,) cells; nothing explains a random gradient: its search would never settle."""
    brief = torch.tensor(aside).repeat_interleave(len(random) // len(aside))
    starts = torch.where(random, 1 - brief.long(), config.restarts)
    return SearchLimits(starts, torch.where(random | brief, 1, config.rounds))


def _look(
    seen: Tensor,
    group: Sequence[int],
    pictures: Tensor,
    random: Tensor,
    watch: Callable[[Tensor], None],
) -> Callable[[Tensor, Tensor], None]:
    """Puts the pictures of some cells into (M, P, C, H, W) `seen` and shows all of it.

    Args:
        seen: what was shown last.
        group: positions of the models whose cells these are.
        pictures: (B, batch) positions of the pictures of a model's cells.
        random: (models · B,) bool, cells that stand for no picture.
        watch: who looks.
    """
    rows = torch.as_tensor(group).repeat_interleave(len(pictures))
    columns = pictures.repeat(len(group), 1)

    def look(cells: Tensor, x: Tensor) -> None:
        cells, x = cells.cpu(), x.float().cpu()
        real = ~random[cells]
        for cell, drawn in zip(cells[real].tolist(), x[real], strict=True):
            seen[rows[cell], columns[cell]] = drawn
        watch(seen)

    return look


@dataclass
class _Report:
    """Tells progress in steps of the whole work, whatever it is cut into."""

    progress: Progress
    before: int
    steps: int

    def __call__(self, done: int, cost: Tensor) -> None:
        if done % 10 and self.before + done != self.steps:
            self.progress.check()  # no news: a mean read from a GPU each step would stall it
            return
        self.progress(Step(self.before + done, self.steps, float(cost.nanmean())))


def _check(
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    originals: Sequence[nn.Module] | None,
) -> None:
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
    if len(pictures) % config.batch:
        raise ValueError(
            f"invert: {len(pictures)} pictures cannot be cut into batches of {config.batch}"
        )
    if config.target == "difference" and originals is None:
        raise ValueError("invert: target 'difference' wants the models before unlearning")
