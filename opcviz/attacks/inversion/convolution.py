"""A convolution whose derivatives by the input can be taken as often as wanted."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.grad import conv2d_input

__all__ = ["Convolve"]


class Convolve(torch.autograd.Function):
    """A convolution that is differentiated by its input only, as often as wanted.

    torch's own double backward makes gradients of the kernels too, group by group, asked or not.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernels: Tensor, options: tuple[Any, ...]) -> Tensor:
        """(B, C, H, W) and kernels to the convolution; `options` as `F.conv2d` takes them."""
        ctx.save_for_backward(kernels)
        ctx.shape, ctx.options = x.shape, options
        return F.conv2d(x, kernels, None, *options)

    @staticmethod
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor, None, None]:
        """The derivative by the input alone."""
        return _Transpose.apply(delta, *ctx.saved_tensors, ctx.shape, ctx.options), None, None


class _Transpose(torch.autograd.Function):
    """The adjoint of `Convolve`."""

    @staticmethod
    def forward(
        ctx: Any, delta: Tensor, kernels: Tensor, shape: torch.Size, options: tuple[Any, ...]
    ) -> Tensor:
        ctx.save_for_backward(kernels)
        ctx.options = options
        found: Tensor = conv2d_input(shape, kernels, delta, *options)
        return found

    @staticmethod
    def backward(ctx: Any, x: Tensor) -> tuple[Tensor, None, None, None]:
        return Convolve.apply(x, *ctx.saved_tensors, ctx.options), None, None, None
