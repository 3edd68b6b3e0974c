"""Matching a gradient picture by picture: the inner loop of gradient inversion.

For every picture x_b of a batch an attacker holds a target t_b, one tensor per weight, and wants

    c(x_b) = objective(<g_b, t_b>, ‖g_b‖²)   with   g_b = ∇_θ CE(m_θ(x_b), y_b)

and dc/dx_b, the inner products taken layer by layer. Where the attacker holds the mean gradient of
several pictures, those make one cell x_b, CE is their mean, and they are sought together.
Two routes give the same numbers:

* **layer by layer**, where every weight sits in a convolution, a linear layer or a batch norm in
  eval mode. There g = Σ_t δ_t a_tᵀ with a_t the inputs (patches) and δ_t the output gradients of
  the layer, so both inner products follow from a and δ alone: <g, t> = Σ δ·(t a) and ‖g‖² =
  <aᵀa, δᵀδ> (the "ghost norm", Goodfellow 2015, arXiv 1510.01799). No copy of the weights is made
  per picture, the convolutions keep their ordinary batched kernels, and c's derivatives by a and δ
  in closed form enter one more backward pass.
  Models of one architecture share the pass: their convolutions run as groups of one.
* **any module**, where `torch.func` makes each picture's gradient explicitly.

Cells never meet: in eval mode each one's value and derivative are what they are alone. With M
models the batch is M × B cells, model by model, a cell's pictures one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ...tasks.classification import exact_cross_entropy
from .ghost_norm import Gradients, Tape, Uncovered, dot
from .surrogate import SurrogateSlope

__all__ = [
    "GradientMatch",
    "Gradients",
    "Objective",
    "alike",
    "layer_names",
]

Objective = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""From <g, t> and ‖g‖², each (layers, B): the cost (B,) and its derivatives by both."""


def layer_names(model: nn.Module) -> list[str]:
    """The layers of a model that hold weights, in order: a weight's name without its last part."""
    return list(dict.fromkeys(name.rpartition(".")[0] for name, _ in model.named_parameters()))


def _by_layer(values: Sequence[Tensor], weights: Sequence[str], layers: list[str]) -> Tensor:
    """Sum the (B,) values of all weights of a layer: (layers, B)."""
    at = [layers.index(name.rpartition(".")[0]) for name in weights]
    stacked = torch.stack(list(values))
    index = torch.tensor(at, device=stacked.device)
    return stacked.new_zeros(len(layers), stacked.shape[1]).index_add(0, index, stacked)


