"""Programs of `torch.export` as networks: a list of tensor operations, none of them Python.

An exported program is a graph of calls by name. Loading one with torch evaluates expressions and
looks names up, so it is not for files of others. Here a program is a list of `Step`s whose
operations are all among `OPERATIONS`, each a pure function of tensors and numbers; nothing else can
be named. It has the shapes of its weights and no way to make new ones: its layers are those of
evaluation, so it can be attacked and tuned, not trained from the start.
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor, nn

from ..common.config import ConfigError
from .cost import check_cost

__all__ = [
    "OPERATIONS",
    "ExportedNet",
    "Program",
    "Ref",
    "Step",
    "build_exported",
    "check_program",
    "register_program",
]

MAX_SIZE = 2**40
"""Greatest number that a program may count with."""

_NAMES = """
conv1d conv2d.default conv2d.padding batch_norm layer_norm group_norm instance_norm linear addmm
matmul bmm mm t.default einsum scaled_dot_product_attention softmax.int _softmax relu relu_ relu6
relu6_ leaky_relu leaky_relu_ elu elu_ gelu silu silu_ mish hardtanh hardtanh_ hardswish
hardswish_ hardsigmoid hardsigmoid_ sigmoid tanh softplus selu prelu clamp exp sqrt rsqrt
pow.Tensor_Scalar abs neg add.Tensor add_.Tensor add.Scalar sub.Tensor sub.Scalar rsub.Scalar
mul.Tensor mul_.Tensor mul.Scalar div.Tensor div_.Tensor div.Scalar max_pool2d avg_pool2d
adaptive_avg_pool2d adaptive_max_pool2d mean.dim mean.default sum.dim_IntList amax var.correction
pad constant_pad_nd view reshape unflatten.int flatten.using_ints permute transpose.int
squeeze.dim squeeze.dims unsqueeze expand contiguous clone cat stack chunk split.Tensor
split_with_sizes unbind.int select.int slice.Tensor roll narrow repeat unfold pixel_shuffle
pixel_unshuffle channel_shuffle dropout dropout_ feature_dropout alias detach lift_fresh_copy
upsample_bilinear2d.vec upsample_nearest2d.vec im2col index_select linalg_vector_norm
"""


def _of_sizes(call: Callable[[int, int], int]) -> Callable[[object, object], int]:
    """A sum with sizes of tensors, and with nothing else: lists and long numbers take memory."""

    def checked(a: object, b: object) -> int:
        for each in (a, b):
            if type(each) is not int or abs(each) > MAX_SIZE:
                raise ConfigError("the exported program counts with what is no size of a tensor")
        return call(cast(int, a), cast(int, b))

    return checked


def _table() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {
        "torch.ops.aten.sym_size.int": lambda x, axis: x.shape[axis],
        "_operator.add": _of_sizes(operator.add),
        "_operator.sub": _of_sizes(operator.sub),
        "_operator.mul": _of_sizes(operator.mul),
        "_operator.floordiv": _of_sizes(operator.floordiv),
    }
    for each in _NAMES.split():
        name, _, overload = each.partition(".")
        packet = getattr(torch.ops.aten, name, None)
        chosen = getattr(packet, overload or "default", None)
        if chosen is not None:  # not every PyTorch has each of them
            found[f"torch.ops.aten.{name}.{overload or 'default'}"] = chosen
    return found


OPERATIONS = _table()
"""What a step may call, by the name that programs have for it."""


@dataclass(frozen=True)
class Ref:
    """A value made by an earlier step, or an input, by its name."""

    name: str


Argument: TypeAlias = "bool | int | float | str | Ref | Sequence[Argument] | None"
"""A number, word, None, `Ref`, or a list of them."""


@dataclass(frozen=True)
class Step:
    """One call.

    Attributes:
        operation: a key of `OPERATIONS`.
        arguments, named: what it is called with.
        outputs: names of what it gives.
        part: the child of the network that it is in; empty for none.
    """

    operation: str
    arguments: tuple[Argument, ...]
    named: tuple[tuple[str, Argument], ...]
    outputs: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True)
class Program:
    """A network as a list of steps.

    Attributes:
        steps: in order.
        sample: name of the pictures (B, channels, H, W).
        output: name of the logits (B, classes).
        weights: names inside the program to those of the state dict.
        shapes: of the weights, by their names in the state dict.
        buffers: which of them are no parameters.
    """

    steps: tuple[Step, ...]
    sample: str
    output: str
    weights: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    buffers: frozenset[str]

    @property
    def name(self) -> str:
        """`exported:` and 12 digits of a hash over everything in it."""
        text = repr((self.steps, self.sample, self.output, sorted(self.shapes.items())))
        return f"exported:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


_PROGRAMS: dict[str, Program] = {}


def register_program(program: Program) -> str:
    """Make a program known to `build_network` in this process; the name of its architecture."""
    _PROGRAMS[program.name] = program
    return program.name


def build_exported(name: str) -> nn.Module | None:
    """The network of a registered program, to be filled; None for another family's name.

    Its weights are NaN until then: an untrained one has no answers that could be taken for such.

    Raises:
        ConfigError: for a program that this process has not read.
    """
    if not name.startswith("exported:"):
        return None
    if name not in _PROGRAMS:
        raise ConfigError(
            f"Architecture.name: the program '{name}' is in a file that is not open here; give the "
            ".pt2 file again"
        )
    return ExportedNet(_PROGRAMS[name])


def check_program(program: Program, shape: tuple[int, ...]) -> None:
    """Run a program on pictures without content: that shows its shapes and costs nothing.

    Raises:
        ConfigError: if it does not run, or would take more memory or time than a network does, see
            `check_cost`.
    """
    try:
        with torch.device("meta"), torch.no_grad():
            net = ExportedNet(program)
            logits = net(torch.empty(2, *shape))
        if logits.dim() != 2 or len(logits) != 2:
            raise ConfigError(
                f"the exported program gives {tuple(logits.shape)} for two pictures, not one row "
                "of logits each; export it with a batch of any size (dynamic_shapes)"
            )
        check_cost(net, shape, "the exported program")
    except ConfigError:
        raise
    except Exception as error:  # a program of others may be wrong in any way
        raise ConfigError(
            f"the exported program does not run on two pictures of {'×'.join(map(str, shape))} "
            f"({(str(error).splitlines() or [''])[0][:120]}); export it for pictures of this size "
            "and a batch of any size (dynamic_shapes)"
        ) from error


class Part(nn.Module):
    """A place for weights; what goes through it comes out, for those who watch."""

    def forward(self, x: Tensor) -> Tensor:
        """Anything -> the same."""
        return x


class ExportedNet(nn.Module):
    """Runs a program; its last linear layer is a module, and its children show their outputs.

    Raises:
        ConfigError: if the logits are not those of a linear layer.
    """

    layout = "channels_last"  # three axes are tokens: `Classifier`

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program
        last = program.steps[-1] if program.steps else None
        weight = last.arguments[1] if last is not None and len(last.arguments) > 1 else None
        if (
            last is None
            or last.operation != "torch.ops.aten.linear.default"
            or last.outputs != (program.output,)
            or not isinstance(weight, Ref)
            or not program.weights.get(weight.name, "").endswith(".weight")
        ):
            raise ConfigError(
                "the exported program does not end in a linear layer, so it has no body|head "
                "split; export the network without what follows its last nn.Linear"
            )
        self.head_path: str = program.weights[weight.name].removesuffix(".weight")
        bias = last.arguments[2] if len(last.arguments) > 2 else None
        own = program.weights.get(bias.name) if isinstance(bias, Ref) else None
        if bias is not None and own != f"{self.head_path}.bias":
            raise ConfigError("the last linear layer of the exported program borrows its bias")
        self._hold(program)
        ends = {step.part: place for place, step in enumerate(program.steps) if step.part}
        children = dict(self.named_children())
        self.watched = {at: part for part, at in ends.items() if part in children}
        self.done = _last_uses(program)

    def _hold(self, program: Program) -> None:
        """Modules for the weights, at the places that their names say."""
        out, width = program.shapes[f"{self.head_path}.weight"]
        biased = f"{self.head_path}.bias" in program.shapes
        for name, shape in program.shapes.items():
            path, _, leaf = name.rpartition(".")
            module: nn.Module = self
            walked = ""
            for part in filter(None, path.split(".")):
                walked = f"{walked}.{part}" if walked else part
                if part not in dict(module.named_children()):
                    head = walked == self.head_path
                    module.add_module(part, nn.Linear(width, out, biased) if head else Part())
                module = module.get_submodule(part)
            if path == self.head_path:
                continue  # the linear layer has its own
            if name in program.buffers:
                module.register_buffer(leaf, torch.full(shape, math.nan))
            else:
                module.register_parameter(leaf, nn.Parameter(torch.full(shape, math.nan)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, classes)."""
        values: dict[str, Any] = {self.program.sample: x.clone()}  # steps may work in place
        for name, path in self.program.weights.items():
            owner, _, leaf = path.rpartition(".")  # of the root: get_submodule("") is itself
            values[name] = getattr(self.get_submodule(owner), leaf)
        for place, step in enumerate(self.program.steps):
            if place == len(self.program.steps) - 1:
                head = cast(nn.Linear, self.get_submodule(self.head_path))
                logits: Tensor = head(_resolved(step.arguments[0], values))
                values[step.outputs[0]] = logits
            else:
                arguments = [_resolved(each, values) for each in step.arguments]
                named = {key: _resolved(each, values) for key, each in step.named}
                given = OPERATIONS[step.operation](*arguments, **named)
                several = isinstance(given, tuple | list)
                for name, each in zip(step.outputs, given if several else [given], strict=False):
                    values[name] = each
            if (part := self.watched.get(place)) and part != self.head_path:
                values[step.outputs[0]] = self.get_submodule(part)(values[step.outputs[0]])
            for name in self.done.get(place, ()):
                values.pop(name, None)
        return cast(Tensor, values[self.program.output])


def _last_uses(program: Program) -> dict[int, tuple[str, ...]]:
    """After each step, the results that no later one uses, so that they take no memory longer."""
    last: dict[str, int] = {}
    for place, step in enumerate(program.steps):
        last |= dict.fromkeys(step.outputs, place)
        last |= dict.fromkeys(_named(step.arguments), place)
        last |= dict.fromkeys(_named(tuple(value for _, value in step.named)), place)
    last.pop(program.output, None)
    found: dict[int, tuple[str, ...]] = {}
    for name, place in last.items():
        found[place] = (*found.get(place, ()), name)
    return found


def _named(argument: Argument) -> list[str]:
    if isinstance(argument, Ref):
        return [argument.name]
    if isinstance(argument, tuple):
        return [name for each in argument for name in _named(each)]
    return []


def _resolved(argument: Argument, values: Mapping[str, Any]) -> Any:
    if isinstance(argument, Ref):
        return values[argument.name]
    if isinstance(argument, tuple):
        return [_resolved(each, values) for each in argument]
    return argument
