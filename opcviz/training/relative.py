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

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from .updates import Group, Updates, moved

__all__ = ["RelativeAdam"]

BETAS = (0.9, 0.99)
"""Of m and of v; the second is Adam's 0.999 for thousands of steps, where this takes tens."""
MOST = 3.0
"""Greatest |m / √v| of a step."""


class RelativeAdam(Updates):
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
        groups: list[Group] = [
            {"params": weights, "relative": weights is sized, "rate": rate, "lr": lr * rate}
            for weights, rate in ((sized, 1.0), (rest, fresh_rate))
            if weights
        ]
        super().__init__(groups)

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients that are there."""
        for group in self.param_groups:
            step = group["lr"]
            weights, slopes = moved(group)
            if not weights:
                continue
            directions = self._directions(weights, slopes)
            if group["relative"]:
                torch._foreach_mul_(directions, list(torch._foreach_sign(weights)))
                torch._foreach_mul_(directions, -step)
                torch._foreach_exp_(directions)
                torch._foreach_mul_(weights, directions)
            else:
                torch._foreach_sub_(weights, directions, alpha=step)

    def _directions(self, weights: list[Tensor], slopes: list[Tensor]) -> list[Tensor]:
        """m / √v of each weight; 0 where no gradient ever came."""
        for weight in weights:
            if not self.slots[weight]:
                empty = {"mean": torch.zeros_like(weight), "square": torch.zeros_like(weight)}
                self.slots[weight] = {"step": torch.zeros((), dtype=torch.int64), **empty}
            self.slots[weight]["step"] += 1
        slots = [self.slots[weight] for weight in weights]
        means, squares = ([slot[name] for slot in slots] for name in ("mean", "square"))
        first, second = BETAS
        torch._foreach_lerp_(means, slopes, 1 - first)
        torch._foreach_mul_(squares, second)
        torch._foreach_addcmul_(squares, slopes, slopes, value=1 - second)
        steps = [int(slot["step"]) for slot in slots]
        corrections = [(1 - second**at) ** 0.5 / (1 - first**at) for at in steps]
        found = list(torch._foreach_mul(means, corrections))
        torch._foreach_div_(found, list(torch._foreach_sqrt(squares)))
        for each in found:
            each.nan_to_num_(0.0, MOST, -MOST).clamp_(-MOST, MOST)
        return found
