"""A bound on what this process may allocate, so that one run cannot take a shared machine along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["allocating_at_most"]


@contextmanager
def allocating_at_most(extra: int | None) -> Iterator[bool]:
    """Let allocations fail (`MemoryError`, or torch's own) beyond so many bytes more than now.

    Counted is the data that the process asked for, used or not; what a graphics card holds is not
    among it. Only Linux keeps to it.

    Args:
        extra: bytes; None: no bound.

    Yields:
        Whether the bound holds.
    """
    status = Path("/proc/self/status")
    if extra is None or not status.exists():
        yield False
        return
    import resource  # not on Windows

    line = next(each for each in status.read_text().splitlines() if each.startswith("VmData:"))
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(line.split()[1]) * 1024 + extra
    known = [each for each in (soft, hard) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([wanted, *known]), hard))
    try:
        yield True
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
