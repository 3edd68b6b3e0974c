"""A user's own methods: one Python file each, given by path, by folder or by entry point.

A file joins with the same decorator as ours and is found in

* the files and folders named in `OPCVIZ_METHODS` (separated like `PATH`), and any passed here;
* installed packages with an entry point in the group `opcviz.methods`.

A file that cannot be used is refused as a whole, with its line and the reason; everything else
works on as if it were not there. A file that changed is loaded anew.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from ..common.config import fingerprint
from .base import _REGISTRY, Method

__all__ = ["Refused", "add_source", "load_methods", "sources"]

VARIABLE = "OPCVIZ_METHODS"


@dataclass(frozen=True)
class Refused:
    """A file or entry point that could not be used.

    Attributes:
        source: the file, or the entry point's name.
        line: where in the file, or None.
        reason: what is wrong there.
    """

    source: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source}, line {self.line}"
        return f"{where}: {self.reason}; the methods of this file are left out"


@dataclass(frozen=True)
class _Loaded:
    stamp: tuple[int, int]  # change time (ns) and size of the file
    names: tuple[str, ...]  # methods it registered
    refused: Refused | None


_files: dict[Path, _Loaded] = {}
_entries: dict[str, Refused | None] = {}


def load_methods(paths: Iterable[str | Path] = ()) -> list[Refused]:
    """Register the methods of all known files and entry points that are not yet registered.

    Args:
        paths: further files or folders; a folder stands for its `*.py`.

    Returns:
        What was refused, now or before.
    """
    named = [*sources(), *map(str, paths)]
    files = [file for path in named for file in _python_files(Path(path).expanduser())]
    refused = [found for file in dict.fromkeys(files) if (found := _load_file(file.absolute()))]
    return refused + [found for found in _load_entries() if found]


def add_source(path: str | Path) -> None:
    """Name a file or folder in the environment of this process and those it starts later."""
    os.environ[VARIABLE] = os.pathsep.join(dict.fromkeys([*sources(), str(path)]))


def sources() -> list[str]:
    """The files and folders named so far."""
    return [part for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]


def _python_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("*.py") if not file.name.startswith("_"))
    return [path]


def _load_file(file: Path) -> Refused | None:
    try:
        about = file.stat()
    except OSError as error:
        return Refused(str(file), None, f"cannot be read ({error.strerror})")
    stamp = (about.st_mtime_ns, about.st_size)
    known = _files.get(file)
    if known is None or known.stamp != stamp:
        for name in known.names if known else ():
            _REGISTRY.pop(name, None)
        module = f"opcviz_user_{file.stem}_{fingerprint(str(file))}"
        names, refused = _guarded(str(file), lambda: _execute(file, module))
        known = _files[file] = _Loaded(stamp, names, refused)
    return known.refused


def _execute(file: Path, module: str) -> None:
    # compiled here and not by the import system, whose bytecode cache trusts whole seconds
    code = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    spec = importlib.util.spec_from_loader(module, loader=None, origin=str(file))
    made = importlib.util.module_from_spec(spec)
    made.__file__ = str(file)
    sys.modules[module] = made  # dataclasses look their module up
    exec(code, made.__dict__)


def _load_entries() -> list[Refused | None]:
    for entry in entry_points(group="opcviz.methods"):
        if entry.name not in _entries:
            _, _entries[entry.name] = _guarded(f"entry point {entry.name}", entry.load)
    return list(_entries.values())


def _guarded(source: str, load) -> tuple[tuple[str, ...], Refused | None]:
    """Load, check what was registered, and undo all of it if anything is wrong."""
    before = dict(_REGISTRY)
    try:
        load()
        new = {name: cls for name, cls in _REGISTRY.items() if before.get(name) is not cls}
        if not new:
            raise TypeError("no method is registered here; decorate a class with @register(...)")
        for cls in new.values():
            _check(cls)
    except Exception as error:  # whatever a user's file does, it must not take the program along
        _REGISTRY.clear()
        _REGISTRY.update(before)
        return (), Refused(source, _line(error, source), f"{type(error).__name__}: {error}")
    return tuple(new), None


def _check(cls: type) -> None:
    """A method must be a Method whose settings all have usable defaults."""
    if not (isinstance(cls, type) and issubclass(cls, Method)):
        raise TypeError(f"{cls.__name__} is no Method: derive it from Method or Iterative")
    if "__dataclass_fields__" not in cls.__dict__:
        raise TypeError(f"{cls.__name__} is no dataclass: put @dataclass(frozen=True) above it")
    cls()


def _line(error: Exception, source: str) -> int | None:
    """The last line of the file itself that led to the error."""
    if isinstance(error, SyntaxError) and error.filename == source:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == source), None)
