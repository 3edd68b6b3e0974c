"""Updates of weights by a gradient: what the loop asks of an optimiser, and SGD.

`torch.optim` would do, and does for Adam. But its first optimiser imports torch's compiler, which
takes a second and more of every process that trains, and is never used here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired, TypedDict

import torch
from torch import Tensor, nn

__all__ = ["SGD", "Group", "State", "Updates", "moved"]


class Group(TypedDict):
    """Weights that are moved alike."""

    params: list[nn.Parameter]
    lr: float
    rate: NotRequired[float]  # what the loop multiplies the learning rate by
    relative: NotRequired[bool]


class State(TypedDict):
    """What a resume file keeps, as torch's optimisers have it."""

    state: dict[int, dict[str, Tensor]]  # the slots of each weight, by its position
    param_groups: list[dict[str, float]]


class Updates:
    """What optimisers have in common: groups of weights, and slots of numbers for each weight.

    Args:
        groups: of all weights.
    """

    def __init__(self, groups: list[Group]) -> None:
        self.param_groups = groups
        self.slots: dict[Tensor, dict[str, Tensor]] = {
            weight: {} for group in groups for weight in group["params"]
        }

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients.

        Args:
            set_to_none: they are not there afterwards, else they are zero.
        """
        for weight in self.slots:
            if set_to_none:
                weight.grad = None
            elif weight.grad is not None:
                weight.grad.zero_()

    def step(self) -> None:
        """One step along the gradients that are there."""
        raise NotImplementedError

    def state_dict(self) -> State:
        """The slots of each weight that has some, and the rates."""
        slots = enumerate(self.slots.values())
        return {
            "state": {position: own for position, own in slots if own},
            "param_groups": [{"lr": group["lr"]} for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: State) -> None:
        """Inverse of `state_dict`; tensors go where their weight is."""
        for group, told in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group["lr"] = told["lr"]
        for position, weight in enumerate(self.slots):
            own = state_dict["state"].get(position, {})
            self.slots[weight] = {name: value.to(weight.device) for name, value in own.items()}


def moved(group: Group) -> tuple[list[Tensor], list[Tensor]]:
    """The weights of a group that have a gradient, and these."""
    weights: list[Tensor] = [each for each in group["params"] if each.grad is not None]
    return weights, [each.grad for each in weights if each.grad is not None]


class SGD(Updates):
    """SGD with momentum and an L2 penalty: torch's own arithmetic, operation by operation.

    Args:
        weights: that may move.
        lr: rate.
        momentum: share of the last direction that is kept.
        weight_decay: of the L2 penalty.
    """

    def __init__(
        self, weights: Iterable[nn.Parameter], lr: float, momentum: float, weight_decay: float
    ) -> None:
        super().__init__([{"params": list(weights), "lr": lr}])
        self.momentum, self.weight_decay = momentum, weight_decay

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients that are there."""
        for group in self.param_groups:
            weights, slopes = moved(group)
            if not weights:
                continue
            if self.weight_decay:
                slopes = list(torch._foreach_add(slopes, weights, alpha=self.weight_decay))
            if self.momentum:
                slopes = self._with_momentum(weights, slopes)
            torch._foreach_add_(weights, slopes, alpha=-group["lr"])

    def _with_momentum(self, weights: list[Tensor], slopes: list[Tensor]) -> list[Tensor]:
        own = [self.slots[weight] for weight in weights]
        known = [(slot["momentum_buffer"], g) for slot, g in zip(own, slopes, strict=True) if slot]
        if known:
            buffers = [buffer for buffer, _ in known]
            torch._foreach_mul_(buffers, self.momentum)
            torch._foreach_add_(buffers, [slope for _, slope in known])
        for slot, slope in zip(own, slopes, strict=True):
            if not slot:
                slot["momentum_buffer"] = slope.detach().clone()
        return [slot["momentum_buffer"] for slot in own]
