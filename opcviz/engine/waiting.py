"""Who waits for a run: several visitors may ask for the same one, and share it.

    STORE/runs/ID/waits/WHO     touched as long as somebody looks at the run

Somebody who has not looked for `GONE` seconds (the window was closed) waits no longer.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["GONE", "keep_waiting", "leave", "others_wait"]

GONE = 60.0
"""Seconds after which somebody who does not look any more is taken for gone."""
OFTEN = 5.0  # seconds between two touches
_WHO = re.compile(r"[0-9a-f]{0,64}")


def keep_waiting(run: Path, who: str, clock: Callable[[], float] = time.time) -> None:
    """Note that somebody waits for a run; asking often costs a look.

    Args:
        run: the run's folder.
        who: hexadecimal digits; empty for whoever uses a machine of their own.
        clock: seconds since 1970.
    """
    path = _path(run, who)
    now = clock()
    try:
        if now - path.stat().st_mtime < OFTEN:
            return
    except FileNotFoundError:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    os.utime(path, (now, now))


def leave(run: Path, who: str) -> None:
    """Somebody waits no longer."""
    _path(run, who).unlink(missing_ok=True)


def others_wait(run: Path, who: str, clock: Callable[[], float] = time.time) -> bool:
    """Whether anybody else waits for a run."""
    mine, now = _path(run, who), clock()
    for path in mine.parent.glob("*"):
        try:
            if path != mine and now - path.stat().st_mtime < GONE:
                return True
        except FileNotFoundError:  # left just now
            continue
    return False


def _path(run: Path, who: str) -> Path:
    """Where a wait is noted.

    Raises:
        ValueError: for a name that might lead elsewhere.
    """
    if not _WHO.fullmatch(who):
        raise ValueError(f"who waits is told by hexadecimal digits, not {who!r}")
    return run / "waits" / (who or "self")
