"""What a pass through a network would cost, found on the device without memory.

Weights from others tell sizes that nobody chose with care: a transformer of one-pixel patches, a
program whose results grow with the square of the batch. Such a pass would take all memory, or
hours, so it is counted before anything is computed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..common.config import ConfigError

__all__ = ["Cost", "check_cost", "cost_of"]

FEW, MANY = 2, 1024
"""Pictures of the two passes that are counted; the larger is the largest that measures make."""
MAX_NUMBERS = 2**30
"""Numbers in all results of a pass, a picture: a ViT-H of 224 pixels makes a third of it."""
MAX_LARGEST = 2**26
"""Numbers in one result, a picture."""
MAX_FLOPS = 2**40
"""Multiplications and additions of a pass, a picture: a ViT-H of 224 pixels has a third of it."""


@dataclass(frozen=True)
class Cost:
    """Of one pass.

    Attributes:
        pictures: in the batch.
        numbers: in all results together.
        largest: in the largest result.
        flops: multiplications and additions.
    """

    pictures: int
    numbers: int
    largest: int
    flops: int


class _Counter(TorchDispatchMode):
    """Counts the numbers of every result as it is made, and stops where they are too many."""

    def __init__(self, most: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.numbers, self.largest, self.most = 0, 0, most

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for each in tree_leaves(made):
            if isinstance(each, Tensor):
                self.numbers += each.numel()
                self.largest = max(self.largest, each.numel())
        if self.numbers > self.most:
            raise ConfigError(
                f"one pass would make more than {self.most:,} numbers, which no network for "
                "pictures does"
            )
        return made


@torch.no_grad()
def cost_of(net: nn.Module, shape: tuple[int, ...], pictures: int, most: int = 2**62) -> Cost:
    """The cost of a pass, counted on the device without memory.

    Args:
        net: on that device, in eval mode.
        shape: (channels, H, W) of a picture as the network takes it.
        pictures: in the batch.
        most: numbers at which to stop.

    Raises:
        ConfigError: where there are more.
        RuntimeError: (and whatever else a network raises) if it does not take such pictures.
    """
    from torch.utils.flop_counter import FlopCounterMode  # it brings Triton

    x = torch.empty(pictures, *shape, device="meta")
    with FlopCounterMode(display=False) as flops, _Counter(most) as counter:
        net(x)
    return Cost(pictures, counter.numbers, counter.largest, flops.get_total_flops())


def check_cost(net: nn.Module, shape: tuple[int, ...], what: str) -> Cost:
    """See that a pass costs what networks for pictures cost, and grows no faster than the batch.

    Args:
        net: the network; it is looked at in a copy without memory.
        shape: (channels, H, W) of a picture as the network takes it.
        what: it is called in messages.

    Returns:
        The cost of a pass of `FEW` pictures.

    Raises:
        ConfigError: if it costs more; what the network itself raises for such pictures is not
            caught.
    """
    empty = copy.deepcopy(net).to("meta").eval() if _has_memory(net) else net.eval()
    try:
        few = cost_of(empty, shape, FEW, FEW * MAX_NUMBERS)
    except ConfigError as error:
        raise ConfigError(f"{what}: {error}; it is forged, or for other pictures") from error
    if few.largest > FEW * MAX_LARGEST or few.flops > FEW * MAX_FLOPS:
        raise ConfigError(
            f"{what}: one picture of {'×'.join(map(str, shape))} would take "
            f"{few.flops / FEW:.2g} operations and a result of {few.largest // FEW:,} numbers; at "
            f"most {MAX_FLOPS:.2g} and {MAX_LARGEST:,} are computed"
        )
    share = MANY // FEW
    try:
        many = cost_of(empty, shape, MANY, share * few.numbers)
        grows = many.largest > share * few.largest or many.flops > share * few.flops
    except ConfigError:
        grows = True
    if grows:
        raise ConfigError(
            f"{what}: its results grow faster than the number of pictures in a batch, so that a "
            "usual batch would take more memory than there is; make it answer each picture by "
            "itself, and export it again"
        )
    return few


def _has_memory(net: nn.Module) -> bool:
    return any(not each.is_meta for each in (*net.parameters(), *net.buffers()))
