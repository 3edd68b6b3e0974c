"""Finds what a report is of in a folder: files and model folders by their hash, data by name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from ..common.config import ConfigError
from ..common.untrusted import check_file, sha256
from ..intake.folders import hash_of, size_of

__all__ = ["Lookup"]

MOST_FILES = 20_000  # in a folder in which a report's files are looked for


class Lookup:
    """What lies in a folder, and in those in it; what may not be read there is passed over.

    Args:
        root: the folder.

    Raises:
        ConfigError: where it holds too much, or is no folder.
    """

    def __init__(self, root: Path) -> None:
        self.names: dict[str, Path] = {}
        self._sizes: dict[int, list[Path]] = {}
        self._folders = [root]  # and archives of one
        for path in _below(root):
            self.names.setdefault(path.name, path)
            try:
                about = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(about.st_mode):
                self._sizes.setdefault(about.st_size, []).append(path)
            if stat.S_ISDIR(about.st_mode) or path.suffix.lower() == ".zip":
                self._folders.append(path)

    def file(self, sha: str, size: int) -> Path | None:
        """The file with this SHA-256 and size, or None."""
        return _first(self._sizes.get(size, ()), sha, lambda path: sha256(check_file(path)))

    def model(self, sha: str, size: int) -> Path | None:
        """The same of weights, which may be a folder or a .zip of one."""
        return self.file(sha, size) or _first(self._models.get(size, ()), sha, hash_of)

    @cached_property
    def _models(self) -> dict[int, list[Path]]:
        """Folders and archives of a model, by the bytes that are read of them."""
        found: dict[int, list[Path]] = {}
        for path in self._folders:
            if size := size_of(path):
                found.setdefault(size, []).append(path)
        return found


def _first(paths: list[Path] | tuple[()], sha: str, of: Callable[[Path], str]) -> Path | None:
    for path in paths:
        try:
            if of(path) == sha:
                return path
        except (OSError, ConfigError):  # it cannot be read, so it is none that was
            continue
    return None


def _below(root: Path) -> Iterator[Path]:
    """Everything in a folder; links to other folders are not followed."""
    if not root.is_dir():
        raise ConfigError(f"--root: there is no folder {root}; name the one that holds the files")
    count = 0
    for where, folders, files in os.walk(root):
        folders.sort()
        for name in (*folders, *sorted(files)):
            count += 1
            if count > MOST_FILES:
                raise ConfigError(
                    f"--root: {root} holds over {MOST_FILES} files; name a smaller one"
                )
            yield Path(where) / name
