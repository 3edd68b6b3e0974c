"""How many samples the recovery attacker needs: the same attacks fitted on little held-out data."""

from __future__ import annotations

import torch
from torch import Tensor

from ...results import SizeCurve, SizeSweep
from .problem import RecoveryProblem
from .scoring import predict

__all__ = ["size_sweep"]

MAX_SCORED = 2000  # forget samples scored, evenly spread: each accuracy is good to about a point


def size_sweep(problem: RecoveryProblem, seed: int = 0) -> SizeSweep:
    """Forget accuracy against the number of calibration samples a class.

    For each size k and each draw, k samples of every class are taken at random from the test set
    (those of a smaller size are among those of a larger one) and all attacks are fitted on them.

    Args:
        problem: the models and the settings; `sizes` and `draws` are used here.
        seed: of the draws.
    """
    rows = torch.cat([problem.split.retain_test, problem.split.forget_test]).cpu()
    by_class = _by_class(problem.unlearned.test.labels.cpu()[rows], rows)
    least = min((len(r) for r in by_class), default=0)
    sizes = sorted({k for k in problem.config.sizes if k <= least})
    forget = problem.split.forget_train.cpu()
    at = torch.linspace(0, len(forget) - 1, min(MAX_SCORED, len(forget))).round().long()
    fits = _draws(problem, by_class, sizes, seed)
    shares = [_accuracies(problem, maps, forget[at]) for maps in fits]
    curves = {
        attack: _curve([share[:, i] for share in shares], problem.config.ridges)
        for i, attack in enumerate(problem.attacks)
    }
    left_out = len(sizes) < len(set(problem.config.sizes))
    short = f"the smallest class has {least} held-out samples: larger sizes left out"
    return SizeSweep(
        fit_set="heldout",
        draws=problem.config.draws,
        per_class=tuple(sizes),
        samples=tuple(k * len(by_class) for k in sizes),
        scored=len(at),
        reason=short if left_out else None,
        fm=curves.get("fm"),
        hr=curves["hr"],
        hr_labels=curves.get("hr_labels", curves["hr"]),
    )


def _by_class(labels: Tensor, rows: Tensor) -> list[Tensor]:
    return [rows[labels == label] for label in labels.unique()]


def _draws(
    problem: RecoveryProblem, by_class: list[Tensor], sizes: list[int], seed: int
) -> list[list[tuple[Tensor, Tensor]]]:
    """For each size, the maps (weights, biases) of every draw."""
    maps: list[list[tuple[Tensor, Tensor]]] = [[] for _ in sizes]
    for draw in range(problem.config.draws):
        generator = torch.Generator().manual_seed(seed * 1009 + draw)
        order = [rows[torch.randperm(len(rows), generator=generator)] for rows in by_class]
        moments, before = problem.accumulator(), 0
        for i, size in enumerate(sizes):
            new = torch.cat([rows[before:size] for rows in order])
            moments, before = problem.moments("test", new, moments), size
            maps[i].append(problem.solve(moments)[:2])
            problem.progress.check()
    return maps


def _accuracies(
    problem: RecoveryProblem, maps: list[tuple[Tensor, Tensor]], rows: Tensor
) -> Tensor:
    """(draws, attacks, 1 + ridges) percent of the forget rows that are answered right."""
    weight, bias = (torch.stack(part) for part in zip(*maps, strict=True))
    maps_shape = weight.shape[:3]
    train = problem.unlearned.train
    flat = weight.flatten(0, 2).permute(1, 0, 2)
    answers = predict(train.features, rows, flat, bias.flatten(0, 2), problem.progress)
    right = answers == train.labels.cpu()[rows][:, None]
    return 100 * right.double().mean(0).view(maps_shape)


def _curve(shares: list[Tensor], ridges: tuple[float, ...]) -> SizeCurve:
    """From (draws, 1 + ridges) of each size to what is reported."""
    best = [share[:, 1:].mean(0).max(0) for share in shares]
    return SizeCurve(
        forget_accuracy=tuple(share[:, 0].mean().item() for share in shares),
        low=tuple(share[:, 0].min().item() for share in shares),
        high=tuple(share[:, 0].max().item() for share in shares),
        best=tuple(b.values.item() for b in best),
        best_ridge=tuple(ridges[int(b.indices)] for b in best),
    )