class _Layers:
    """The layer-by-layer route through M models of one architecture.

    Raises:
        Uncovered: when they are not made of layers with a formula, each used once, or when they
            differ in more than those layers' weights.
    """

    def __init__(
        self, models: Sequence[nn.Module], probe: Tensor, group_size: int, slope: float | Tensor
    ) -> None:
        self.template, self.group_size, self.slope = models[0], group_size, slope
        self.layers = layer_names(models[0])
        held = [{**dict(m.named_parameters()), **dict(m.named_buffers())} for m in models]
        self.names = {id(t): name for name, t in held[0].items()}
        self.stacked = {name: torch.stack([each[name] for each in held]) for name in held[0]}
        self.models, self.copies = len(models), False
        self.norms: dict[tuple[int, int, int], tuple[Tensor, ...]] = {}
        self._rehearse(models, probe)

    @torch.no_grad()
    def _rehearse(self, models: Sequence[nn.Module], probe: Tensor) -> None:
        """Find out whether this route gives what the models themselves give."""
        with self._surrogate(), Tape(self.names, self.stacked, self.models) as tape:
            self.template(probe.repeat(self.models, 1, 1, 1))
        # a fresh tensor is at version 0; later ones were overwritten after the layer saw them
        self.copies = any(t._version for layer in tape.layers for t in (layer.input, layer.output))
        used = [n for layer in tape.layers for n in (layer.weight, layer.bias) if n]
        if sorted(used) != sorted(name for name, _ in self.template.named_parameters()):
            raise Uncovered("a weight is used twice, or not at all")
        with self._surrogate(), Tape(self.names, self.stacked, self.models, self.copies):
            logits = self.template(probe.repeat(self.models, 1, 1, 1))
        own = torch.cat([model(probe) for model in models])
        # per model, since a buffer outside the layers (pixel statistics, say) is the template's
        if not torch.allclose(logits, own, rtol=1e-3, atol=1e-4, equal_nan=True):
            raise Uncovered("models that differ in more than the weights of their layers")

    def _surrogate(self) -> AbstractContextManager[object]:
        bent = isinstance(self.slope, Tensor) or self.slope
        return SurrogateSlope(self.slope) if bent else nullcontext()

    def _forward(self, x: Tensor, labels: Tensor) -> tuple[Tape, list[Tensor]]:
        with torch.enable_grad():
            sizes = self.models, self.copies, self.group_size
            tape = Tape(self.names, self.stacked, *sizes, self.norms)
            with self._surrogate(), tape:
                logits = self.template(x)
            outputs = [layer.output for layer in tape.layers]
            loss = exact_cross_entropy(logits, labels).sum() / self.group_size
        slopes = torch.autograd.grad(loss, outputs, create_graph=True, materialize_grads=True)
        return tape, list(slopes)

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
        weights = [layer.weight for layer in tape.layers]
        cost, by_dot, by_square = objective(
            _by_layer([s[0] for s in seen], weights, self.layers),
            _by_layer([s[1] for s in seen], weights, self.layers),
        )
        heads: list[Tensor] = []
        pulls: list[Tensor] = []
        for layer, delta, (_, _, memory) in zip(tape.layers, deltas, seen, strict=True):
            at = self.layers.index(layer.weight.rpartition(".")[0])
            for tensor, pull in zip(
                (delta, layer.input),
                layer.pull(memory, by_dot[at], by_square[at]),
                strict=True,
            ):
                if tensor.requires_grad:
                    heads.append(tensor)
                    pulls.append(pull)
        if not heads:
            return cost, torch.zeros_like(x)
        with torch.enable_grad():
            pulled = _Pulled.apply(pulls, *heads)
        (slope,) = torch.autograd.grad(pulled, x, allow_unused=True, materialize_grads=True)
        return cost, slope


class _Pulled(torch.autograd.Function):
    """A number whose derivatives are the given ones.

    `torch.autograd.grad` takes derivatives to begin with, too, but it compares their shapes by
    symbols, which costs more than a layer's products, and imports an algebra system.
    """

    @staticmethod
    def forward(ctx: Any, pulls: list[Tensor], *heads: Tensor) -> Tensor:
        """Nothing is computed of the heads; `pulls` are the derivatives by them."""
        ctx.pulls = pulls
        return heads[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, one: Tensor) -> tuple[Tensor | None, ...]:
        """The given ones."""
        return None, *ctx.pulls


class _Anything:
    """The route for any module: explicit gradients by `torch.func`, then autograd through them."""

    def __init__(self, models: Sequence[nn.Module], group_size: int, slope: float | Tensor) -> None:
        self.template, self.models, self.group_size = models[0], len(models), group_size
        self.slope = slope
        self.layers = layer_names(models[0])
        self.weights, self.buffers = torch.func.stack_module_state(list(models))
        self.weights = {name: w.detach() for name, w in self.weights.items()}

    def _gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        def loss(
            weights: Gradients, buffers: Gradients, slope: Any, cell: Tensor, label: Tensor
        ) -> Tensor:
            with SurrogateSlope(slope):
                logits = torch.func.functional_call(self.template, (weights, buffers), (cell,))
            return exact_cross_entropy(logits, label).mean()

        one_model = torch.func.vmap(torch.func.grad(loss), (None, None, None, 0, 0))
        each = 0 if isinstance(self.slope, Tensor) else None
        found = torch.func.vmap(one_model, (0, 0, each, 0, 0))(
            self.weights,
            self.buffers,
            self.slope,
            x.unflatten(0, (self.models, -1, self.group_size)),
            labels.unflatten(0, (self.models, -1, self.group_size)),
        )
        return {name: g.flatten(0, 1) for name, g in found.items()}

    @torch.no_grad()
    def gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        return self._gradients(x, labels)

    @torch.enable_grad()
    def match(
        self, x: Tensor, labels: Tensor, target: Gradients, objective: Objective
    ) -> tuple[Tensor, Tensor]:
        x = x.detach().requires_grad_()
        found = self._gradients(x, labels)
        along = _by_layer([dot(g, target[n]) for n, g in found.items()], list(found), self.layers)
        square = _by_layer([dot(g, g) for g in found.values()], list(found), self.layers)
        cost, by_dot, by_square = objective(along.detach(), square.detach())
        (slope,) = torch.autograd.grad((along, square), x, (by_dot, by_square))
        return cost, slope


