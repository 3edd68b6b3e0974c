"""Locks that the operating system lets go when their holder dies: who works is never guessed.

A process that executes a run holds the lock in the run's folder, the engine program holds the one
of its store. `kill -9` frees both, so "is somebody there?" has an answer without heartbeats,
process numbers (which are reused) or clocks.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

try:
    import fcntl
except ImportError:
    fcntl = None

__all__ = ["engine_folder", "engine_state", "holding", "is_held", "write_json"]


@contextmanager
def holding(path: Path, timeout: float = 0.0) -> Iterator[bool]:
    """Hold the lock at `path` inside the block; yields False if somebody else kept it."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=timeout, poll_interval=0.01)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock at `path`; any number may look at once."""
    if fcntl is None:  # on Windows a look takes the lock for a moment
        if not path.exists():
            return False
        with holding(path, timeout=0.02) as free:
            return not free
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:  # shared, so that two who look do not take each other for the holder
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def engine_folder(store: Path) -> Path:
    """Where the engine program of a store keeps its lock, state, log and list of clients."""
    return Path(store) / "engine"


def engine_state(store: Path) -> dict[str, Any] | None:
    """What the engine program of a store last wrote of itself; None if none is alive.

    `id`, `pid`, `state` (starting | ready | stopping), `address`, `workers`, `time`.
    """
    folder = engine_folder(store)
    if not is_held(folder / "lock"):
        return None
    try:
        return json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):  # it holds the lock and has not written yet
        return {"id": "", "pid": 0, "state": "starting", "address": "", "workers": 0, "time": 0.0}


def write_json(path: Path, value: Any) -> None:
    """Write beside and rename into place: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    beside.write_text(json.dumps(value, indent=1))
    os.replace(beside, path)
