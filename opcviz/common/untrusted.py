"""Files that others made: what is looked at before any of their content is believed.

A picture set, a list of ids or a checkpoint may come from anybody. Everything here costs little
memory whatever the file claims, and neither runs nor unpacks anything. Rooms that read a format use
it and then check what is special to their format.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from .access import check_path
from .config import Config, IntakeError, setting
from .names import NOT_TEXT, is_text, shown

__all__ = ["LIMITS", "IntakeError", "Limits", "check_file", "check_zip", "sha256"]

GIB = 2**30
FREE_BYTES = 2**28
"""An archive may unpack to so much whatever its ratio: a blank picture set packs 1000 to 1."""
_END, _END_SIZE = b"PK\x05\x06", 22
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_LOCAL, _LOCAL_SIZE = b"PK\x03\x04", 30
_DIRECTORY_BYTES = 512  # of the directory a member: a header of 46 and the member's name
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


@dataclass(frozen=True)
class Limits(Config):
    """How much of what comes from outside is read at most."""

    max_bytes: int = setting(4 * GIB, "of one file, and of what an archive unpacks to", low=1)
    max_members: int = setting(50_000, "files in one archive", low=1)
    max_ratio: float = setting(
        100.0, "unpacked by packed bytes of an archive that unpacks to more than 256 MiB", low=1
    )
    max_tensors: int = setting(20_000, "tensors of one model", low=1)
    max_samples: int = setting(2_000_000, "samples of one split of a data set", low=1)
    max_pixels: int = setting(50_000_000, "pixels of one picture before it is scaled", low=1)


LIMITS = Limits()
"""Those that hold where nobody asked for others."""


def check_file(path: str | Path, limits: Limits = LIMITS, *, within: Path | None = None) -> Path:
    """See that a path names a regular file that is not empty and not too large.

    Args:
        path: as it was given; `~` is the home folder.
        limits: how large it may be.
        within: a folder that others can write to: no part of the path below it may be a link, and
            the file must lie in it. Parts above it, and all of a path that a person wrote (whose
            `/tmp` may be a link), are taken as they are; the file itself is never a link.

    Returns:
        The path, absolute.

    Raises:
        IntakeError: naming the path and what is wrong with it; for one that whoever asks may not
            name, see `access`.
    """
    text = str(path)
    check_path(text)
    if not text or "\0" in text:
        raise IntakeError(f"{text!r} names no file; give the path of one")
    if not is_text(text):
        raise IntakeError(f"{shown(text)}: the name {NOT_TEXT}")
    try:
        found = Path(os.path.abspath(os.path.expanduser(text)))
        if within is not None:
            _check_below(found, Path(os.path.abspath(within)))
        about = found.lstat()
    except FileNotFoundError:
        raise IntakeError(f"there is no file {text}; check the path") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise IntakeError(f"{text[:200]} cannot be looked up ({reason}); check the path") from error
    if stat.S_ISLNK(about.st_mode):
        raise IntakeError(
            f"{text} is a symbolic link, which is not followed; name the file that it points to, "
            "or copy it"
        )
    if not stat.S_ISREG(about.st_mode):
        kind = "a folder" if stat.S_ISDIR(about.st_mode) else "a device, a pipe or a socket"
        raise IntakeError(f"{text} is {kind}, not a file; give the path of a file")
    if about.st_size == 0:
        raise IntakeError(f"{text} is empty (0 bytes); make or copy it again")
    if about.st_size > limits.max_bytes:
        raise IntakeError(
            f"{text} has {_size(about.st_size)}, and at most {_size(limits.max_bytes)} are read; "
            "give a smaller file"
        )
    return found


def _check_below(path: Path, folder: Path) -> None:
    if not path.is_relative_to(folder) or path == folder:
        raise IntakeError(f"{path.name!r} leads out of the folder it belongs to; name a file in it")
    for part in path.parents:
        if part == folder:
            return
        if part.is_symlink():
            raise IntakeError(
                f"{path.relative_to(folder)} leads through {part.name}, a symbolic link, which is "
                "not followed; copy the files themselves"
            )


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file's bytes, 64 hex digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_zip(path: str | Path, limits: Limits = LIMITS) -> None:
    """See that an archive is plain and unpacks to no more than it may, before it is unpacked.

    Plain is what numpy and torch write: one directory at the very end, members one after the other,
    each named once, stored or deflated, not encrypted. All that reads zip files understands such a
    one in the same way, so what was checked here is what is read later.

    Raises:
        IntakeError: naming the file, the member and what is wrong with it.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            count, start = _directory(file, path, limits)
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                if len(members) != count:
                    raise _damaged(path, f"it lists {len(members)} members and counts {count}")
                _check_members(members, path, limits)
                _check_places(members, file, path, start)
    except IntakeError:
        raise
    except zipfile.BadZipFile as error:
        raise _damaged(path, str(error)) from error
    except (OSError, EOFError, ValueError, struct.error, NotImplementedError) as error:
        raise _damaged(path, str(error) or type(error).__name__) from error


