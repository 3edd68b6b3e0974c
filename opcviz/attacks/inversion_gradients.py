"""Matching a gradient picture by picture: the inner loop of gradient inversion.

For every picture x_b of a batch an attacker holds a target t_b, one tensor per weight, and wants

    c(x_b) = objective(<g_b, t_b>, ‖g_b‖²)   with   g_b = ∇_θ CE(m_θ(x_b), y_b)

and dc/dx_b. Two routes give the same numbers:

* **layer by layer**, where every weight sits in a convolution, a linear layer or a batch norm in
  eval mode. There g = Σ_t δ_t a_tᵀ with a_t the inputs (patches) and δ_t the output gradients of
  the layer, so both inner products follow from a and δ alone: <g, t> = Σ δ·(t a) and ‖g‖² =
  <aᵀa, δᵀδ> (the "ghost norm", Goodfellow 2015, arXiv 1510.01799). No copy of the weights is made
  per picture, the convolutions keep their ordinary batched kernels, and c's derivatives by a and δ
  in closed form enter one more backward pass.
  Models of one architecture share the pass: their convolutions run as groups of one.
* **any module**, where `torch.func` makes each picture's gradient explicitly.

Pictures never meet: in eval mode each one's value and derivative are what they are alone. With M
models the batch is M × B cells, model by model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

__all__ = ["GradientMatch", "Objective", "cross_entropy", "picture_gradients"]

Gradients = dict[str, Tensor]
"""Weight name to (B, *weight.shape): one gradient a picture."""

Objective = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""From <g, t> and ‖g‖², each (B,): the cost and its derivatives by both."""


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each picture, (B, C) and (B,) -> (B,), exact where the model is sure.

    log(1 + Σ_{j≠y} exp(z_j − z_y)) is the usual −log softmax(z)_y, but its derivative σ − 1 is
    never formed as a difference: at a loss of 1e-6 the usual form has lost all but one digit.
    """
    own = logits.gather(1, labels[:, None])
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return F.softplus(others.logsumexp(1) - own[:, 0])


class Uncovered(Exception):
    """Some weight is used in a way that the layer-by-layer route has no formula for."""


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """(B, ...) and (B, ...) -> (B,)."""
    return torch.linalg.vecdot(a.flatten(1), b.flatten(1))


def _per_picture(values: Tensor, like: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1, ...), to multiply `like`."""
    return values.view(-1, *[1] * (like.dim() - 1))


