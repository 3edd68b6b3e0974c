"""Addresses that look for what is being forgotten, while it is being forgotten."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.diffusion import Generator

__all__ = ["Seekers"]

RATE = 0.05  # of Adam, as of the strong attack that is to be withstood
EVERY = 60  # steps after which the next of the seekers begins anew


class Seekers:
    """Vectors that follow the gradient of the denoising loss of forgotten pictures.

    A forgotten class that no row of the table leads to can still be found by whoever optimises the
    address. These do so, one step in each step of training, so that the way back is known to the
    loss that closes it. From time to time one begins anew, from where an attacker would: the mean
    of the retained rows, the null row, the class's own, or a mixture of all.

    Args:
        model: gives the table.
        gone: (F,) forgotten classes; each has seekers of its own.
        count: how many for each.
    """

    def __init__(self, model: Generator, gone: Tensor, count: int) -> None:
        self.gone, self.count = gone, count
        everything = torch.arange(model.classes, device=gone.device)
        self.kept = everything[~torch.isin(everything, gone)]
        starts = [[self._start(model, c) for _ in range(count)] for c in gone]
        self.vectors = torch.stack([torch.stack(own) for own in starts]).requires_grad_(True)
        self.update = torch.optim.Adam([self.vectors], RATE)
        self.slope: Tensor | None = None
        self.steps = 0

    def addresses(self, y: Tensor) -> Tensor:
        """For each forgotten picture a random one of its class's seekers, (B, D)."""
        chosen = torch.randint(self.count, (len(y),)).to(y.device)
        return self.vectors[(y[:, None] == self.gone).int().argmax(1), chosen]

    def learn(self, losses: Tensor) -> None:
        """Remember where to go.

        Args:
            losses: denoising losses of pictures that were shown under seekers.
        """
        if len(losses):
            total = losses.mean() * self.count
            (self.slope,) = torch.autograd.grad(total, [self.vectors], retain_graph=True)

    def move(self, model: Generator) -> None:
        """Go there; the contraction's own gradient, which leads away, is not followed."""
        if self.slope is None:
            return
        self.vectors.grad, self.slope = self.slope, None
        self.update.step()
        self.steps += 1
        if self.steps % EVERY == 0:
            which = self.steps // EVERY % self.count
            with torch.no_grad():
                for row, c in enumerate(self.gone):
                    self.vectors[row, which] = self._start(model, c)

    def _start(self, model: Generator, c: Tensor) -> Tensor:
        table = model.table.weight.detach()
        match int(torch.randint(4, ())):
            case 0:
                return table[self.kept].mean(0)
            case 1:
                return table[model.classes]
            case 2:
                return table[c]
        shares = torch.rand(len(table)).pow(3).to(table.device)
        return shares / shares.sum() @ table