def _directory(end: BinaryIO, path: Path, limits: Limits) -> tuple[int, int]:
    """How many members the directory at the end of the file lists, and where it begins."""
    size = path.stat().st_size
    end.seek(max(0, size - _END_SIZE))
    record = end.read(_END_SIZE)
    if len(record) < _END_SIZE or record[:4] != _END or record[20:] != b"\0\0":
        raise _damaged(path, "it does not end with the directory of a zip file")
    disk, of, here, count, length, start = struct.unpack("<4H2L", record[4:20])
    ends = size - _END_SIZE
    end.seek(max(0, ends - 20))
    locator = end.read(20)
    if locator[:4] == _LOCATOR64:
        ends -= 20 + 56
        end.seek(max(0, ends))
        record = end.read(56)
        pointed = int.from_bytes(locator[8:16], "little")
        if len(record) < 56 or record[:4] != _END64 or pointed != ends:
            raise _damaged(path, "the records at its end contradict each other")
        disk, of, here, count, length, start = struct.unpack("<2L4Q", record[16:56])
    if disk or of or here != count:
        raise _damaged(path, "it is one part of several")
    if count > limits.max_members:
        raise IntakeError(
            f"{path} holds {count:,} files, and at most {limits.max_members:,} are read; "
            "it is no model or data set of the usual form"
        )
    if length > limits.max_members * _DIRECTORY_BYTES or start + length != ends:
        raise _damaged(path, "its directory does not lie at its end")
    return count, start


def _check_members(members: Sequence[zipfile.ZipInfo], path: Path, limits: Limits) -> None:
    seen: set[str] = set()
    unpacked = packed = 0
    for member in members:
        where = f"{path}, member {member.orig_filename[:100]!r}"
        if _tricky(member):
            raise IntakeError(
                f"{where}: a name that leads out of the archive; take the file from a source that "
                "you trust, or write it again"
            )
        if member.filename in seen:
            raise IntakeError(f"{where}: occurs more than once; write the file again")
        seen.add(member.filename)
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise IntakeError(f"{where}: a link or a device; write the file again without it")
        if member.flag_bits & 0x1:
            raise IntakeError(f"{where}: encrypted; write the file again without a password")
        if member.compress_type not in (_STORED, _DEFLATED):
            raise IntakeError(
                f"{where}: packed in a way ({member.compress_type}) that neither numpy nor torch "
                "writes; write the file again"
            )
        if member.compress_type == _STORED and member.compress_size != member.file_size:
            raise _damaged(path, f"the sizes of {member.filename[:100]!r} contradict each other")
        unpacked += member.file_size
        packed += member.compress_size
    most = max(FREE_BYTES, limits.max_ratio * packed)
    if unpacked > min(limits.max_bytes, most):
        raise IntakeError(
            f"{path} has {_size(path.stat().st_size)} and would unpack to {_size(unpacked)}, more "
            f"than is allowed ({_size(min(limits.max_bytes, int(most)))}); it may be a zip bomb. "
            "Write the file again without compression if it is not"
        )


def _tricky(member: zipfile.ZipInfo) -> bool:
    """Whether a name could lead anywhere else than into the folder that it is unpacked to."""
    name = member.orig_filename
    parts = PurePosixPath(name).parts
    plain = name.isprintable() and "\\" not in name and ":" not in name
    return not plain or not parts or name.startswith("/") or ".." in parts


def _check_places(
    members: Sequence[zipfile.ZipInfo], file: BinaryIO, path: Path, start: int
) -> None:
    """Members lie one after the other before the directory, and say of themselves what it says."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    following = [member.header_offset for member in ordered[1:]] + [start]
    for member, end in zip(ordered, following, strict=True):
        file.seek(member.header_offset)
        header = file.read(_LOCAL_SIZE)
        if len(header) < _LOCAL_SIZE or header[:4] != _LOCAL:
            raise _damaged(path, f"{member.filename[:100]!r} is not where its directory says")
        flags, method = struct.unpack("<2H", header[6:10])
        named, extra = struct.unpack("<2H", header[26:30])
        name = file.read(named)
        same = name == member.orig_filename.encode("utf-8" if flags & 0x800 else "cp437")
        if not same or method != member.compress_type or flags & 0x1:
            raise _damaged(path, f"{member.filename[:100]!r} is called otherwise in its directory")
        if member.header_offset + _LOCAL_SIZE + named + extra + member.compress_size > end:
            raise _damaged(path, f"{member.filename[:100]!r} overlaps what follows it")


def _damaged(path: Path, reason: str) -> IntakeError:
    return IntakeError(
        f"{path} is damaged, cut short or no zip archive ({reason}); copy or write it again"
    )


def _size(count: int) -> str:
    for unit, scale in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count / scale:,.4g} {unit}"
    return f"{count} bytes"
