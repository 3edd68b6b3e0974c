"""What unlearning methods for generators share: an address is given something else to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ...common.config import ConfigError, setting
from ...models.diffusion import Generator
from ...models.diffusion.process import stratified
from ...tasks.generation.task import noise_like
from ...training import Batch, Objective
from ..base import Iterative, Request

__all__ = ["LIMITS", "ForgetLoss", "Noised", "Redirection", "next_retained", "noised"]

LIMITS = "what is forgotten is what is drawn for an address, and a single picture has none"


@dataclass(frozen=True, eq=False)
class Noised:
    """Forget pictures of one step, noised.

    Attributes:
        x: (B, *shape) the pictures, in [-1, 1].
        y: (B,) their classes.
        t: (B,) noise levels, spread over [0, 1].
        noise: (B, *shape).
        x_t: (B, *shape) what the net is given.
    """

    x: Tensor
    y: Tensor
    t: Tensor
    noise: Tensor
    x_t: Tensor


ForgetLoss = Callable[[Generator, Noised], Tensor]
"""A model and noised forget pictures -> scalar."""


def noised(model: Generator, x: Tensor, y: Tensor) -> Noised:
    """Pictures in [-1, 1] at random levels, drawn on the CPU by torch's global generator."""
    t, noise = stratified(len(x)).to(x.device), noise_like(x)
    return Noised(x, y, t, noise, model.noised(x, t, noise))


@dataclass(frozen=True)
class Redirection(Iterative[Generator]):
    """loss = retain_weight · L(x_r, y_r) + L_f, with L the task's loss.

    A method says what L_f is. Without class dropout on forget pictures: the null address is
    trained by retain pictures alone.
    """

    epochs: int = 27  # about 300 steps on digits
    lr: float = 5e-4
    batch_size: int = 128
    optimizer: str = "adam"
    weight_decay: float = 0.0
    clip: float = 1.0
    retain_weight: float = setting(1.0, "weight of the loss on retain pictures", low=0, high=1000)

    tasks: ClassVar[frozenset[str] | None] = frozenset({"generation"})
    scenarios: ClassVar[frozenset[str]] = frozenset({"classes"})
    limits: ClassVar[str] = LIMITS

    def forget_loss(self, request: Request[Generator]) -> ForgetLoss:
        """L_f; whatever must be prepared is prepared here."""
        raise NotImplementedError

    def penalty(self, request: Request[Generator]) -> Callable[[Generator], Tensor] | None:
        """A term that depends on the weights alone; none, unless a method says so."""
        return None

    def objective(self, request: Request[Generator], model: Generator) -> Objective[Generator]:
        """The loss of a joint batch.

        Raises:
            ConfigError: when no class is retained.
        """
        forget, penalty = self.forget_loss(request), self.penalty(request)

        def loss(model: Generator, batch: Batch) -> Tensor:
            kept = batch.retain
            total = (
                self.retain_weight * request.task.losses(model, batch.x[kept], batch.y[kept]).mean()
            )
            gone = batch.forget
            total = total + forget(model, noised(model, 2 * batch.x[gone] - 1, batch.y[gone]))
            return total + penalty(model) if penalty else total

        return loss


def next_retained(request: Request[Generator]) -> Tensor:
    """(classes,) int64: for each class the next one that is retained, cyclically.

    Raises:
        ConfigError: when no class is retained.
    """
    classes = request.data.classes
    gone = set(request.data.y_train[request.split.forget_train].unique().tolist())
    if len(gone) == classes:
        raise ConfigError("a class must be retained, to be drawn in the place of the forgotten")

    def after(c: int) -> int:
        c = (c + 1) % classes
        return after(c) if c in gone else c

    return torch.tensor([after(c) for c in range(classes)], device=request.data.device)
