"""File locks that the operating system releases when the process that holds them dies.

A process that executes a run holds the lock in the run's folder, the engine program holds the one
of its store. `kill -9` frees both, so "is somebody there?" has an answer without heartbeats,
process numbers (which are reused) or clocks.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypedDict

from filelock import FileLock, Timeout

if sys.platform != "win32":
    import fcntl

__all__ = [
    "EngineState",
    "EngineStatus",
    "engine_folder",
    "engine_state",
    "holding",
    "is_held",
    "write_json",
]

EngineStatus = Literal["starting", "ready", "stopping"]


class EngineState(TypedDict):
    """What the engine program of a store writes of itself."""

    id: str  # of the program, new with each start
    pid: int
    state: EngineStatus
    address: str  # of the scheduler; empty while starting
    workers: int
    time: float  # seconds since 1970


@contextmanager
def holding(path: Path, timeout: float = 0.0) -> Iterator[bool]:
    """Hold the lock at `path` inside the block; yields False if another process keeps it."""
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
    """Whether some process holds the lock at `path`; any number may ask at once."""
    if sys.platform == "win32":  # no shared locks: the test takes the lock for a moment
        if not path.exists():
            return False
        with holding(path, timeout=0.02) as free:
            return not free
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:  # shared, so that two concurrent tests do not see each other as the holder
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def engine_folder(store: Path) -> Path:
    """Where the engine program of a store keeps its lock, state, log and list of clients."""
    return Path(store) / "engine"


def engine_state(store: Path) -> EngineState | None:
    """What the engine program of a store last wrote of itself; None if none is alive."""
    folder = engine_folder(store)
    if not is_held(folder / "lock"):
        return None
    try:
        state: EngineState = json.loads((folder / "state.json").read_text())
        return state
    except (OSError, ValueError):  # it holds the lock and has not written yet
        return {"id": "", "pid": 0, "state": "starting", "address": "", "workers": 0, "time": 0.0}


def write_json(path: Path, value: object) -> None:
    """Write beside and rename into place: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        beside.write_text(json.dumps(value, indent=1))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)  # what a full disk cut off
