"""Body and head of any network: m = g∘f, with f(x) the input of the last linear layer.

A `Classifier` wraps a network as it is. It finds the head and the blocks by watching one forward
pass, so a model somebody brings needs no interface of ours.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..common.config import ConfigError

__all__ = ["Classifier", "Taps"]


@dataclass
class Taps:
    """Everything one forward pass shows.

    Attributes:
        blocks: block name to its output, (B, ...) as the network makes it, from input to head.
        features: (B, d), the input of the head.
        logits: (B, C).
    """

    blocks: dict[str, Tensor]
    features: Tensor
    logits: Tensor


class Classifier(nn.Module):
    """A network with its pixel normalisation, split into body and head.

    Takes pictures as floats in [0, 1], so that attacks work in pixel space and every model
    normalises for itself.

    Args:
        net: any module, (B, channels, H, W) -> (B, classes), whose last step is an `nn.Linear`.
        mean, std: (channels,) pixel statistics in [0, 1].
        shape: (channels, H, W) of the pictures.
        resize: enlarge pictures to this side first (0: keep).

    Raises:
        ConfigError: if the network cannot take the pictures, or no linear layer makes its logits.
    """

    def __init__(
        self,
        net: nn.Module,
        mean: Tensor,
        std: Tensor,
        shape: tuple[int, int, int],
        resize: int = 0,
    ) -> None:
        super().__init__()
        self.net = net
        self.resize = resize
        self.register_buffer("mean", mean.float().view(1, -1, 1, 1).clone())
        self.register_buffer("std", std.float().view(1, -1, 1, 1).clone())
        self.head_name, self.block_names = self._find(shape)

    @property
    def head(self) -> nn.Linear:
        """The last linear layer g, d -> C."""
        return self.net.get_submodule(self.head_name)

    @property
    def classes(self) -> int:
        """The number of classes C."""
        return self.head.out_features

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (B, channels, H, W) in [0, 1] -> logits (B, C)."""
        x = (x - self.mean) / self.std
        if self.resize:
            x = F.interpolate(x, size=(self.resize,) * 2, mode="bilinear", align_corners=False)
        return self.net(x)

    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """One pass: features (B, d) and logits (B, C)."""
        with self._watch({self.head_name: "in"}) as seen:
            logits = self(x)
        return seen[self.head_name], logits

    def taps(self, x: Tensor) -> Taps:
        """One pass with every block's output kept."""
        with self._watch({**dict.fromkeys(self.block_names, "out"), self.head_name: "in"}) as seen:
            logits = self(x)
        return Taps({name: seen[name] for name in self.block_names}, seen[self.head_name], logits)

    @contextmanager
    def _watch(self, wanted: dict[str, str]) -> Iterator[dict[str, Tensor]]:
        seen: dict[str, Tensor] = {}

        def keep(name: str, side: str):
            return lambda _module, inputs, output: seen.__setitem__(
                name, inputs[0] if side == "in" else output
            )

        hooks = [
            self.net.get_submodule(name).register_forward_hook(keep(name, side))
            for name, side in wanted.items()
        ]
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    def _find(self, shape: tuple[int, int, int]) -> tuple[str, tuple[str, ...]]:
        """The head and the blocks, from one watched pass over a grey picture."""
        linear: OrderedDict[str, Tensor] = OrderedDict()
        blocks: OrderedDict[str, Tensor] = OrderedDict()

        def record(into: OrderedDict, name: str):
            def hook(_module, _inputs, output):
                into.pop(name, None)  # a layer used twice counts where it was used last
                into[name] = output

            return hook

        hooks = []
        for name, module in self.net.named_modules():
            if isinstance(module, nn.Linear):
                hooks.append(module.register_forward_hook(record(linear, name)))
            elif name in self._stages():
                hooks.append(module.register_forward_hook(record(blocks, name)))
        training = self.training
        self.eval()
        try:
            with torch.no_grad():
                logits = self(torch.full((2, *shape), 0.5, device=self.mean.device))
        except (RuntimeError, ValueError, AssertionError) as error:
            raise ConfigError(
                f"{type(self.net).__name__} cannot take pictures of {shape[1]}×{shape[2]} pixels "
                f"with {shape[0]} channels ({str(error).splitlines()[0]}); set Architecture.resize "
                "to enlarge them first, or choose another network"
            ) from error
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
        kept = (n for n, out in blocks.items() if isinstance(out, Tensor) and out is not logits)
        return head, tuple(kept)

    def _stages(self) -> set[str]:
        """Candidate blocks: the network's children, or those of a lone feature extractor."""
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
