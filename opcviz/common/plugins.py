"""A user's own Python files: methods and kinds of artefact that join by one decorated class.

A file is found in

* the files and folders named in an environment variable (separated like `PATH`), and any passed;
* installed packages with an entry point in a group.

A file that cannot be used is refused as a whole, with its line and the reason; everything else
works on as if it were not there. A file that changed is loaded anew, one that does not come to an
end is interrupted.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

from .access import check_code
from .config import fingerprint
from .registry import Registry

__all__ = ["GROUPS", "Loader", "Refused", "add_source", "loader", "python_files", "sources"]

PATH_VARIABLE = "OPCVIZ_PLUGINS"
OLD_PATH_VARIABLE = "OPCVIZ_METHODS"  # its name while only methods could join
# Where files may enter something. Imported before the first is read: what such a module enters
# itself must not be taken for the file's.
JOINABLE = (
    *("opcviz.data.sources", "opcviz.models.own", "opcviz.tasks", "opcviz.methods.base"),
    "opcviz.artefacts.own",
)
GROUPS = ("opcviz.methods", "opcviz.attacks")
LIMIT_SECONDS = 30.0  # for one file, whatever it imports

T = TypeVar("T")


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
        return f"{where}: {self.reason}; what this file defines is left out"


@dataclass(frozen=True)
class _Loaded:
    stamp: tuple[int, int]  # change time (ns) and size of the file
    names: tuple[tuple[int, str], ...]  # what it entered: which registry, which name
    refused: Refused | None


class Loader:
    """Loads files into registries; one of them serves the whole process."""

    def __init__(self) -> None:
        self._registries: list[tuple[Registry[Any], Callable[[Any], None]]] = []
        self._files: dict[Path, _Loaded] = {}
        self._entries: dict[str, Refused | None] = {}
        self._loading = threading.RLock()  # sessions of the app load at the same time

    def serve(self, registry: Registry[T], check: Callable[[T], None]) -> None:
        """Let files enter things into a registry.

        Args:
            registry: where a decorator enters them.
            check: raises what is wrong with a new entry.
        """
        self._registries.append((registry, check))

    def load(self, paths: Iterable[str | Path] = ()) -> list[Refused]:
        """Enter what all known files and entry points define and is not yet entered.

        Args:
            paths: further files or folders; a folder stands for its `*.py`.

        Returns:
            What was refused, now or before.

        Raises:
            IntakeError: for a file that whoever asks may not have loaded.
        """
        asked = list(paths)
        for path in asked:  # those of the environment are the operator's
            check_code(path)
        named = [*sources(), *map(str, asked)]
        files = [file for path in named for file in python_files(Path(path).expanduser())]
        if files or any(entry_points(group=group) for group in GROUPS):
            for room in JOINABLE:
                importlib.import_module(room)
        with self._loading:
            known = [self._load_file(file.absolute()) for file in dict.fromkeys(files)]
            return [found for found in [*known, *self._load_entries()] if found]

    def _load_file(self, file: Path) -> Refused | None:
        try:
            about = file.stat()
        except OSError as error:
            return Refused(str(file), None, f"cannot be read ({error.strerror})")
        stamp = (about.st_mtime_ns, about.st_size)
        known = self._files.get(file)
        if known is None or known.stamp != stamp:
            for index, name in known.names if known else ():
                self._registries[index][0].discard(name)
            module = f"opcviz_user_{file.stem}_{fingerprint(str(file))}"
            names, refused = self._load_checked(str(file), lambda: _execute(file, module))
            known = self._files[file] = _Loaded(stamp, names, refused)
        return known.refused

    def _load_entries(self) -> list[Refused | None]:
        for group in GROUPS:
            for entry in entry_points(group=group):
                if (key := f"{group}:{entry.name}") not in self._entries:
                    _, self._entries[key] = self._load_checked(
                        f"entry point {entry.name}", entry.load
                    )
        return list(self._entries.values())

    def _load_checked(
        self, source: str, load: Callable[[], Any]
    ) -> tuple[tuple[tuple[int, str], ...], Refused | None]:
        """Load, check what was entered, and undo all of it if anything is wrong."""
        before = [registry.snapshot() for registry, _ in self._registries]
        try:
            with _interrupted_after(LIMIT_SECONDS):
                load()
            new = [
                (index, name)
                for index, (registry, _) in enumerate(self._registries)
                for name, entry in registry.snapshot().items()
                if before[index].get(name) is not entry
            ]
            if not new:
                raise TypeError("nothing is registered here; decorate a class, as the README shows")
            for index, name in new:
                registry, check = self._registries[index]
                check(registry.get(name))
        # whatever a user's file does, sys.exit() too, it must not take the program along
        except (Exception, SystemExit, _TooLong) as error:
            for (registry, _), entries in zip(self._registries, before, strict=True):
                registry.restore(entries)
            return (), Refused(source, _line(error, source), _reason(error))
        return tuple(new), None


loader = Loader()


class _TooLong(BaseException):
    """Raised inside a file that does not come to an end; no `except Exception` there holds it."""


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Raise `_TooLong` in this thread if the block takes longer.

    Python code is interrupted between two of its instructions, a call that waits only when it
    returns.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    raised = ctypes.py_object(_TooLong)
    late = threading.Timer(
        seconds, lambda: ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, raised)
    )
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()


def _reason(error: BaseException) -> str:
    if isinstance(error, _TooLong):
        return f"loading it took more than {LIMIT_SECONDS:g} s"
    return f"{type(error).__name__}: {error}"


def add_source(path: str | Path) -> None:
    """Add a file or folder to the environment of this process and of those it starts later."""
    os.environ[PATH_VARIABLE] = os.pathsep.join(dict.fromkeys([*sources(), str(path)]))


def sources() -> list[str]:
    """The files and folders named so far."""
    named = [os.environ.get(variable, "") for variable in (PATH_VARIABLE, OLD_PATH_VARIABLE)]
    return [part for text in named for part in text.split(os.pathsep) if part]


def python_files(path: Path) -> list[Path]:
    """The file itself, or the Python files of a folder but for those that begin with `_`."""
    if path.is_dir():
        return sorted(file for file in path.glob("*.py") if not file.name.startswith("_"))
    return [path]


def _execute(file: Path, module: str) -> None:
    # compiled here and not by the import system, whose bytecode cache trusts whole seconds
    code = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    spec = importlib.util.spec_from_loader(module, loader=None, origin=str(file))
    if spec is None:
        raise ImportError(f"{file} cannot be loaded as a module")
    made = importlib.util.module_from_spec(spec)
    made.__file__ = str(file)
    sys.modules[module] = made  # dataclasses look their module up
    exec(code, made.__dict__)


def _line(error: BaseException, source: str) -> int | None:
    """The last line of the file itself that led to the error."""
    if isinstance(error, SyntaxError) and error.filename == source:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == source), None)
