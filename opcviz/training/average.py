"""A running average of the weights: what is kept of a training whose last steps are noisy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["Average"]


class Average:
    """Exponential moving average of all parameters; generators are judged and kept by it.

        θ̄ ← d θ̄ + (1 − d) θ,   d = min(decay, (1 + n) / (10 + n)) at step n

    so that the first steps, of which little is worth keeping, fade fast.

    Args:
        model: whose parameters.
        decay: 0 keeps no average: all that is done here does nothing then.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.weights = dict(model.named_parameters()) if decay else {}
        self.means = {name: value.detach().clone() for name, value in self.weights.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        if not self.means:
            return
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(list(self.means.values()), list(self.weights.values()), share)

    @torch.no_grad()
    def take(self) -> None:
        """Put the average in the place of the weights, for good."""
        for name, mean in self.means.items():
            self.weights[name].copy_(mean)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While open, the model has the averaged weights."""
        before = {name: value.detach().clone() for name, value in self.weights.items()}
        self.take()
        try:
            yield
        finally:
            with torch.no_grad():
                for name, value in before.items():
                    self.weights[name].copy_(value)

    def state(self) -> dict[str, Tensor]:
        """Everything it needs to continue after a resume, as tensors."""
        return self.means | {"steps": torch.tensor(self.steps)} if self.means else {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`.

        Raises:
            KeyError: when it is the state of another model.
        """
        if self.means:
            self.steps = int(state["steps"])
            for name, mean in self.means.items():
                mean.copy_(state[name])
