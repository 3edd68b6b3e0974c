"""One forward pass with every weighted layer noted: the bookkeeping of `inversion_gradients`.

For a layer with input a and output gradient δ (one a picture), `inner` gives its share of <g, t>
and ‖g‖², where g is the layer's weight gradient and t a target; `pull` gives the derivatives of a
cost c(<g, t>, ‖g‖²) by δ and a: with v = c₁·t + 2·c₂·g they are v·a and vᵀ·δ.

Where one gradient is that of several pictures together, their positions are simply the positions
of one longer picture: `group_size` pictures make a cell, and everything
"a picture" below is "a cell".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from .convolution import Convolve

__all__ = ["Gradients", "Product", "Scale", "Tape", "Uncovered", "dot"]

Gradients = dict[str, Tensor]
"""Weight name to (B, *weight.shape): one gradient a picture."""


class Uncovered(Exception):
    """Some weight is used in a way that the layer-by-layer route has no formula for."""


def dot(a: Tensor, b: Tensor) -> Tensor:
    """(B, ...) and (B, ...) -> (B,)."""
    product: Tensor = torch.linalg.vecdot(a.flatten(1), b.flatten(1))
    return product


def _gather(values: Tensor, group_size: int) -> Tensor:
    """(N, G, D, T) of pictures -> (N / group_size, G, D, group_size·T) of cells."""
    if group_size == 1:
        return values
    pictures: Tensor = values.unflatten(0, (-1, group_size))
    return pictures.movedim(1, 3).flatten(3)


def _scatter(values: Tensor, group_size: int) -> Tensor:
    """The inverse of `_gather`."""
    if group_size == 1:
        return values
    pictures: Tensor = values.unflatten(3, (group_size, -1))
    return pictures.movedim(3, 1).flatten(0, 1)


def _per_picture(values: Tensor, like: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1, ...), to multiply `like`."""
    return values.view(-1, *[1] * (like.dim() - 1))


