"""A folder that several use at once, and somebody needs alone: locks that end with a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["alone", "in_use"]


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Use what a file stands for, beside others; nobody has it alone meanwhile.

    Where a file system knows no locks, or the place takes no file, nothing is held.
    """
    with _locked(path, exclusive=False):
        yield


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Have it alone inside the block; yields False, without waiting, if others use it."""
    with _locked(path, exclusive=True) as free:
        yield free


@contextmanager
def _locked(path: Path, exclusive: bool) -> Iterator[bool]:
    if sys.platform == "win32":  # no shared locks
        yield True
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        yield True
        return
    try:
        try:
            how = fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            yield False
            return
        except OSError:  # as of some network file systems
            yield True
            return
        yield True
    finally:
        os.close(descriptor)
