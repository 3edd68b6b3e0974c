"""Where the work runs, in which number format and in which order in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from .config import ConfigError

__all__ = [
    "SMALL",
    "Pace",
    "fitting_threads",
    "flush_denormals",
    "pick_device",
    "synchronize",
]

SMALL = 20_000_000
"""Weights times positions of a sample below which an operator is bound by its call: ResNet-20 on
8×8 pictures is, on 16×16 ones it is not."""


def flush_denormals() -> None:
    """Treat numbers below 1e-38 as zero, from here on and in threads started later.

    A contracted model's features and gradients are that small, and a CPU computes with them up to
    five times slower than with zero.
    """
    torch.set_flush_denormal(True)


@contextmanager
def fitting_threads(model: nn.Module, pixels: int) -> Iterator[None]:
    """Compute on one thread while a net is too small to share, on all of them otherwise.

    An operator on 8×8 pictures takes tens of microseconds: a second thread gains nothing on a quiet
    machine, and waiting for it costs five to fifteen times the work on a busy one (a laptop that
    also draws the browser). One thread also makes sums come out the same on every machine.

    Args:
        model: what is computed. Its attribute `positions`, where it has one, says how often each
            weight is used for one picture: once in a net without convolutions.
        pixels: H·W of its pictures; how often a convolution's weight is used.
    """
    before = torch.get_num_threads()
    pixels = getattr(model, "positions", pixels)
    torch.set_num_threads(1 if pixels * _weights(model) < SMALL else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def pick_device(name: str = "auto") -> torch.device:
    """`auto` is CUDA, then MPS, then the CPU; anything else is taken at its word.

    Raises:
        ConfigError: for a device that is not there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()  # `meta` makes tensors, but they hold nothing
    except (RuntimeError, AssertionError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"device '{name}' cannot be used here: {reason}") from error
    return device


@dataclass(frozen=True)
class Pace:
    """How a training computes: both are decided once, from its settings, before the first step.

    Attributes:
        device: where.
        precision: `bf16` for forward pass and loss (weights, sums of a norm and the optimiser keep
            fp32), or `fp32` for everything.
        memory_format: order of the axes of pictures and filters in memory.
    """

    device: torch.device
    precision: str
    memory_format: torch.memory_format

    @classmethod
    def of(
        cls, precision: str, layout: str, device: torch.device, model: nn.Module, positions: int
    ) -> Pace:
        """What settings come to.

        Args:
            precision: `fp32`, `bf16`, or `auto`: bf16 where that pays.
            layout: `contiguous`, `channels_last`, or `auto`: channels-last where bf16 pays, for its
                convolutions want both.
            device: where the work is done.
            model: the network.
            positions: H·W of its pictures (T of signals).
        """
        pays = _bf16_pays(device, model, positions)
        wide = layout == "channels_last" or (layout == "auto" and pays)
        return cls(
            device,
            "bf16" if precision == "bf16" or (precision == "auto" and pays) else "fp32",
            torch.channels_last if wide else torch.contiguous_format,
        )

    def autocast(self) -> AbstractContextManager[object]:
        """Context for forward pass and loss.

        Casts are not cached: a weight that is used without a gradient first (by an objective that
        looks at its own model) would have none for the rest of the step.
        """
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16, cache_enabled=False)


def _weights(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def _bf16_pays(device: torch.device, model: nn.Module, positions: int) -> bool:
    """Half-width floats pay on tensor cores, and on a CPU with bf16 units but for small nets.

    A 78k-parameter net on 8×8 pictures is bound by call overhead: casting would add to it.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    weights = _weights(model)
    if device.type != "cpu" or (weights < 1_000_000 and weights * positions < SMALL):
        return False
    capability = torch.backends.cpu.get_cpu_capability()
    return bool(capability.startswith("AVX512") and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def synchronize(device: torch.device) -> None:
    """Wait for queued device work, so that a clock read afterwards is honest."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