class GradientMatch:
    """How well pictures explain given gradients, and which way to change them.

    Batches are M × B cells of `group_size` pictures, model by model: (M·B·group_size, C, H, W) and
    (M·B·group_size,).

    Args:
        models: M networks that are `alike`, in eval mode, whose weights ask for no gradient.
        shape: (C, H, W) of the pictures, in [0, 1].
        route: "layers", "anything", or "auto" for the first that the models allow.
        group_size: pictures that share one gradient, the mean of theirs.
        slope: that backward gives to ReLU units that are off, of all models or of each; see
            `surrogate`.

    Attributes:
        route: the one taken.
        layers: names of the layers that an objective sees apart.

    Raises:
        ValueError: when "layers" is asked of models that have no formula for some weight.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        shape: Sequence[int],
        route: str = "auto",
        group_size: int = 1,
        slope: float | Sequence[float] = 0.0,
    ) -> None:
        self.models, self.route, self.group_size = models, "anything", group_size
        self.layers = layer_names(models[0])
        self._route: _Layers | _Anything
        bend = _bend(models, slope)
        if route != "anything":
            try:
                self._route = _Layers(models, _noise(models[0], shape), group_size, bend)
                self.route = "layers"
                return
            except Uncovered as why:
                if route == "layers":
                    raise ValueError(f"no layer-by-layer gradient for this model: {why}") from why
        self._route = _Anything(models, group_size, bend)

    def gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        """∇_θ CE of each cell: name to (M·B, *weight.shape)."""
        found = self._route.gradients(x, labels)
        weights = self.models[0].named_parameters()
        cells = len(x) // self.group_size
        return {name: found[name].reshape(cells, *weight.shape) for name, weight in weights}

    def __call__(
        self, x: Tensor, labels: Tensor, target: Gradients, objective: Objective
    ) -> tuple[Tensor, Tensor]:
        """Cost (M·B,) of each cell and its derivative, shaped as x; `target` as `gradients`.

        Raises:
            ValueError: when the network holds an operation that has no second derivative.
        """
        try:
            return self._route.match(x, labels, target, objective)
        except (NotImplementedError, RuntimeError) as error:
            if "is not implemented" not in str(error):
                raise
            raise ValueError(
                "gradient inversion differentiates twice, which torch cannot do for an operation "
                f"of this network ({str(error).splitlines()[0]}); choose one without it"
            ) from error


@torch.no_grad()
def alike(a: nn.Module, b: nn.Module, shape: Sequence[int]) -> bool:
    """Whether b is a with other weights: a given b's weights computes what b computes."""
    state = {**dict(b.named_parameters()), **dict(b.named_buffers())}
    own = {**dict(a.named_parameters()), **dict(a.named_buffers())}
    if type(a) is not type(b) or {n: (t.shape, t.dtype, t.device) for n, t in own.items()} != {
        n: (t.shape, t.dtype, t.device) for n, t in state.items()
    }:
        return False
    x = _noise(a, shape)
    return torch.allclose(
        torch.func.functional_call(a, state, (x,)), b(x), rtol=1e-4, atol=1e-5, equal_nan=True
    )


def _bend(models: Sequence[nn.Module], slope: float | Sequence[float]) -> float | Tensor:
    """One slope where all models have the same, else (M,)."""
    slopes = [float(slope)] * len(models) if isinstance(slope, int | float) else list(slope)
    if len(set(slopes)) == 1:
        return slopes[0]
    like: Tensor = next(models[0].parameters())
    return like.new_tensor(slopes)


def _noise(model: nn.Module, shape: Sequence[int]) -> Tensor:
    """Two pictures to try a model on, the same each time."""
    noise = torch.rand((2, *shape), generator=torch.Generator().manual_seed(0))
    return noise.to(next(model.parameters()))