@dataclass
class Product:
    """A linear layer or a convolution in one forward pass: out = W a + b over T positions.

    Shapes: a (B, G, D, T) and δ (B, G, O, T) for G groups.
    """

    weight: str
    bias: str | None
    groups: int
    input: Tensor
    output: Tensor
    window: dict[str, tuple[int, int]] | None = None  # kernel_size, dilation, padding, stride
    group_size: int = 1

    @property
    def _pointwise(self) -> bool:
        window = self.window or {}
        return window["kernel_size"] == (1, 1) and window["padding"] == (0, 0)

    def _patches(self) -> Tensor:
        a = self.input
        if self.window is None:
            a = a.reshape(len(a), -1, a.shape[-1]).transpose(1, 2)
        elif self._pointwise:
            down, right = self.window["stride"]
            a = a[:, :, ::down, ::right].flatten(2)
        else:
            a = F.unfold(a, **self.window)
        return _gather(a.reshape(len(a), self.groups, -1, a.shape[-1]), self.group_size)

    def _unpatch(self, patches: Tensor) -> Tensor:
        """The adjoint of `_patches`."""
        patches, shape = _scatter(patches, self.group_size).flatten(1, 2), self.input.shape
        if self.window is None:
            return patches.transpose(1, 2).reshape(shape)
        if not self._pointwise:
            return F.fold(patches, shape[2:], **self.window)
        down, right = self.window["stride"]
        whole = torch.zeros_like(self.input)
        whole[:, :, ::down, ::right] = patches.view(*shape[:2], *self.output.shape[2:])
        return whole

    def _split(self, delta: Tensor) -> Tensor:
        if self.window is None:
            delta = delta.reshape(len(delta), -1, delta.shape[-1]).transpose(1, 2)
        delta = delta.reshape(len(delta), self.groups, -1, delta[0, 0].numel())
        return _gather(delta, self.group_size)

    def _join(self, delta: Tensor) -> Tensor:
        """The adjoint of `_split`."""
        delta = _scatter(delta, self.group_size)
        if self.window is None:
            delta = delta.flatten(1, 2).transpose(1, 2)
        return delta.reshape(self.output.shape)

    def _target(self, target: Gradients) -> Tensor:
        weight = target[self.weight]
        return weight.reshape(len(weight), self.groups, weight.shape[1] // self.groups, -1)

    def gradients(self, delta: Tensor) -> Gradients:
        """The gradient of each weight, made for each picture."""
        a, delta = self._patches(), self._split(delta)
        found = {self.weight: delta @ a.mT}
        if self.bias:
            found[self.bias] = delta.sum(3).flatten(1)
        return found

    def inner(self, delta: Tensor, target: Gradients) -> tuple[Tensor, Tensor, Any]:
        """<g, t> and ‖g‖² of this layer, and what `pull` needs again."""
        a, delta, t = self._patches(), self._split(delta), self._target(target)
        if 2 * delta.shape[3] <= delta.shape[2]:  # few positions: two T×T products beat O×D
            # a product whose result is that narrow is several times slower than its transpose
            ta, aa, dd = (a.mT @ t.mT).mT, a.mT @ a, delta.mT @ delta
            along, square = dot(delta, ta), dot(aa, dd)
            kept: tuple[Tensor, ...] = (a, delta, t, ta, aa, dd)
        else:
            g = delta @ a.mT
            along, square, kept = dot(g, t), dot(g, g), (a, delta, t, g)
        biases = None
        if self.bias:
            bias, wanted = delta.sum(3).flatten(1), target[self.bias]
            along, square = along + dot(bias, wanted), square + dot(bias, bias)
            biases = bias, wanted
        return along, square, (kept, biases)

    def pull(self, memory: Any, by_dot: Tensor, by_square: Tensor) -> tuple[Tensor, Tensor]:
        """Derivatives of the cost by the layer's δ and by its input."""
        kept, biases = memory
        a, delta, t = kept[:3]
        s, n = _per_picture(by_dot, a), _per_picture(2 * by_square, a)
        if len(kept) == 6:
            ta, aa, dd = kept[3:]
            to_delta = torch.addcmul((delta * n) @ aa, ta, s)
            to_a = ((delta * s).mT @ t).mT + a @ (dd * n)
        else:
            v = torch.addcmul(t * s, kept[3], n)
            to_delta, to_a = v @ a, v.mT @ delta
        if biases:
            bias, wanted = biases
            v = s[:, 0, 0] * wanted + n[:, 0, 0] * bias
            to_delta = to_delta + v.view(len(v), self.groups, -1, 1)
        return self._join(to_delta), self._unpatch(to_a)


@dataclass
class Scale:
    """A batch norm in eval mode: out = γ·(a − μ)·r + β, channel by channel, r = 1/sqrt(σ² + ε)."""

    weight: str
    bias: str
    mean: Tensor  # (B, C), or (1, C) for one model
    rate: Tensor
    input: Tensor
    output: Tensor
    group_size: int = 1

    def _normal(self) -> Tensor:
        spots = [1] * (self.input.dim() - 2)
        mean, rate = (v.view(*v.shape, *spots) for v in (self.mean, self.rate))
        return (self.input - mean) * rate

    def gradients(self, delta: Tensor) -> Gradients:
        """The gradient of each weight, made for each picture."""
        by_scale, by_shift = self._sums(delta, self._normal())
        return {self.weight: by_scale, self.bias: by_shift}

    def _sums(self, delta: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
        shape = (-1, self.group_size, delta.shape[1], delta[0, 0].numel())
        return (delta * normal).reshape(shape).sum((1, 3)), delta.reshape(shape).sum((1, 3))

    def inner(self, delta: Tensor, target: Gradients) -> tuple[Tensor, Tensor, Any]:
        """<g, t> and ‖g‖² of this layer, and what `pull` needs again."""
        normal = self._normal()
        g = torch.cat(self._sums(delta, normal), 1)
        t = torch.cat([target[self.weight], target[self.bias]], 1)
        return dot(g, t), dot(g, g), (delta, normal, g, t)

    def pull(self, memory: Any, by_dot: Tensor, by_square: Tensor) -> tuple[Tensor, Tensor]:
        """Derivatives of the cost by the layer's δ and by its input."""
        delta, normal, g, t = memory
        v = torch.addcmul(t * by_dot[:, None], g, 2 * by_square[:, None])
        if self.group_size > 1:
            v = v.repeat_interleave(self.group_size, 0)
        v = v.view(*v.shape, *[1] * (delta.dim() - 2))
        weight, bias = v.chunk(2, 1)
        rate = self.rate.view(*self.rate.shape, *[1] * (delta.dim() - 2))
        return torch.addcmul(bias, weight, normal), (weight * rate) * delta


@dataclass
class Tape(TorchFunctionMode):
    """Runs a template's forward pass for M models at once, and notes every layer with weights.

    Attributes:
        names: id of each weight and buffer of the template to its name.
        stacked: name to (M, *shape), the same weight or buffer of every model.
        copies: copy each output first: a ReLU or a sum in place would overwrite it.
        group_size: so many consecutive pictures share a gradient.
        norms: what every pass through the batch norms of these models needs, kept by the first.

    Raises:
        Uncovered: when a weight meets any other operation.
    """

    names: dict[int, str]
    stacked: dict[str, Tensor]
    models: int
    copies: bool = False
    group_size: int = 1
    norms: dict[tuple[int, int, int], tuple[Tensor, ...]] = field(default_factory=dict)
    layers: list[Product | Scale] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._known: dict[Any, Callable[..., tuple[Tensor, Product | Scale | None]]] = {
            F.conv2d: self._convolution,
            F.linear: self._linear,
            F.batch_norm: self._batch_norm,
        }

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in self._known:
            output, layer = self._known[func](*args, **kwargs)
            if layer is None:
                return output
            layer.group_size = self.group_size
            layer.output = output.clone() if self.copies else output
            self.layers.append(layer)
            return layer.output.clone() if self.copies else output
        for value in (*args, *kwargs.values()):
            if id(value) in self.names and isinstance(value, nn.Parameter):
                raise Uncovered(getattr(func, "__name__", str(func)))
        return func(*args, **kwargs)

    def _all(self, tensor: Tensor) -> Tensor:
        """Every model's version of a weight or buffer of the template, (M, ...)."""
        if id(tensor) not in self.names:
            raise Uncovered("a layer whose weight is computed")
        return self.stacked[self.names[id(tensor)]]

    def _convolution(
        self, x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1,
    ) -> tuple[Tensor, Product]:  # fmt: skip
        if isinstance(padding, str) or x.dim() != 4:
            raise Uncovered("conv2d with named padding or without a batch")
        pairs = {"stride": stride, "padding": padding, "dilation": dilation}
        window = {k: (v, v) if isinstance(v, int) else tuple(v) for k, v in pairs.items()}
        window["kernel_size"] = tuple(weight.shape[2:])
        kernels = self._all(weight).flatten(0, 1)
        wide = x
        if self.models > 1:  # (M·B, C, H, W) -> (B, M·C, H, W): one group of channels a model
            wide = x.unflatten(0, (self.models, -1)).transpose(0, 1).flatten(1, 2)
        options = (window["stride"], window["padding"], window["dilation"], groups * self.models)
        output = Convolve.apply(wide, kernels, options)
        if bias is not None:
            output = output + self._all(bias).view(-1, 1, 1)
        if self.models > 1:
            output = output.unflatten(1, (self.models, -1)).transpose(0, 1).flatten(0, 1)
        names = self.names[id(weight)], self.names.get(id(bias))
        return output, Product(*names, groups, x, output, window)

    def _linear(
        self, x: Tensor, weight: Tensor, bias: Tensor | None = None
    ) -> tuple[Tensor, Product]:
        rows = x.reshape(self.models, -1, x.shape[-1])
        output = rows @ self._all(weight).mT
        if bias is not None:
            output = output + self._all(bias)[:, None]
        output = output.view(*x.shape[:-1], -1)
        return output, Product(self.names[id(weight)], self.names.get(id(bias)), 1, x, output)

    def _batch_norm(
        self, x: Tensor, mean: Tensor | None, var: Tensor | None, weight: Tensor | None = None,
        bias: Tensor | None = None, training: bool = False, momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> tuple[Tensor, Scale | None]:  # fmt: skip
        if training or mean is None or var is None:
            raise Uncovered("batch norm over the batch")

        def cells(values: Tensor) -> Tensor:
            return values.repeat_interleave(len(x) // self.models, 0) if self.models > 1 else values

        def spread(values: Tensor) -> Tensor:
            return values.view(*values.shape, *[1] * (x.dim() - 2))

        place = id(mean), len(x), x.dim()
        if place not in self.norms:
            centre, rate = cells(self._all(mean)), cells((self._all(var) + eps).rsqrt())
            scale = rate if weight is None else cells(self._all(weight)) * rate
            start = torch.zeros_like(centre) if bias is None else cells(self._all(bias))
            shift = start - centre * scale
            self.norms[place] = centre, rate, spread(scale), spread(shift)
        centre, rate, scale, shift = self.norms[place]
        if weight is None or bias is None:
            return (x - spread(centre)) * spread(rate), None
        # written out, because torch's own batch norm is slow to differentiate twice
        output = torch.addcmul(shift, x, scale)
        names = self.names[id(weight)], self.names[id(bias)]
        return output, Scale(*names, centre, rate, x, output)
