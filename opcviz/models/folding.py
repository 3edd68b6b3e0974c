"""Batch norms of evaluation folded into the convolutions before them: a fifth less to compute.

In eval mode a batch norm is a fixed scale and shift of each channel, γ·(y − μ)/σ + β. A convolution
W whose only reader it is can do it on the way, with (γ/σ)·W and β + γ·(b − μ)/σ: the same numbers
up to rounding, without a pass over memory that a CPU waits for. The model itself stays as it is:
its calls are replaced while they are made, so any network that calls torch's own functions will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.overrides import TorchFunctionMode

__all__ = ["TOLERANCE", "folded"]

TOLERANCE = 1e-4
"""Of the greatest output: a folded pass that is further off than rounding is not taken."""

Look = Callable[[Tensor], tuple[Tensor, ...]]
Call = Callable[..., Any]


@contextmanager
def folded(model: nn.Module, sample: Tensor, look: Look) -> Iterator[bool]:
    """While it lasts, calls of a model in eval mode are made with its batch norms folded.

    Args:
        model: its weights must not change meanwhile.
        sample: (B, ...) a few inputs, on which folding is tried.
        look: calls the model, and shows all that is wanted of it.

    Yields:
        Whether anything is folded; nothing is where the outputs would not stay what they are.
    """
    pairs, training = _Pairs(), model.training
    model.eval()
    with torch.no_grad():
        with pairs:
            plain = look(sample)
        fold = _Fold(pairs.found())
        if fold.kernels:
            with fold:
                quick = look(sample)
            if not all(_same(a, b) for a, b in zip(plain, quick, strict=True)):
                fold.kernels.clear()
    model.train(training)
    if not fold.kernels:
        yield False
        return
    with fold:
        yield True


def _same(plain: Tensor, quick: Tensor) -> bool:
    if not plain.isfinite().all() or not quick.isfinite().all():
        return False
    return float((plain - quick).abs().max()) <= TOLERANCE * float(plain.abs().max())


class _Pairs(TorchFunctionMode):
    """Notes which batch norm reads which convolution's output."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: dict[int, tuple[Tensor, Tensor, Tensor | None]] = {}  # kept: ids stay theirs
        self.calls: dict[int, int] = {}  # of each kernel
        self.pairs: list[tuple[Tensor, Tensor | None, dict[str, Any]]] = []

    def __torch_function__(
        self, func: Call, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Calls, and notes."""
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if func is F.conv2d:
            weight, bias = _kernel(*args, **kwargs)
            self.calls[id(weight)] = self.calls.get(id(weight), 0) + 1
            self.outputs[id(out)] = out, weight, bias
        elif func is F.batch_norm:
            norm = _norm(*args, **kwargs)
            before = self.outputs.get(id(norm.pop("x")))
            if before and norm["mean"] is not None and not norm.pop("training"):
                self.pairs.append((*before[1:], norm))
        return out

    def found(self) -> dict[int, tuple[Tensor, Tensor]]:
        """Id of each kernel that is used once, and by a batch norm, to it and its bias, folded."""
        kernels: dict[int, tuple[Tensor, Tensor]] = {}
        for weight, bias, norm in self.pairs:
            if self.calls[id(weight)] == 1:
                mean, var, eps = norm["mean"], norm["var"], norm["eps"]
                kernel, shift = fuse_conv_bn_weights(
                    weight, bias, mean, var, eps, norm["weight"], norm["bias"]
                )
                kernels[id(weight)] = kernel.detach(), shift.detach()
        return kernels


class _Fold(TorchFunctionMode):
    """Calls convolutions with folded kernels, and leaves out the batch norms behind them."""

    def __init__(self, kernels: dict[int, tuple[Tensor, Tensor]]) -> None:
        super().__init__()
        self.kernels = kernels
        self.done: Tensor | None = None  # the last output of a folded convolution

    def __torch_function__(
        self, func: Call, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Calls, or calls something else."""
        kwargs = kwargs or {}
        if func is F.conv2d:
            weight, _ = _kernel(*args, **kwargs)
            if id(weight) in self.kernels:
                self.done = _convolved(self.kernels[id(weight)], *args, **kwargs)
                return self.done
        elif func is F.batch_norm:
            x = args[0] if args else kwargs["input"]
            if x is self.done:
                self.done = None
                return x
        return func(*args, **kwargs)


def _kernel(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, *args: Any, **kwargs: Any
) -> tuple[Tensor, Tensor | None]:
    return weight, bias


def _convolved(
    kernel: tuple[Tensor, Tensor],
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *args: Any,
    **kwargs: Any,
) -> Tensor:
    return F.conv2d(input, *kernel, *args, **kwargs)


def _norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> dict[str, Any]:
    """The arguments of `F.batch_norm` by name."""
    about = {"mean": running_mean, "var": running_var, "weight": weight, "bias": bias, "eps": eps}
    return {"x": input, "training": training, **about}
