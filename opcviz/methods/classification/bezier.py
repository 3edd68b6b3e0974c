"""Quadratic Bézier paths between two sets of weights (mode connectivity, Garipov et al. 2018).

θ(t) = (1 − t)² · θ_start + 2t(1 − t) · θ_control + t² · θ_end,   0 ≤ t ≤ 1
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...common.progress import Progress
from ...models import Classifier

__all__ = ["BezierPath", "features_at"]

State = dict[str, Tensor]


class BezierPath:
    """A path whose ends stand still and whose control point can be trained.

    Batch-norm statistics lie on the path like weights, so any of its points is a model in eval
    mode; the control point's are the mean of the ends' and are not trained.

    Args:
        start, end: models of one architecture; copied, so what happens to them later does not move
            the path.
    """

    def __init__(self, start: nn.Module, end: nn.Module) -> None:
        self.start, self.end = _floats(start), _floats(end)
        self.control = {name: (a + self.end[name]) / 2 for name, a in self.start.items()}
        self.trained = [name for name, _ in start.named_parameters()]

    def at(self, t: float) -> State:
        """Parameters and floating-point buffers of the point t, by name."""
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        return {
            name: a * start + b * self.control[name] + c * self.end[name]
            for name, start in self.start.items()
        }

    def fit(
        self,
        loss: Callable[[State], Tensor],
        steps: int,
        lr: float,
        generator: torch.Generator,
        progress: Progress,
    ) -> None:
        """Train the control point on E over t ~ U(0, 1) of the loss at θ(t), by Adam.

        Args:
            loss: a point's state -> scalar.
            steps: draws of t.
            lr: learning rate.
            generator: of t, on the CPU.
            progress: asked each step whether to stop.

        Raises:
            Cancelled: from `progress`.
        """
        moving = [self.control[name].requires_grad_(True) for name in self.trained]
        optimizer = torch.optim.Adam(moving, lr)
        for _ in range(steps):
            progress.check()
            t = torch.rand((), generator=generator).item()
            gradients = torch.autograd.grad(loss(self.at(t)), moving, allow_unused=True)
            for value, gradient in zip(moving, gradients, strict=True):
                value.grad = gradient
            optimizer.step()
        for name in self.trained:
            self.control[name] = self.control[name].detach()


def _floats(model: nn.Module) -> State:
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return {n: v.detach().clone() for n, v in tensors if v.is_floating_point()}


class _Body(nn.Module):
    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return self.model.features(x)[0].float()


def features_at(model: Classifier) -> Callable[[State, Tensor], Tensor]:
    """A function (state, x) -> features (B, d) of the model at other weights and buffers.

    It runs in eval mode and leaves the model's mode and weights as they were.
    """
    body = _Body(model)

    def run(state: State, x: Tensor) -> Tensor:
        modes = [(module, module.training) for module in model.modules()]
        model.eval()
        try:
            weights = {f"model.{name}": value for name, value in state.items()}
            features: Tensor = functional_call(body, weights, (x,))
            return features
        finally:
            for module, training in modes:
                module.training = training

    return run
