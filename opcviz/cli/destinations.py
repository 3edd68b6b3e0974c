"""Where a command writes: looked at before anybody waits for what is to be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..common.config import ConfigError
from ..common.names import NOT_TEXT, is_text, shown
from ..common.room import no_room

__all__ = ["check_destinations", "check_store", "of_the_place"]

REPORTS = (".html", ".json", ".csv")
MODEL_FILES = ("config.json", ".index.json")
"""How files of a model folder end that look like a report's."""


def check_destinations(files: Mapping[str, Path | None], inputs: Iterable[str]) -> None:
    """See that results can be written, each into a file of its own and over nothing that is read.

    Args:
        files: by the option that names each; None: it is not asked for.
        inputs: paths of what is read; `~` is the home folder.

    Raises:
        ConfigError: naming the option, its file and what to do.
    """
    known = [Path(os.path.expanduser(each)) for each in inputs if each]
    before: dict[str, Path] = {}
    for option, path in files.items():
        if path is None:
            continue
        if not is_text(str(path)):
            raise ConfigError(f"{option}: '{shown(str(path))}' {NOT_TEXT}")
        if not _takes_files(path.absolute().parent) or path.is_dir():
            raise ConfigError(
                f"'{path}' cannot be written; name a file in a folder that is there, and that "
                "takes files"
            )
        for other, theirs in before.items():
            if _same(path, theirs):
                raise ConfigError(
                    f"{option} and {other} name the same file, '{path}', and one would replace the "
                    "other; name two"
                )
        for given in known:
            if _same(path, given) or _replaces_part(path, given):
                raise ConfigError(
                    f"{option}: '{path}' would replace what is to be read ('{given}'); name "
                    "another file"
                )
        before[option] = path


def check_store(root: Path) -> None:
    """See that a store can be kept in a folder, which need not be there yet.

    Raises:
        ConfigError: naming it and what to do.
    """
    if not is_text(str(root)):
        raise ConfigError(f"--store: '{shown(str(root))}' {NOT_TEXT}")
    there = next((p for p in (root.absolute(), *root.absolute().parents) if _is_there(p)), root)
    if not _takes_files(there):
        raise ConfigError(
            f"--store: results cannot be kept in '{root}'; name a folder that takes files"
        )


def of_the_place(error: OSError) -> str:
    """What to tell a person of a file that could not be read or written; empty: a fault of ours."""
    if full := no_room(error):
        return full
    if error.filename is not None:  # a place that is none
        return f"{str(error.filename)[:200]}: {error.strerror}; name another"
    return ""


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _takes_files(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):  # a folder may be there and take nothing
            return True
    except OSError:
        return False


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, by another way or another of its names."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return os.path.samefile(one, other)
    except OSError:  # one is not there yet
        return False


def _replaces_part(path: Path, folder: Path) -> bool:
    """Whether a file is one of those in a folder that is read, and not an earlier report."""
    if not path.exists() or not folder.is_dir():
        return False
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return False
    return path.suffix.lower() not in REPORTS or path.name.lower().endswith(MODEL_FILES)
