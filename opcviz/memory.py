"""Peak memory of a piece of work, where the system can tell."""

from __future__ import annotations

from pathlib import Path

import torch

__all__ = ["PeakMemory"]

MB = 2**20


class PeakMemory:
    """Most memory used since it was made, beyond what was in use then.

    On CUDA that is what torch allocated; on a Linux CPU the resident set of this process, whose
    high-water mark the kernel lets us reset. Elsewhere there is no honest figure.

    Args:
        device: where the work runs.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.start = 0.0
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            self.start = torch.cuda.memory_allocated(device) / MB
        elif device.type == "cpu" and (reset := Path("/proc/self/clear_refs")).exists():
            try:
                reset.write_text("5")  # resets VmHWM
                self.start = _resident("VmRSS")
            except OSError:
                self.start = float("nan")

    @property
    def megabytes(self) -> float | None:
        """The figure in MiB, or None where the system does not tell."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / MB - self.start
        if self.device.type != "cpu" or not Path("/proc/self/status").exists():
            return None
        used = _resident("VmHWM") - self.start
        return used if used == used else None


def _resident(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return float(line.split()[1]) / 1024
    return float("nan")
