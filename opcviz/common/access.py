"""Which paths of this machine whoever asks may name: all of them, or those of a shared server.

On a person's own machine nothing is restricted. A server that answers others knows who asks
(`ask`, set by the screen), writes it into each run, and the process that executes the run holds to
it (`held`). What opens a file or loads code that somebody named asks `check_path` or `check_code`
first, so that a request which no page sends is refused where the file would be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .config import IntakeError
from .records import Record

__all__ = ["Access", "also", "ask", "check_code", "check_path", "current", "held"]


@dataclass(frozen=True)
class Access(Record):
    """What may be named, where not everything may.

    Attributes:
        places: folders; what lies below them may be read.
        code: Python files and folders of them that may be loaded, as they are named.
        any_code: whether every Python file may be.
        visitor: who asks, as far as runs of one are told from those of others; empty: not known.
    """

    places: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    any_code: bool = False
    visitor: str = ""


_asked: Callable[[], Access | None] = lambda: None  # noqa: E731  # replaced as a whole by `ask`
_held: list[Access | None] = []  # of the run under way: a process executes one at a time


def ask(who: Callable[[], Access | None]) -> None:
    """From now on, outside of a run, `who` tells what whoever asks now may name; None: all."""
    global _asked
    _asked = who


def current() -> Access | None:
    """What may be named now: by the run under way, else by whoever asks; None: everything."""
    return _held[-1] if _held else _asked()


@contextmanager
def held(access: Access | None) -> Iterator[None]:
    """Hold everything in this process to `access`."""
    _held.append(access)
    try:
        yield
    finally:
        _held.pop()


@contextmanager
def also(paths: Iterable[str]) -> Iterator[None]:
    """Let some paths be named besides, that somebody chose who could: those of a stored study."""
    now, more = current(), tuple(path for path in paths if path)
    if now is None or not more:
        yield
        return
    with held(replace(now, places=(*now.places, *more))):
        yield


def check_path(path: str | Path, named: str = "") -> None:
    """See that a file or folder may be read by whoever asks.

    Args:
        path: what would be read.
        named: as it was asked for, where that differs.

    Links are followed first: what counts is where the content lies. What is refused is not looked
    at, so that the message does not tell whether it is there.

    Raises:
        IntakeError: naming the path and what to do.
    """
    now = current()
    if now is None:
        return
    asked = os.path.realpath(os.path.expanduser(str(path))) if "\0" not in str(path) else ""
    for place in now.places:
        allowed = os.path.realpath(os.path.expanduser(place))
        if asked == allowed or asked.startswith(allowed.rstrip(os.sep) + os.sep):
            return
    raise IntakeError(
        f"{_short(named or path)}: this server is shared, and this path on it may not be "
        "named; upload the file, or ask whoever runs the server to allow its folder "
        "(OPCVIZ_SHARED_PATHS)"
    )


def check_code(path: str | Path) -> None:
    """See that a Python file may be loaded for whoever asks.

    Raises:
        IntakeError: naming the file and what to do.
    """
    now = current()
    if now is None or now.any_code or str(path) in now.code:
        return
    raise IntakeError(
        f"{_short(path)}: this server is shared, and a Python file is a program that would run on "
        "it; ask whoever runs the server to name it (OPCVIZ_PLUGINS)"
    )


def _short(path: str | Path) -> str:
    text = repr(str(path))
    return text if len(text) <= 120 else f"{text[:117]}...'"
