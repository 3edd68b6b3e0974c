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

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .inversion_layers import Gradients, Tape, Uncovered, dot

__all__ = [
    "GradientMatch",
    "Gradients",
    "Objective",
    "alike",
    "cross_entropy",
    "picture_gradients",
]

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


class _Layers:
    """The layer-by-layer route through M models of one architecture.

    Raises:
        Uncovered: when they are not made of layers with a formula, each used once, or when they
            differ in more than those layers' weights.
    """

    def __init__(self, models: Sequence[nn.Module], probe: Tensor) -> None:
        self.template = models[0]
        held = [{**dict(m.named_parameters()), **dict(m.named_buffers())} for m in models]
        self.names = {id(t): name for name, t in held[0].items()}
        self.stacked = {name: torch.stack([each[name] for each in held]) for name in held[0]}
        self.models, self.copies = len(models), False
        self._rehearse(models, probe)

    @torch.no_grad()
    def _rehearse(self, models: Sequence[nn.Module], probe: Tensor) -> None:
        """Find out whether this route gives what the models themselves give."""
        with Tape(self.names, self.stacked, self.models) as tape:
            self.template(probe.repeat(self.models, 1, 1, 1))
        # a fresh tensor is at version 0; later ones were overwritten after the layer saw them
        self.copies = any(t._version for layer in tape.layers for t in (layer.input, layer.output))
        used = [n for layer in tape.layers for n in (layer.weight, layer.bias) if n]
        if sorted(used) != sorted(name for name, _ in self.template.named_parameters()):
            raise Uncovered("a weight is used twice, or not at all")
        with Tape(self.names, self.stacked, self.models, self.copies):
            logits = self.template(probe.repeat(self.models, 1, 1, 1))
        own = torch.cat([model(probe) for model in models])
        # per model, since a buffer outside the layers (pixel statistics, say) is the template's
        if not torch.allclose(logits, own, rtol=1e-3, atol=1e-4, equal_nan=True):
            raise Uncovered("models that differ in more than the weights of their layers")

    def _forward(self, x: Tensor, labels: Tensor) -> tuple[Tape, list[Tensor]]:
        with torch.enable_grad():
            with Tape(self.names, self.stacked, self.models, self.copies) as tape:
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

    def __init__(self, models: Sequence[nn.Module]) -> None:
        self.template, self.models = models[0], len(models)
        self.weights, self.buffers = torch.func.stack_module_state(list(models))
        self.weights = {name: w.detach() for name, w in self.weights.items()}

    def _gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        def loss(weights: Gradients, buffers: Gradients, picture: Tensor, label: Tensor) -> Tensor:
            state = (weights, buffers)
            logits = torch.func.functional_call(self.template, state, (picture[None],))
            return cross_entropy(logits, label[None])[0]

        one_model = torch.func.vmap(torch.func.grad(loss), (None, None, 0, 0))
        found = torch.func.vmap(one_model)(
            self.weights,
            self.buffers,
            x.unflatten(0, (self.models, -1)),
            labels.unflatten(0, (self.models, -1)),
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
        along = torch.stack([dot(g, target[name]) for name, g in found.items()]).sum(0)
        square = torch.stack([dot(g, g) for g in found.values()]).sum(0)
        cost, by_dot, by_square = objective(along.detach(), square.detach())
        (slope,) = torch.autograd.grad((along, square), x, (by_dot, by_square))
        return cost, slope


class GradientMatch:
    """How well pictures explain given gradients, and which way to change them.

    Batches are M × B cells, model by model: (M·B, C, H, W) and (M·B,).

    Args:
        models: M networks that are `alike`, in eval mode, whose weights ask for no gradient.
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
        self.models, self.route = models, "anything"
        self._route: _Layers | _Anything
        if route != "anything":
            try:
                self._route, self.route = _Layers(models, _noise(models[0], shape)), "layers"
                return
            except Uncovered as why:
                if route == "layers":
                    raise ValueError(f"no layer-by-layer gradient for this model: {why}") from why
        self._route = _Anything(models)

    def gradients(self, x: Tensor, labels: Tensor) -> Gradients:
        """∇_θ CE of each cell: name to (M·B, *weight.shape)."""
        found = self._route.gradients(x, labels)
        weights = self.models[0].named_parameters()
        return {name: found[name].reshape(len(x), *weight.shape) for name, weight in weights}

    def __call__(
        self, x: Tensor, labels: Tensor, target: Gradients, objective: Objective
    ) -> tuple[Tensor, Tensor]:
        """Cost (M·B,) of each cell and its derivative (M·B, C, H, W); `target` as `gradients`.

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


def picture_gradients(model: nn.Module, x: Tensor, labels: Tensor) -> Gradients:
    """∇_θ CE(m(x_b), y_b) for each picture alone: name to (B, *weight.shape), detached.

    The model must be in eval mode, its weights asking for no gradient.
    """
    return GradientMatch([model], tuple(x.shape[1:])).gradients(x, labels)


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


def _noise(model: nn.Module, shape: Sequence[int]) -> Tensor:
    """Two pictures to try a model on, the same each time."""
    noise = torch.rand((2, *shape), generator=torch.Generator().manual_seed(0))
    return noise.to(next(model.parameters()))
