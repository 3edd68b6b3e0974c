"""Where the work runs and in which number format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn

from .config import ConfigError

__all__ = [
    "autocast",
    "fitting_threads",
    "flush_denormals",
    "memory_format",
    "pick_device",
    "synchronize",
]


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
        model: what is computed.
        pixels: H·W of its pictures.
    """
    before = torch.get_num_threads()
    small = pixels * sum(p.numel() for p in model.parameters()) < 20_000_000
    torch.set_num_threads(1 if small else before)
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


def _bf16_pays(device: torch.device, model: nn.Module) -> bool:
    """Half-width floats pay on tensor cores, and on a CPU with bf16 units for large nets only.

    A 78k-parameter net is bound by call overhead: casting would add to it.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device.type != "cpu" or sum(p.numel() for p in model.parameters()) < 1_000_000:
        return False
    capability = torch.backends.cpu.get_cpu_capability()
    return bool(capability.startswith("AVX512") and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def autocast(
    precision: str, device: torch.device, model: nn.Module
) -> AbstractContextManager[object]:
    """Context for forward and loss: `fp32`, `bf16`, or `auto` (bf16 where it pays)."""
    if precision == "bf16" or (precision == "auto" and _bf16_pays(device, model)):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def memory_format(device: torch.device, model: nn.Module) -> torch.memory_format:
    """Channels-last wherever bf16 convolutions run: both want the same kernels."""
    return torch.channels_last if _bf16_pays(device, model) else torch.contiguous_format


def synchronize(device: torch.device) -> None:
    """Wait for queued device work, so that a clock read afterwards is honest."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
