"""Steps in proportion to each weight: an optimiser that no rescaling of layers slows or spoils.

A network can be written in many ways that answer alike: a convolution before a batch norm may be
multiplied by any number, and what a ReLU passes on may be, if the next layer is divided by it. SGD
and Adam, whose steps have a size of their own, train such a copy quite differently, or not at all;
so whoever hands a network over can make it hard to train on without changing an answer. Here each
weight moves by a share of itself,

    w ← w · exp(−η · sign(w) · m / √v),

with Adam's bias-corrected means m of the gradient and v of its square. A weight that is multiplied
by c has its gradient divided by c, which m/√v does not see: the copies stay copies. Bernstein et
al., "Learning compositional functions via multiplicative weight updates" (Madam, arXiv 2006.14560),
train networks from scratch by the same rule without m. A weight that is 0 stays 0 and no weight
changes its sign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import overload

import torch
from torch import Tensor, nn

__all__ = ["RelativeAdam"]

BETAS = (0.9, 0.99)
"""Of m and of v; the second is Adam's 0.999 for thousands of steps, where this takes tens."""
MOST = 3.0
"""Greatest |m / √v| of a step."""


class RelativeAdam(torch.optim.Optimizer):
    """Adam whose steps are shares of each weight; fresh weights take Adam's own.

    Weights just drawn say nothing by their size, so these are moved as by Adam, at another rate.

    Args:
        kept: weights that move in proportion to themselves. Tensors of zeros, of which no share
            can be taken, count as fresh.
        fresh: weights that move by the rate alone.
        lr: share of a kept weight that a step changes, about.
        fresh_rate: the rate of fresh weights, as a multiple of `lr`.
    """

    def __init__(
        self,
        kept: Iterable[nn.Parameter],
        fresh: Iterable[nn.Parameter] = (),
        lr: float = 0.05,
        fresh_rate: float = 0.06,
    ) -> None:
        kept, fresh = list(kept), list(fresh)
        sized = [p for p in kept if bool(p.detach().any())]
        rest = [*fresh, *(p for p in kept if not bool(p.detach().any()))]
        groups = [
            {"params": weights, "relative": weights is sized, "rate": rate, "lr": lr * rate}
            for weights, rate in ((sized, 1.0), (rest, fresh_rate))
            if weights
        ]
        super().__init__(groups, {})

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step along the gradients that are there."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            step = group["lr"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                direction = self._direction(weight)
                if group["relative"]:
                    weight.mul_(direction.mul_(weight.sign()).mul_(-step).exp_())
                else:
                    weight.sub_(direction, alpha=step)
        return loss

    def _direction(self, weight: Tensor) -> Tensor:
        """m / √v; 0 where no gradient ever came."""
        assert weight.grad is not None
        state = self.state[weight]
        if not state:
            state["step"] = 0
            state["mean"], state["square"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["step"] += 1
        first, second = BETAS
        mean = state["mean"].lerp_(weight.grad, 1 - first)
        square = state["square"].mul_(second).addcmul_(weight.grad, weight.grad, value=1 - second)
        correction = (1 - second ** state["step"]) ** 0.5 / (1 - first ** state["step"])
        found: Tensor = mean.mul(correction).div_(square.sqrt())
        return found.nan_to_num_(0.0, MOST, -MOST).clamp_(-MOST, MOST)
