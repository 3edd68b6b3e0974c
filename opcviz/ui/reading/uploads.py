"""A visitor's files on the server: a folder of their own, with a limit, removed when it is left."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...common.config import IntakeError

__all__ = ["SUFFIXES", "Area", "of_folder", "sweep"]

SUFFIXES = (
    *(".safetensors", ".pt", ".pth", ".bin", ".pt2"),
    *(".npz", ".npy", ".parquet", ".csv", ".txt", ".zip"),
)
"""What is read here; the ending is all of a visitor's file name that the server's has."""
TOLD = ("config.json", "preprocessor_config.json")
"""What Hugging Face's libraries write beside weights; the first one marks a model's folder."""
WEIGHTS = {
    ".safetensors": "model.safetensors",
    ".bin": "pytorch_model.bin",
    ".pt": "weights.pt",
    ".pth": "weights.pth",
}
"""Endings of weights in such a folder, and what they are called here."""
CHUNK = 2**20
_NAME = re.compile(r"[0-9a-f]{32}")  # of an area: never anything that came from outside


@dataclass(frozen=True)
class Area:
    """One visitor's folder below `root`.

    Attributes:
        root: of all visitors' folders.
        name: 32 hex digits that nobody can guess.
        quota: bytes of this visitor.
        total: bytes of all visitors together.
    """

    root: Path
    name: str
    quota: int
    total: int

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"an area's name is 32 hex digits, not {self.name!r}")

    @property
    def folder(self) -> Path:
        """Where the files lie; it need not exist."""
        return self.root / self.name

    def keep(self, name: str, content: BinaryIO) -> Path:
        """Write a file here under a name of the server's own.

        Args:
            name: as the visitor calls it; its ending must be one of `SUFFIXES`.
            content: read to its end, or to the limit.

        Raises:
            IntakeError: when it is empty, of no kind that is read here, or goes beyond a limit;
                nothing of it is left then.
        """
        suffix = next((s for s in SUFFIXES if name.lower().endswith(s)), None)
        if suffix is None:
            raise IntakeError(
                f"files of this kind are not read here; there are {', '.join(SUFFIXES)}"
            )
        path = self.folder / f"{secrets.token_hex(8)}{suffix}"
        self._write(path, content)
        return path

    def keep_model(self, files: Sequence[tuple[str, BinaryIO]]) -> Path:
        """Write the files of a model's folder into a folder here, all under names of our own.

        Args:
            files: names and contents: a config.json, weights, and perhaps what prepares pictures;
                others are left out.

        Raises:
            IntakeError: as `keep`, and where there are no weights or several; nothing is left.
        """
        names = {_told_name(name): content for name, content in files}
        weights = [name for name in names if name in WEIGHTS.values()]
        count = sum(_told_name(name) in WEIGHTS.values() for name, _ in files)
        if TOLD[0] not in names or count != 1:
            raise IntakeError(
                f"a model's folder is given as its {TOLD[0]} and one file of weights "
                f"({', '.join(WEIGHTS)}), together; here are {count} files of weights"
            )
        folder = self.folder / secrets.token_hex(8)
        try:
            for name in (*weights, *TOLD):
                if name in names:
                    self._write(folder / name, names[name])
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder

    def _write(self, path: Path, content: BinaryIO) -> None:
        """Write a file within the limits; of one that is refused nothing is left.

        Raises:
            IntakeError: when it is empty or goes beyond a limit.
        """
        for folder in dict.fromkeys((self.root, self.folder, path.parent)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        left, all_left = self.quota - self.used(), self.total - _size(self.root)
        try:
            with path.open("xb") as out:
                written = 0
                while chunk := content.read(CHUNK):
                    written += len(chunk)
                    if written > left:
                        raise IntakeError(
                            f"the files of one visitor may have {self.quota / 2**20:,.0f} MiB "
                            "together; remove some, or ask whoever runs the server for more"
                        )
                    if written > all_left:
                        raise IntakeError(
                            "the server keeps no more files of visitors for now; come back later"
                        )
                    out.write(chunk)
                if not written:
                    raise IntakeError("the file is empty (0 bytes); make or copy it again")
        except OSError as error:
            path.unlink(missing_ok=True)
            raise IntakeError(f"the server cannot keep this file ({error.strerror})") from error
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        os.utime(self.folder)

    def used(self) -> int:
        """Bytes of the files here."""
        return _size(self.folder)

    def drop(self, path: str | Path) -> None:
        """Remove a file or a model's folder of this area; what lies elsewhere is left alone."""
        path = Path(path)
        if path.parent != self.folder:
            return
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all files here, and the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def of_folder(name: str) -> bool:
    """Whether an upload is the file that marks a model's folder."""
    return _told_name(name) == TOLD[0]


def _told_name(name: str) -> str:
    """What a file of a model's folder is called here; empty for one that is not read."""
    last = re.split(r"[/\\\\]", name)[-1].lower()
    if last in TOLD:
        return last
    return next((ours for suffix, ours in WEIGHTS.items() if last.endswith(suffix)), "")


def sweep(root: Path, seconds: float, *, clock: Callable[[], float] = time.time) -> None:
    """Remove every area that nothing was written to for so long."""
    if not root.is_dir():
        return
    for area in root.iterdir():
        if _NAME.fullmatch(area.name) and not area.is_symlink():
            try:
                left = clock() - area.stat().st_mtime > seconds
            except FileNotFoundError:  # another session was faster
                continue
            if left:
                shutil.rmtree(area, ignore_errors=True)


def _size(folder: Path) -> int:
    """Bytes of the files below a folder, some of which may vanish meanwhile."""
    count = 0
    for where, _, files in os.walk(folder):
        for name in files:
            try:
                count += os.lstat(os.path.join(where, name)).st_size
            except FileNotFoundError:
                continue
    return count