@dataclass
class _Product:
    """A linear layer or a convolution in one forward pass: out = W a + b over T positions.

    Shapes: a (B, G, D, T) and δ (B, G, O, T) for G groups.
    """

    weight: str
    bias: str | None
    groups: int
    input: Tensor
    output: Tensor
    window: dict[str, tuple[int, int]] | None = None  # kernel_size, dilation, padding, stride

    @property
    def _pointwise(self) -> bool:
        window = self.window
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
        return a.reshape(len(a), self.groups, -1, a.shape[-1])

    def _unpatch(self, patches: Tensor) -> Tensor:
        """The adjoint of `_patches`."""
        patches, shape = patches.flatten(1, 2), self.input.shape
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
        return delta.reshape(len(delta), self.groups, -1, delta[0, 0].numel())

    def _join(self, delta: Tensor) -> Tensor:
        """The adjoint of `_split`."""
        if self.window is None:
            delta = delta.flatten(1, 2).transpose(1, 2)
        return delta.reshape(self.output.shape)

    def _target(self, target: Gradients) -> Tensor:
        weight = target[self.weight]
        return weight.reshape(len(weight), self.groups, weight.shape[1] // self.groups, -1)

    def gradients(self, delta: Tensor) -> Gradients:
        a, delta = self._patches(), self._split(delta)
        found = {self.weight: delta @ a.mT}
        if self.bias:
            found[self.bias] = delta.sum(3).flatten(1)
        return found

    def inner(self, delta: Tensor, target: Gradients) -> tuple[Tensor, Tensor, tuple]:
        """<g, t> and ‖g‖² of this layer, and what `pull` needs again."""
        a, delta, t = self._patches(), self._split(delta), self._target(target)
        if 2 * delta.shape[3] <= delta.shape[2]:  # few positions: two T×T products beat O×D
            ta, aa, dd = t @ a, a.mT @ a, delta.mT @ delta
            dot, square, kept = _dot(delta, ta), _dot(aa, dd), (a, delta, t, ta, aa, dd)
        else:
            g = delta @ a.mT
            dot, square, kept = _dot(g, t), _dot(g, g), (a, delta, t, g)
        bias = delta.sum(3).flatten(1) if self.bias else None
        if self.bias:
            dot = dot + _dot(bias, target[self.bias])
            square = square + _dot(bias, bias)
        return dot, square, (kept, bias)

    def pull(
        self, target: Gradients, memory: tuple, by_dot: Tensor, by_square: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Derivatives of the cost by the layer's δ and by its input."""
        kept, bias = memory
        a, delta, t = kept[:3]
        s, n = _per_picture(by_dot, a), _per_picture(2 * by_square, a)
        if len(kept) == 6:
            ta, aa, dd = kept[3:]
            to_delta = torch.addcmul((delta * n) @ aa, ta, s)
            to_a = t.mT @ (delta * s) + a @ (dd * n)
        else:
            v = torch.addcmul(t * s, kept[3], n)
            to_delta, to_a = v @ a, v.mT @ delta
        if self.bias:
            v = s[:, 0, 0] * target[self.bias] + n[:, 0, 0] * bias
            to_delta = to_delta + v.view(len(v), self.groups, -1, 1)
        return self._join(to_delta), self._unpatch(to_a)


@dataclass
class _Scale:
    """A batch norm in eval mode: out = γ·(a − μ)·r + β, channel by channel, r = 1/sqrt(σ² + ε)."""

    weight: str
    bias: str
    mean: Tensor  # (B, C), or (1, C) for one model
    rate: Tensor
    input: Tensor
    output: Tensor

    def _normal(self) -> Tensor:
        spots = [1] * (self.input.dim() - 2)
        mean, rate = (v.view(*v.shape, *spots) for v in (self.mean, self.rate))
        return (self.input - mean) * rate

    def gradients(self, delta: Tensor) -> Gradients:
        flat = delta.flatten(2) if delta.dim() > 2 else delta[..., None]
        normal = self._normal().reshape(flat.shape)
        return {self.weight: (flat * normal).sum(2), self.bias: flat.sum(2)}

    def inner(self, delta: Tensor, target: Gradients) -> tuple[Tensor, Tensor, tuple]:
        """<g, t> and ‖g‖² of this layer, and what `pull` needs again."""
        normal = self._normal()
        spots = tuple(range(2, delta.dim()))
        g = torch.cat([(delta * normal).sum(spots), delta.sum(spots)], 1)
        t = torch.cat([target[self.weight], target[self.bias]], 1)
        return _dot(g, t), _dot(g, g), (delta, normal, g, t)

    def pull(
        self, target: Gradients, memory: tuple, by_dot: Tensor, by_square: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Derivatives of the cost by the layer's δ and by its input."""
        delta, normal, g, t = memory
        v = torch.addcmul(t * by_dot[:, None], g, 2 * by_square[:, None])
        v = v.view(*v.shape, *[1] * (delta.dim() - 2))
        weight, bias = v.chunk(2, 1)
        rate = self.rate.view(*self.rate.shape, *[1] * (delta.dim() - 2))
        return torch.addcmul(bias, weight, normal), (weight * rate) * delta


@dataclass
class _Tape(TorchFunctionMode):
    """Runs a template's forward pass for M models at once, and notes every layer with weights.

    Attributes:
        names: id of each weight and buffer of the template to its name.
        stacked: name to (M, *shape), the same weight or buffer of every model.
        copies: copy each output first: a ReLU or a sum in place would overwrite it.

    Raises:
        Uncovered: when a weight meets any other operation.
    """

    names: dict[int, str]
    stacked: dict[str, Tensor]
    models: int
    copies: bool = False
    layers: list[_Product | _Scale] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._known = {
            F.conv2d: self._convolution,
            F.linear: self._linear,
            F.batch_norm: self._batch_norm,
        }

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: Any = None):
        kwargs = kwargs or {}
        if func in self._known:
            output, layer = self._known[func](*args, **kwargs)
            if layer is None:
                return output
            layer.output = output.clone() if self.copies else output
            self.layers.append(layer)
            return layer.output.clone() if self.copies else output
        for value in (*args, *kwargs.values()):
            if isinstance(value, nn.Parameter) and id(value) in self.names:
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
    ) -> tuple[Tensor, _Product]:  # fmt: skip
        if isinstance(padding, str) or x.dim() != 4:
            raise Uncovered("conv2d with named padding or without a batch")
        pairs = {"stride": stride, "padding": padding, "dilation": dilation}
        window = {k: (v, v) if isinstance(v, int) else tuple(v) for k, v in pairs.items()}
        window["kernel_size"] = tuple(weight.shape[2:])
        kernels = self._all(weight).flatten(0, 1)
        shift = None if bias is None else self._all(bias).flatten()
        wide = x
        if self.models > 1:  # (M·B, C, H, W) -> (B, M·C, H, W): one group of channels a model
            wide = x.unflatten(0, (self.models, -1)).transpose(0, 1).flatten(1, 2)
        output = F.conv2d(wide, kernels, shift, stride, padding, dilation, groups * self.models)
        if self.models > 1:
            output = output.unflatten(1, (self.models, -1)).transpose(0, 1).flatten(0, 1)
        names = self.names[id(weight)], self.names.get(id(bias))
        return output, _Product(*names, groups, x, output, window)

    def _linear(
        self, x: Tensor, weight: Tensor, bias: Tensor | None = None
    ) -> tuple[Tensor, _Product]:
        rows = x.reshape(self.models, -1, x.shape[-1])
        output = rows @ self._all(weight).mT
        if bias is not None:
            output = output + self._all(bias)[:, None]
        output = output.view(*x.shape[:-1], -1)
        return output, _Product(self.names[id(weight)], self.names.get(id(bias)), 1, x, output)

    def _batch_norm(
        self, x: Tensor, mean: Tensor | None, var: Tensor | None, weight: Tensor | None = None,
        bias: Tensor | None = None, training: bool = False, momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> tuple[Tensor, _Scale | None]:  # fmt: skip
        if training or mean is None:
            raise Uncovered("batch norm over the batch")

        def cells(values: Tensor) -> Tensor:
            return values.repeat_interleave(len(x) // self.models, 0) if self.models > 1 else values

        def spread(values: Tensor) -> Tensor:
            return values.view(*values.shape, *[1] * (x.dim() - 2))

        centre, rate = cells(self._all(mean)), cells((self._all(var) + eps).rsqrt())
        if weight is None:
            return (x - spread(centre)) * spread(rate), None
        # written out, because torch's own batch norm is slow to differentiate twice
        scale = cells(self._all(weight)) * rate
        shift = cells(self._all(bias)) - centre * scale
        output = torch.addcmul(spread(shift), x, spread(scale))
        names = self.names[id(weight)], self.names[id(bias)]
        return output, _Scale(*names, centre, rate, x, output)


class _Layers:
    """The layer-by-layer route through M models of one architecture.

    Raises:
        Uncovered: when they are not made of layers with a formula, each used once, or when they
            differ in more than those layers' weights.
    """

    def __init__(self, models: Sequence[nn.Module], probe: Tensor) -> None:
        self.template = models[0]
        held = [{**dict(m.named_parameters()), **dict(m.named_buffers())} for m in models]
        shapes = [{name: t.shape for name, t in each.items()} for each in held]
        if any(other != shapes[0] for other in shapes):
            raise Uncovered("models of different shapes")
        self.names = {id(t): name for name, t in held[0].items()}
        self.stacked = {name: torch.stack([each[name] for each in held]) for name in held[0]}
        self.models, self.copies = len(models), False
        self._rehearse(models, probe)

    def _rehearse(self, models: Sequence[nn.Module], probe: Tensor) -> None:
        """Find out whether this route gives what the models themselves give."""
        with _Tape(self.names, self.stacked, self.models) as tape:
            self.template(probe.repeat(self.models, 1, 1, 1))
        # a fresh tensor is at version 0; later ones were overwritten after the layer saw them
        self.copies = any(t._version for layer in tape.layers for t in (layer.input, layer.output))
        used = [n for layer in tape.layers for n in (layer.weight, layer.bias) if n]
        if sorted(used) != sorted(name for name, _ in self.template.named_parameters()):
            raise Uncovered("a weight is used twice, or not at all")
        with _Tape(self.names, self.stacked, self.models, self.copies):
            logits = self.template(probe.repeat(self.models, 1, 1, 1))
        own = torch.cat([model(probe) for model in models])
        if not torch.allclose(logits, own, rtol=1e-3, atol=1e-4, equal_nan=True):
            raise Uncovered("models that differ in more than the weights of their layers")

    def _forward(self, x: Tensor, labels: Tensor) -> tuple[_Tape, list[Tensor]]:
        with torch.enable_grad():
            with _Tape(self.names, self.stacked, self.models, self.copies) as tape:
                logits = self.template(x)
            outputs = [layer.output for layer in tape.layers]
            loss = cross_entropy(logits, labels).sum()
        return tape, torch.autograd.grad(loss, outputs, create_graph=True, materialize_grads=True)

    @torch.no_grad()
    def gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        tape, deltas = self._forward(x.detach().requires_grad_(), labels)
        found: Gradients = {}
        for layer, delta in zip(tape.layers, deltas, strict=True):
            found.update(layer.gradients(delta))
        return found

    @torch.no_grad()
    def match(
        self, x: Tensor, labels: Tensor, target: Gradients, objective: Objective
    ) -> tuple[Tensor, Tensor]:
        x = x.detach().requires_grad_()
        tape, deltas = self._forward(x, labels)
        seen = [
            layer.inner(delta, target) for layer, delta in zip(tape.layers, deltas, strict=True)
        ]
        cost, by_dot, by_square = objective(
            torch.stack([s[0] for s in seen]).sum(0), torch.stack([s[1] for s in seen]).sum(0)
        )
        heads: list[Tensor] = []
        pulls: list[Tensor] = []
        for layer, delta, (_, _, memory) in zip(tape.layers, deltas, seen, strict=True):
            for tensor, pull in zip(
                (delta, layer.input), layer.pull(target, memory, by_dot, by_square), strict=True
            ):
                if tensor.requires_grad:
                    heads.append(tensor)
                    pulls.append(pull)
        (slope,) = torch.autograd.grad(heads, x, pulls, allow_unused=True, materialize_grads=True)
        return cost, slope


class _Anything:
    """The route for any module: explicit gradients by `torch.func`, then autograd through them."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.weights = {name: p.detach() for name, p in model.named_parameters()}

    def _gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        def loss(weights: Gradients, picture: Tensor, label: Tensor) -> Tensor:
            logits = torch.func.functional_call(self.model, weights, (picture[None],))
            return cross_entropy(logits, label[None])[0]

        return torch.func.vmap(torch.func.grad(loss), (None, 0, 0))(self.weights, x, labels)

    @torch.no_grad()
    def gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        return self._gradients(x, labels)

    @torch.enable_grad()
    def match(
        self, x: Tensor, labels: Tensor, target: Gradients, objective: Objective
    ) -> tuple[Tensor, Tensor]:
        x = x.detach().requires_grad_()
        found = self._gradients(x, labels)
        dot = torch.stack([_dot(g, target[name]) for name, g in found.items()]).sum(0)
        square = torch.stack([_dot(g, g) for g in found.values()]).sum(0)
        cost, by_dot, by_square = objective(dot.detach(), square.detach())
        (slope,) = torch.autograd.grad((dot, square), x, (by_dot, by_square))
        return cost, slope


class GradientMatch:
    """How well pictures explain given gradients, and which way to change them.

    Batches are M × B cells, model by model: (M·B, C, H, W) and (M·B,).

    Args:
        models: M networks in eval mode whose weights ask for no gradient.
        shape: (C, H, W) of the pictures, in [0, 1].
        route: "layers", "anything", or "auto" for the first that the models allow.

    Attributes:
        route: the one taken.

    Raises:
        ValueError: when "layers" is asked of models that have no formula for some weight.
    """

    def __init__(
        self, models: Sequence[nn.Module], shape: Sequence[int], route: str = "auto"
    ) -> None:
        like = next(models[0].parameters())
        noise = torch.rand((2, *shape), generator=torch.Generator().manual_seed(0))
        self.models = models
        self._routes: list[_Layers] | list[_Anything]
        try:
            if route == "anything":
                raise Uncovered("asked for")
            self._routes = [_Layers(models, noise.to(like))]
        except Uncovered as why:
            if route == "layers":
                raise ValueError(f"no layer-by-layer gradient for these models: {why}") from why
            self._routes = [_Anything(model) for model in models]
        self.route = "layers" if isinstance(self._routes[0], _Layers) else "anything"

    def gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        """∇_θ CE of each cell: name to (M·B, *weight.shape)."""
        count = len(self._routes)
        found = [
            route.gradients(*part)
            for route, *part in zip(self._routes, x.chunk(count), labels.chunk(count), strict=True)
        ]
        return {
            name: torch.cat([each[name] for each in found]).reshape(len(x), *weight.shape)
            for name, weight in self.models[0].named_parameters()
        }

    def __call__(
        self, x: Tensor, labels: Tensor, target: Gradients, objective: Objective
    ) -> tuple[Tensor, Tensor]:
        """Cost (M·B,) of each cell and its derivative (M·B, C, H, W); `target` as `gradients`."""
        if len(self._routes) == 1:
            return self._routes[0].match(x, labels, target, objective)
        raise NotImplementedError


def picture_gradients(model: nn.Module, x: Tensor, labels: Tensor) -> Gradients:
    """∇_θ CE(m(x_b), y_b) for each picture alone: name to (B, *weight.shape), detached.

    The model must be in eval mode. Weights may or may not require gradients; they get none.
    """
    return GradientMatch([model], tuple(x.shape[1:])).gradients(x, labels)
