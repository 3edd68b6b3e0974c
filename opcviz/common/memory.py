"""Peak memory of a piece of work, where the system reports it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import torch

__all__ = ["PeakMemory"]

MIB = 2**20


class PeakMemory:
    """Most memory in use at any time since it was made.

    On CUDA that is what torch allocated; on a Linux CPU the resident set of the whole process,
    interpreter and libraries included, whose high-water mark the kernel lets us reset. (The growth
    alone would say little: allocators keep what earlier work freed.) Elsewhere there is no honest
    figure.

    Args:
        device: where the work runs.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.known = False
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            self.known = True
        elif device.type == "cpu":
            with contextlib.suppress(OSError):  # no Linux, or not allowed: then there is no figure
                Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
                self.known = True

    @property
    def megabytes(self) -> float | None:
        """The figure in MiB, or None where the system does not report it."""
        if not self.known:
            return None
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / MIB
        lines = Path("/proc/self/status").read_text().splitlines()
        high = next(line for line in lines if line.startswith("VmHWM:"))
        return float(high.split()[1]) / 1024
