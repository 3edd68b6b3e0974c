"""Files from outside: what is checked before one is opened."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..common.config import Config, ConfigError, setting

__all__ = ["LIMITS", "IntakeError", "Limits", "check_file", "check_zip", "sha256"]

GIB = 2**30


class IntakeError(ConfigError):
    """Something from outside that cannot be used: what, where, and what to do."""


@dataclass(frozen=True)
class Limits(Config):
    """How large and how many things from outside may be."""

    max_bytes: int = setting(4 * GIB, "bytes of a file, packed or not", low=1)
    max_members: int = setting(50_000, "files in an archive", low=1)
    max_tensors: int = setting(20_000, "tensors in a file of weights", low=1)


LIMITS = Limits()


def check_file(path: Path, limits: Limits = LIMITS) -> Path:
    """The path itself, known to be a regular file of a size that may be read.

    Raises:
        IntakeError: for what is missing, a link (or reached through one), no file, empty or large.
    """
    path = Path(path)
    for each in (path, *path.parents):
        if each.is_symlink():
            raise IntakeError(f"{path.name}: is reached through a link; give the file itself")
    try:
        about = path.stat()
    except OSError as error:
        raise IntakeError(f"{path.name}: cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(about.st_mode):
        raise IntakeError(f"{path.name}: is not a file")
    if not 0 < about.st_size <= limits.max_bytes:
        raise IntakeError(
            f"{path.name}: has {about.st_size} bytes; 1 to {limits.max_bytes} can be read"
        )
    return path


def check_zip(path: Path, limits: Limits = LIMITS) -> None:
    """Refuse an archive whose members are too many, too large or named like paths.

    Raises:
        IntakeError: naming the member.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise IntakeError(f"{path.name}: is a damaged archive ({error})") from error
    total = sum(each.file_size for each in members)
    if len(members) > limits.max_members or total > limits.max_bytes:
        raise IntakeError(
            f"{path.name}: holds {len(members)} files of {total} bytes; at most "
            f"{limits.max_members} files of {limits.max_bytes} bytes can be read"
        )
    for each in members:
        parts = each.filename.replace("\\", "/").split("/")
        if ".." in parts or each.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise IntakeError(f"{path.name}: holds a file with the name {each.filename!r}")


def sha256(path: Path) -> str:
    """64 hex digits of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
