"""Body and head of any network: m = g∘f, with f(x) the input of the last linear layer.

A `Classifier` wraps a network as it is. It finds the head and the blocks by watching one forward
pass, so a model somebody brings needs no interface of ours.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..common.config import ConfigError
from ..data import Data
from .architectures import build_network
from .body_head import Activations, BlockNet
from .settings import Architecture

__all__ = ["Classifier", "build_classifier", "wrap_network"]

LAYOUTS = {"channels_first": 1, "channels_last": -1}
"""What a network may declare of outputs of three axes, in an attribute `layout`: the channels'."""

CHANNELS_FIRST = (
    *(nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm),
    *(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
)
CHANNELS_LAST = (nn.Linear, nn.LayerNorm, nn.Embedding)

Hook = Callable[[nn.Module, tuple[Any, ...], Any], None]
"""A forward hook that only looks: a module, what it was given, what it made of it."""


class Classifier(BlockNet):
    """A network with its input normalisation, split into body and head.

    Takes pictures as floats in [0, 1], so that attacks work in pixel space and every model
    normalises for itself. Samples of other shapes, (channels, T) signals say, work as well.

    Args:
        net: any module, (B, *shape) -> (B, classes), whose last step is an `nn.Linear`. An
            attribute `layout` of `channels_first`, (B, C, T), or `channels_last`, (B, T, d), tells
            signals from tokens; it is needed where the layers of a block do not show it.
        mean, std: (channels,) statistics of the samples, in [0, 1] for pictures.
        shape: (channels, ...) of a sample; (channels, H, W) for pictures.
        resize: enlarge pictures to this side first (0: keep).

    Raises:
        ConfigError: if the network cannot take the samples, no linear layer makes its logits, or
            the layout of a block's output is unknown.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        net: nn.Module,
        mean: Tensor,
        std: Tensor,
        shape: tuple[int, ...],
        resize: int = 0,
    ) -> None:
        super().__init__()
        if resize and len(shape) != 3:
            raise ConfigError(
                f"Architecture.resize: {resize} enlarges pictures, and samples of shape "
                f"{_sizes(shape)} are none; set it to 0"
            )
        self.net = net
        self.resize = resize
        per_channel = (1, -1, *(1 for _ in shape[1:]))
        self.register_buffer("mean", mean.float().view(per_channel).clone())
        self.register_buffer("std", std.float().view(per_channel).clone())
        self.head_name, self._channel_axes = self._find(shape)

    @property
    def block_names(self) -> tuple[str, ...]:
        """The blocks of the body, from input to head."""
        return tuple(self._channel_axes)

    @property
    def head(self) -> nn.Linear:
        """The last linear layer g, d -> C."""
        # `_find` has seen that it is one
        return cast(nn.Linear, self.net.get_submodule(self.head_name))

    @property
    def classes(self) -> int:
        """The number of classes C."""
        return self.head.out_features

    def forward(self, x: Tensor) -> Tensor:
        """Samples (B, *shape), pictures in [0, 1] -> logits (B, C)."""
        x = (x - self.mean) / self.std
        if self.resize:
            x = F.interpolate(x, size=(self.resize,) * 2, mode="bilinear", align_corners=False)
        logits: Tensor = self.net(x)
        return logits

    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """One pass: features (B, d) and logits (B, C)."""
        with self._watch({self.head_name: "in"}) as seen:
            logits = self(x)
        return seen[self.head_name], logits

    def activations(self, x: Tensor) -> Activations:
        """One pass with every block's output kept."""
        with self._watch({**dict.fromkeys(self.block_names, "out"), self.head_name: "in"}) as seen:
            logits = self(x)
        blocks = {name: seen[name].movedim(axis, 1) for name, axis in self._channel_axes.items()}
        return Activations(blocks, seen[self.head_name], logits)

    @contextmanager
    def _watch(self, wanted: dict[str, str]) -> Iterator[dict[str, Tensor]]:
        seen: dict[str, Tensor] = {}

        def keep(name: str, side: str) -> Hook:
            def hook(_module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
                seen[name] = inputs[0] if side == "in" else _first(output)

            return hook

        hooks = [
            self.net.get_submodule(name).register_forward_hook(keep(name, side))
            for name, side in wanted.items()
        ]
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    def _find(self, shape: tuple[int, ...]) -> tuple[str, dict[str, int]]:
        """The head, and each block with its axis of channels, from one watched pass."""
        linear: OrderedDict[str, Tensor] = OrderedDict()
        blocks: OrderedDict[str, Tensor] = OrderedDict()
        leaves: list[tuple[str, int, torch.Size]] = []  # name, axis of channels, output's shape

        def record(into: OrderedDict[str, Tensor], name: str) -> Hook:
            def hook(_module: nn.Module, _inputs: tuple[Any, ...], output: Any) -> None:
                into.pop(name, None)  # a layer used twice counts where it was used last
                into[name] = _first(output)

            return hook

        def witness(name: str, axis: int) -> Hook:
            def hook(_module: nn.Module, _inputs: tuple[Any, ...], output: Any) -> None:
                if isinstance(output, Tensor):
                    leaves.append((name, axis, output.shape))

            return hook

        hooks = []
        for name, module in self.net.named_modules():
            if isinstance(module, CHANNELS_FIRST):
                hooks.append(module.register_forward_hook(witness(name, 1)))
            elif isinstance(module, CHANNELS_LAST):
                hooks.append(module.register_forward_hook(witness(name, -1)))
            if isinstance(module, nn.Linear):
                hooks.append(module.register_forward_hook(record(linear, name)))
            elif name in self._stages():
                hooks.append(module.register_forward_hook(record(blocks, name)))
        training = self.training
        self.eval()
        try:
            with torch.no_grad():
                logits = self(torch.full((2, *shape), 0.5, device=self.mean.device))
        except (RuntimeError, ValueError, IndexError, AssertionError) as error:
            raise ConfigError(self._misfit(shape, error)) from error
        finally:
            self.train(training)
            for hook in hooks:
                hook.remove()
        head = next((n for n in reversed(linear) if linear[n] is logits), None)
        if head is None or not isinstance(logits, Tensor) or logits.dim() != 2:
            raise ConfigError(
                f"{type(self.net).__name__} does not end in a linear layer, so it has no body|head "
                "split: features are defined as the input of the last nn.Linear"
            )
        # a child that ends in the head (`classifier` of a VGG) gives logits: no block of the body
        kept = {n: o for n, o in blocks.items() if isinstance(o, Tensor) and o is not logits}
        return head, {name: self._channels(name, out, leaves) for name, out in kept.items()}

    def _misfit(self, shape: tuple[int, ...], error: Exception) -> str:
        """Why the network cannot take the samples, and what to do."""
        why = (str(error).splitlines() or [type(error).__name__])[0]
        name = type(self.net).__name__
        if len(shape) != 3:
            return (
                f"{name} cannot take samples of shape {_sizes(shape)} ({why}); choose a network "
                "for data of this shape"
            )
        return (
            f"{name} cannot take pictures of {shape[1]}×{shape[2]} pixels with {shape[0]} channels "
            f"({why}); set Architecture.resize to enlarge them first, or choose another network"
        )

    def _channels(
        self, block: str, output: Tensor, leaves: list[tuple[str, int, torch.Size]]
    ) -> int:
        """The axis of a block's output (B, ...) that holds its channels.

        Of three axes, what the network declares in `layout`; else what its layers show: the last
        one inside the block whose output has the block's shape. Without such a layer, more axes
        are (B, C, H, W, ...).

        Raises:
            ConfigError: for a declaration that is none, or where one is missing.
        """
        declared = getattr(self.net, "layout", None)
        if declared is not None and declared not in LAYOUTS:
            raise ConfigError(
                f"{type(self.net).__name__}.layout is {declared!r}; it may be "
                f"{' or '.join(map(repr, LAYOUTS))}"
            )
        if output.dim() <= 2:
            return 1
        if declared is not None and output.dim() == 3:
            return LAYOUTS[declared]
        inside = [
            axis for name, axis, shape in leaves if _within(name, block) and shape == output.shape
        ]
        if inside:
            return inside[-1]
        if output.dim() > 3:
            return 1
        raise ConfigError(
            f"block '{block}' of {type(self.net).__name__} gives {tuple(output.shape)[1:]} a "
            "sample, and its layers do not show whether that is (channels, positions) or "
            "(positions, channels); set the attribute layout = 'channels_first' or "
            "'channels_last' on the network"
        )

    def _stages(self) -> set[str]:
        """Candidate blocks: those it declares, else its children, or a lone feature extractor's."""
        declared: tuple[str, ...] | None = getattr(self.net, "block_paths", None)
        if declared is not None:
            return set(declared)
        children = dict(self.net.named_children())
        names = {n for n, m in children.items() if any(True for _ in m.parameters())}
        for name, module in children.items():
            inner = dict(module.named_children())
            if isinstance(module, nn.Sequential) and len(names) <= 2 and len(inner) > 2:
                names.discard(name)  # a VGG-like `features`: its pooled parts are the blocks
                names |= {
                    f"{name}.{k}" for k, m in inner.items() if not isinstance(m, nn.Dropout)
                } - ({f"{name}.{k}" for k, m in inner.items() if isinstance(m, nn.Linear)})
        return names


def _first(output: Any) -> Any:
    """What a block hands on: the first of several results."""
    return output[0] if isinstance(output, tuple | list) and output else output


def _within(name: str, block: str) -> bool:
    return name == block or name.startswith(f"{block}.")


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def build_classifier(spec: Architecture, data: Data, seed: int) -> Classifier:
    """A freshly initialised `Classifier` for a data set, the same for the same seed.

    Args:
        spec: which network.
        data: the data set; gives shape, classes and statistics of the samples.
        seed: of the initial weights; torch's global generator is left as it was.

    Raises:
        ConfigError: if the name is unknown or the network does not fit the samples.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build_network(spec, data.shape[0], data.classes)
    mean, std = (value.cpu() for value in data.mean_std())
    return Classifier(net, mean, std, data.shape, spec.resize).to(data.device)


def wrap_network(
    net: nn.Module,
    data: Data,
    mean: Tensor | None = None,
    std: Tensor | None = None,
    resize: int = 0,
) -> Classifier:
    """Somebody's own network as a `Classifier` for a data set, on the data's device.

    Args:
        net: the network; it is moved, not copied.
        data: the data set; gives shape and classes of the samples.
        mean, std: (channels,) that samples are normalised with; none: they are not.
        resize: enlarge pictures to this side first (0: keep).

    Raises:
        ConfigError: if it does not fit the samples, has no linear head or answers another number
            of classes; for a mean or deviation of other channels.
    """
    channels = data.shape[0]
    mean = torch.zeros(channels) if mean is None else torch.as_tensor(mean).cpu()
    std = torch.ones(channels) if std is None else torch.as_tensor(std).cpu()
    for name, given in (("mean", mean), ("std", std)):
        if given.shape != (channels,):
            raise ConfigError(
                f"{name}: has shape {tuple(given.shape)}; wants ({channels},), one number for each "
                f"channel of {data.name}"
            )
    network = Classifier(net.cpu(), mean, std, data.shape, resize).to(data.device)
    if network.classes != data.classes:
        raise ConfigError(
            f"{type(net).__name__} answers {network.classes} classes, and {data.name} has "
            f"{data.classes}"
        )
    return network
