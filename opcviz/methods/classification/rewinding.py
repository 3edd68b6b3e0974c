"""Going back to the epoch at which a model errs on the forget data as much as is wanted."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models import Classifier
from ...tasks.classification import observe
from ..base import Request

__all__ = ["Rewinding"]


class Rewinding:
    """Watches a training and keeps the weights of the epoch nearest to a reference.

    What watched the request before goes on watching.

    Args:
        request: whose forget data is looked at.
        reference: error wanted on it, in percent.
    """

    def __init__(self, request: Request[Classifier], reference: float) -> None:
        self.request, self.reference, self.other = request, reference, request.watch
        self.gap = float("inf")
        self.weights: dict[str, Tensor] = {}

    def __call__(self, model: Classifier, epoch: int) -> None:
        """Keep the weights if this epoch is nearer than all before; the start is no epoch."""
        if self.other:
            self.other(model, epoch)
        if not epoch:
            return
        data, forget = self.request.data, self.request.split.forget_train
        seen = observe(model, data.x_train[forget], data.y_train[forget])
        wrong = 100 * (seen.logits.argmax(1) != seen.labels).float().mean().item()
        if abs(wrong - self.reference) < self.gap:
            self.gap = abs(wrong - self.reference)
            self.weights = {name: value.clone() for name, value in model.state_dict().items()}

    def rewind(self, model: Classifier) -> None:
        """Give a model the weights that were kept."""
        model.load_state_dict(self.weights)

    def state(self) -> dict[str, Tensor]:
        """The kept weights, their distance, and what the other watcher has to keep."""
        state = {f"kept.{name}": value for name, value in self.weights.items()}
        state["gap"] = torch.tensor(self.gap, dtype=torch.float64)
        other = self.other.state() if self.other else {}
        return state | {f"other.{name}": value for name, value in other.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""

        def part(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}

        self.gap, self.weights = state["gap"].item(), part("kept.")
        if self.other:
            self.other.load(part("other."))
