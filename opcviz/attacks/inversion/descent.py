"""How a batch of pictures moves downhill: Adam, or a limited-memory BFGS for each cell alone.

Both take one evaluation of cost and slope a step, and keep pixels in [0, 1].
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

__all__ = ["AdamDescent", "Descent", "LBFGSDescent", "rate"]


class Descent(Protocol):
    """One rule of descent on N pictures in cells of `fold`."""

    def step(self, value: Tensor, slope: Tensor, at: float) -> Tensor:
        """Where to look next.

        Args:
            value: (cells,) what is minimised, at the pictures proposed last.
            slope: (N, C, H, W) its derivative there.
            at: the part of the search that is done, 0 to 1.
        """

    def best(self) -> Tensor:
        """The pictures to end with."""


def rate(schedule: str, at: float) -> float:
    """The factor on the step size when the part `at` (0 to 1) of the search is done."""
    if schedule == "cosine":
        return (1 + math.cos(math.pi * at)) / 2
    return 0.5 ** sum(at >= eighths / 8 for eighths in (3, 5, 7))


class AdamDescent:
    """Adam with momentum (0.9, 0.99), or AdamW on the signs of the slope (Hu et al. 2024)."""

    def __init__(self, x: Tensor, lr: float, schedule: str, signed: bool) -> None:
        self.x, self.lr, self.schedule, self.signed = x, lr, schedule, signed
        if signed:
            self.optimizer = torch.optim.AdamW([x], lr)
        else:
            self.optimizer = torch.optim.Adam([x], lr, betas=(0.9, 0.99))

    def step(self, value: Tensor, slope: Tensor, at: float) -> Tensor:
        """One step of the optimiser, the pixels clamped after it."""
        self.x.grad = slope.sign() if self.signed else slope
        self.optimizer.param_groups[0]["lr"] = self.lr * rate(self.schedule, at)
        self.optimizer.step()
        return self.x.clamp_(0, 1)

    def best(self) -> Tensor:
        """The last pictures: the step size has gone to nothing."""
        return self.x


class LBFGSDescent:
    """L-BFGS (Nocedal 1980) with projection on [0, 1] and backtracking, every cell on its own.

    A cell's trial point is taken when it lowers the value by enough (Armijo's condition along the
    projected step); otherwise its step is halved and its memory stays. Pixels at an end of the
    range whose slope points outwards are left out of the direction. All cells are evaluated
    together, so one is not slowed by another's line search, and gives what it gives alone.

    Args:
        x: (N, C, H, W) the start.
        fold: pictures a cell.
        lr: the greatest change of a pixel in a step along the plain slope.
        memory: pairs of steps and slope changes kept.
    """

    ARMIJO = 1e-4
    SHORTEST = 2.0**-10  # of a direction; then the memory is dropped and the slope itself followed

    def __init__(self, x: Tensor, fold: int, lr: float, memory: int = 10) -> None:
        self.shape, self.cells = x.shape, len(x) // fold
        self.trial = x.reshape(self.cells, -1).clone()
        self.x, self.slope = self.trial.clone(), torch.zeros_like(self.trial)
        self.value = self.trial.new_full((self.cells,), torch.inf)
        self.direction = torch.zeros_like(self.trial)
        self.length = self.trial.new_ones(self.cells)
        self.radius = self.trial.new_full((self.cells,), lr)
        self.steps = self.trial.new_zeros(memory, *self.trial.shape)  # newest last
        self.turns = torch.zeros_like(self.steps)
        self.curve = self.trial.new_zeros(memory, self.cells)  # <step, turn>; 0: no pair here

    def step(self, value: Tensor, slope: Tensor, at: float) -> Tensor:
        """Judge the last trial of each cell, and propose the next."""
        slope = slope.reshape(self.cells, -1)
        move = self.trial - self.x
        wanted = self.value + self.ARMIJO * (self.slope * move).sum(1)
        first = self.value.isinf()
        taken = value.isfinite() & (first | (value <= wanted))
        if not first.all():
            self._remember(move, slope - self.slope, taken & ~first)
        self.x = torch.where(taken[:, None], self.trial, self.x)
        self.slope = torch.where(taken[:, None], slope, self.slope)
        self.value = torch.where(taken, value, self.value)
        self.length = torch.where(taken, 1.0, self.length / 2)

        lost = ~taken & (self.length < self.SHORTEST)
        self.curve[:, lost] = 0
        self.radius = torch.where(lost, self.radius / 2, self.radius)
        self.length = torch.where(lost, 1.0, self.length)
        renew = (taken | lost)[:, None]
        self.direction = torch.where(renew, self._direction(), self.direction)
        self.trial = (self.x + self.length[:, None] * self.direction).clamp(0, 1)
        return self.trial.view(self.shape)

    def best(self) -> Tensor:
        """The last pictures that lowered the value."""
        return self.x.view(self.shape)

    def _remember(self, move: Tensor, turn: Tensor, cells: Tensor) -> None:
        curve = (move * turn).sum(1)
        bends = curve > 1e-8 * move.norm(dim=1) * turn.norm(dim=1)  # else it is no minimum's bowl
        new = cells & bends
        for memory, value in ((self.steps, move), (self.turns, turn), (self.curve, curve)):
            memory[:, new] = torch.cat([memory[1:, new], value[None, new]])

    def _direction(self) -> Tensor:
        """−H·slope over the free pixels by the two-loop recursion, or the plain slope."""
        outward = ((self.x <= 0) & (self.slope > 0)) | ((self.x >= 1) & (self.slope < 0))
        slope = torch.where(outward, 0, self.slope)
        known = self.curve > 0
        inverse = torch.where(known, 1 / torch.where(known, self.curve, 1), 0)
        q, weights = slope.clone(), []
        for i in reversed(range(len(self.curve))):
            weights.append(inverse[i] * (self.steps[i] * q).sum(1))
            q -= weights[-1][:, None] * self.turns[i]
        scale = self.curve[-1] / self.turns[-1].square().sum(1).clamp_min(1e-30)
        q *= torch.where(known[-1], scale, 1)[:, None]
        for i, weight in zip(range(len(self.curve)), reversed(weights), strict=True):
            back = inverse[i] * (self.turns[i] * q).sum(1)
            q += (weight - back)[:, None] * self.steps[i]
        q = torch.where(outward, 0, q)
        plain = slope * (self.radius / slope.abs().amax(1).clamp_min(1e-30))[:, None]
        downhill = known[-1] & ((q * slope).sum(1) > 0) & q.isfinite().all(1)
        return -torch.where(downhill[:, None], q, plain)
