"""How many samples the recovery attacker needs: the same attacks fitted on little held-out data."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .problem import Case
from .scoring import predict

__all__ = ["size_sweep"]

SCORED = 2000  # forget samples scored, evenly spread: each accuracy is good to about a point


def size_sweep(case: Case, seed: int = 0) -> dict[str, Any]:
    """Forget accuracy against the number of calibration samples a class.

    For each size k and each draw, k samples of every class are taken at random from the test set
    (those of a smaller size are among those of a larger one) and all attacks are fitted on them.

    Args:
        case: the models and the settings; `sizes` and `draws` are used here.
        seed: of the draws.

    Returns:
        JSON-ready: `fit_set` ("heldout"), `draws`, `scored` (forget samples), `per_class` (the
        sizes done), `samples` (each fit's in all), `reason` (why sizes were left out, or None),
        and under each attack, by size: `forget_accuracy`, `low`, `high` (mean, least and greatest
        over draws at the default ridge, percent), `best` and `best_ridge` (the greatest mean over
        the sweep's ridges: a bound, since no attacker is told which ridge that is).
    """
    rows = torch.cat([case.split.retain_test, case.split.forget_test]).cpu()
    by_class = _by_class(case.unlearned.test.labels.cpu()[rows], rows)
    least = min((len(r) for r in by_class), default=0)
    sizes = sorted({k for k in case.config.sizes if k <= least})
    result: dict[str, Any] = {"fit_set": "heldout", "draws": case.config.draws}
    result |= {"per_class": sizes, "samples": [k * len(by_class) for k in sizes], "reason": None}
    if len(sizes) < len(set(case.config.sizes)):
        result["reason"] = f"the smallest class has {least} held-out samples: larger sizes left out"
    forget = case.split.forget_train.cpu()
    at = torch.linspace(0, len(forget) - 1, min(SCORED, len(forget))).round().long()
    result["scored"] = len(at)
    fits = _draws(case, by_class, sizes, seed)
    shares = [_accuracies(case, maps, forget[at]) for maps in fits]
    for i, attack in enumerate(case.attacks):
        result[attack] = _curve([share[:, i] for share in shares], case.config.ridges)
    if "hr_labels" not in result:
        result["hr_labels"] = result["hr"]
    return result


def _by_class(labels: Tensor, rows: Tensor) -> list[Tensor]:
    return [rows[labels == label] for label in labels.unique()]


def _draws(
    case: Case, by_class: list[Tensor], sizes: list[int], seed: int
) -> list[list[tuple[Tensor, Tensor]]]:
    """For each size, the maps (weights, biases) of every draw."""
    maps: list[list[tuple[Tensor, Tensor]]] = [[] for _ in sizes]
    for draw in range(case.config.draws):
        generator = torch.Generator().manual_seed(seed * 1009 + draw)
        order = [rows[torch.randperm(len(rows), generator=generator)] for rows in by_class]
        gram, before = case.gram(), 0
        for i, size in enumerate(sizes):
            new = torch.cat([rows[before:size] for rows in order])
            gram, before = case.moments("test", new, gram), size
            maps[i].append(case.solve(gram)[:2])
            case.progress.check()
    return maps


def _accuracies(case: Case, maps: list[tuple[Tensor, Tensor]], rows: Tensor) -> Tensor:
    """(draws, attacks, 1 + ridges) percent of the forget rows that are answered right."""
    weight, bias = (torch.stack(part) for part in zip(*maps, strict=True))
    fold = weight.shape[:3]
    train = case.unlearned.train
    flat = weight.flatten(0, 2).permute(1, 0, 2)
    answers = predict(train.features, rows, flat, bias.flatten(0, 2), case.progress)
    right = answers == train.labels.cpu()[rows][:, None]
    return 100 * right.double().mean(0).view(fold)


def _curve(shares: list[Tensor], ridges: tuple[float, ...]) -> dict[str, list[float]]:
    """From (draws, 1 + ridges) of each size to what is reported."""
    best = [share[:, 1:].mean(0).max(0) for share in shares]
    return {
        "forget_accuracy": [share[:, 0].mean().item() for share in shares],
        "low": [share[:, 0].min().item() for share in shares],
        "high": [share[:, 0].max().item() for share in shares],
        "best": [b.values.item() for b in best],
        "best_ridge": [ridges[int(b.indices)] for b in best],
    }
