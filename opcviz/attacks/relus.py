"""What a network computes, or passes back, where its ReLUs are replaced and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

__all__ = ["InPlaceOfReLU"]

IN_PLACE = (F.relu_, torch.relu_, Tensor.relu_)
RELUS = (F.relu, torch.relu, Tensor.relu, *IN_PLACE)
"""The calls that are replaced."""


class InPlaceOfReLU(TorchFunctionMode):
    """While it is entered, `replaced` stands in the place of every ReLU of a network.

    Of `nn.ReLU`, `F.relu` and `torch.relu`; no other activation has a dead side.

    Attributes:
        met: how many ReLU calls were replaced.
    """

    def __init__(self) -> None:
        super().__init__()
        self.met = 0

    @abstractmethod
    def replaced(self, x: Tensor, inplace: bool) -> Tensor:
        """What a ReLU gives of `x`; in place, `x` itself holds it afterwards."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func not in RELUS:
            return func(*args, **kwargs)
        self.met += 1
        x = args[0] if args else kwargs["input"]
        inplace = func in IN_PLACE or kwargs.get("inplace", args[1] if len(args) > 1 else False)
        return self.replaced(x, bool(inplace))
