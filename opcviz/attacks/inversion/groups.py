"""Which pictures share a gradient, which gradients are random, and how what is found is scored."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .ghost_norm import Gradients
from .scores import psnr, ssim

__all__ = ["GradientGroups", "randomise", "score"]


class GradientGroups:
    """The K = P / batch gradients under attack, and the random ones attacked beside.

    Batch k holds pictures k, k + K, k + 2K, …: pictures often come sorted by class, and a batch of
    one class is the easiest to describe and the hardest to tell apart.

    Attributes:
        pictures: (cells, batch) positions of the pictures; for a random gradient of those that its
            reconstruction is compared with.
        random: (cells,) bool.
    """

    def __init__(self, pictures: int, batch: int, random_baselines: int) -> None:
        count = pictures // batch
        real = torch.arange(pictures).view(batch, count).T
        beside = torch.linspace(0, count - 1, min(random_baselines, count)).round().long()
        self.pictures = torch.cat([real, real[beside]])
        self.random = torch.arange(len(self.pictures)) >= count

    def __len__(self) -> int:
        return len(self.random)


def randomise(target: Gradients, chosen: Tensor, cells: Tensor, seed: int) -> Gradients:
    """Put Gaussian gradients of the same norm in place of the chosen ones.

    Args:
        target: weight name to (N, *weight.shape).
        chosen: (N,) bool.
        cells: (N,) positions among all cells; with the seed they name the random numbers, so that
            models of one architecture get the same direction.
        seed: of the attack.
    """
    rows = chosen.nonzero().flatten().tolist()
    if not rows:
        return target
    target = {name: t.clone() for name, t in target.items()}
    for row in rows:
        generator = torch.Generator().manual_seed(seed * 1_000_003 + int(cells[row]))
        norm = torch.stack([t[row].norm() for t in target.values()]).norm()
        drawn = {n: torch.randn(t.shape[1:], generator=generator) for n, t in target.items()}
        length = torch.stack([d.norm() for d in drawn.values()]).norm()
        for name, t in target.items():
            t[row] = drawn[name].to(t) * (norm / length.to(norm))
    return target


def score(
    grid: list[list[dict[str, Any]]], cells: GradientGroups, pictures: Tensor, labels: Tensor
) -> dict[str, Any]:
    """The tensors of an `InversionResult` from what was found in each cell of each model.

    A joint reconstruction has no order: within a batch it is given the one that brings it closest
    to the true pictures (least summed squared error, the Hungarian method). A search that could
    not move is reported, not scored: how close its start lies says nothing of the model.
    """
    real, fake = (~cells.random).nonzero().flatten(), cells.random.nonzero().flatten()
    for row in grid:
        for cell, truth in zip(row, cells.pictures, strict=True):
            _sort(cell, pictures[truth])
    place = cells.pictures[real].flatten().argsort()  # from cell by cell back to the given order

    def gather(name: str, of: Tensor) -> Tensor:
        """(M, cells, batch, ...)"""
        return torch.stack([torch.stack([row[int(c)][name] for c in of]) for row in grid])

    def ordered(values: Tensor) -> Tensor:
        """(M, cells, batch, ...) -> (M, P, ...)"""
        return values.flatten(1, 2)[:, place]

    batch = cells.pictures.shape[1]
    found = {"reconstructions": ordered(gather("reconstructions", real))}
    found["labels"] = ordered(gather("labels", real))
    found["frames"] = ordered(gather("frames", real).transpose(2, 3)).transpose(1, 2)
    for name in ("cost", "gradient_norm", "body_gradient_norm", "steps", "settled"):
        found[name] = ordered(gather(name, real)[..., None].expand(-1, -1, batch))
    reasons = [[row[int(c)]["why"] for c in real for _ in range(batch)] for row in grid]
    reasons = [[why[int(p)] for p in place] for why in reasons]
    found |= _likeness(found["reconstructions"], pictures, reasons)
    baselines = None
    if len(fake):
        shown = cells.pictures[fake].flatten()
        whys = [[row[int(c)]["why"] for c in fake for _ in range(batch)] for row in grid]
        shapes = gather("reconstructions", fake).flatten(1, 2)
        baselines = _likeness(shapes, pictures[shown], whys)
        baselines["cost"] = gather("cost", fake)
    return {
        **found,
        "reasons": reasons,
        "random": baselines,
        "true_labels": labels,
        "batches": cells.pictures[real],
    }


def _sort(cell: dict[str, Any], truth: Tensor) -> None:
    """Bring one cell's joint reconstruction into the order of the true pictures, in place."""
    if len(truth) == 1 or not cell["reconstructions"].isfinite().all():
        return
    from scipy.optimize import linear_sum_assignment

    found = cell["reconstructions"].flatten(1).double()
    errors = torch.cdist(truth.flatten(1).double(), found).square()
    order = torch.from_numpy(linear_sum_assignment(errors.numpy())[1])
    for name, axis in (("reconstructions", 0), ("labels", 0), ("frames", 1)):
        cell[name] = cell[name].index_select(axis, order)


def _likeness(found: Tensor, truth: Tensor, reasons: list[list[str]]) -> dict[str, Tensor]:
    """PSNR and SSIM, each (M, n), of (M, n, C, H, W) against (n, C, H, W); NaN with a reason."""
    flat = found.flatten(0, 1)
    true = truth.repeat(len(found), 1, 1, 1).to(flat)
    shape = found.shape[:2]
    void = torch.tensor([[bool(why) for why in row] for row in reasons])
    scores = {"psnr": psnr(flat, true).view(shape), "ssim": ssim(flat, true).view(shape)}
    return {name: torch.where(void, torch.nan, values) for name, values in scores.items()}
