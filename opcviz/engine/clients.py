"""Clients of the engine program: one file a process, so that the program ends with the last.

Two apps may share one store and one engine; the engine must outlive the first to close and must
not outlive both. A process is known by its number *and* its start, for numbers are reused.
"""

from __future__ import annotations

from pathlib import Path

from .locks import engine_folder, write_json

__all__ = ["any_client", "register"]


def register(store: Path, pid: int) -> None:
    """Note that a living process uses the engine of this store; repeated calls cost a lookup.

    Raises:
        OSError: if the store cannot be written.
    """
    path = engine_folder(store) / "clients" / str(pid)
    started = _start_time(pid)
    if started is None or (path.exists() and path.read_text() == str(started)):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, started)


def any_client(store: Path) -> bool:
    """Whether any registered process still lives; those that do not are forgotten."""
    folder = engine_folder(store) / "clients"
    living = False
    for path in folder.glob("[0-9]*"):
        if str(_start_time(int(path.name))) == path.read_text():
            living = True
        else:
            path.unlink(missing_ok=True)
    return living


def _start_time(pid: int) -> float | None:
    """When a process started; None if it is gone (a zombie is)."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
