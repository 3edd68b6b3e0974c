"""numpy's files of arrays, of which the header is checked before anything of its size is made."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

import numpy as np

from ..common.untrusted import IntakeError, Limits, check_file, check_zip
from .base import DataError

__all__ = ["MAGIC", "read_npy", "read_npz"]

MAGIC = b"\x93NUMPY"
_HEADER = re.compile(
    rb"\{'descr': '(?P<type>[<>|=]?[a-zA-Z]\d{0,9})', 'fortran_order': (?:False|True), "
    rb"'shape': \((?P<shape>(?:\d{1,18}, ?)*(?:\d{1,18},?)?)\),? ?\} *\n"
)
"""What numpy writes for every array of plain numbers or strings; nothing else is evaluated."""
_MAX_HEADER = 4096
_KINDS = "biufUS"  # numbers, truth values and strings; objects ("O") are pickles


def read_npy(path: Path, limits: Limits) -> np.ndarray:
    """The array of one .npy file.

    Raises:
        DataError: naming the file, for what is no such file or claims what it does not hold.
    """
    with _said(path, "an .npy file of plain numbers; write it again with numpy.save"):
        check_file(path, limits)
        with path.open("rb") as file:
            _check(file, path.stat().st_size, f"{path}")
        found = np.load(path, allow_pickle=False)
        if not isinstance(found, np.ndarray):
            raise DataError(f"{path} holds no single array; write it again with numpy.save")
        return found


def read_npz(
    path: Path, wanted: Collection[str], limits: Limits
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Those of an .npz file's arrays that are wanted and there, and the names of all it holds.

    Raises:
        DataError: naming the file and the array, for an archive that cannot be trusted (see
            `check_zip`), an array that claims another size than it has, and what is no array.
    """
    with _said(path, "an .npz of plain arrays; write it again with numpy.savez"):
        check_file(path, limits)
        check_zip(path, limits)
        with ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise DataError(f"{path} holds two arrays called {twice[0]!r}; write it again")
            for member in archive.infolist():
                if member.filename.removesuffix(".npy") in wanted:
                    with archive.open(member) as file:
                        where = f"{path}, array {member.filename.removesuffix('.npy')!r}"
                        _check(file, member.file_size, where)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names if name in wanted}, names


@contextmanager
def _said(path: Path, what: str) -> Iterator[None]:
    """Whatever reading a damaged file raises, as a sentence that names it."""
    try:
        yield
    except DataError:
        raise
    except IntakeError as error:
        raise DataError(str(error)) from error
    except (OSError, ValueError, EOFError, BadZipFile, ZlibError, NotImplementedError) as error:
        raise DataError(f"{path} cannot be read as {what} ({error})") from error
    except MemoryError as error:
        raise DataError(f"{path} wants more memory than there is; give fewer samples") from error


def _check(file: IO[bytes], size: int, where: str) -> None:
    """See that an array's header claims just the bytes that follow it.

    Raises:
        DataError: naming the array.
    """
    start = file.read(12)
    if start[:6] != MAGIC or len(start) < 12:
        raise DataError(f"{where} is no array of numpy's (wrong first bytes); write it again")
    wide = start[6] >= 2
    length = int.from_bytes(start[8:12] if wide else start[8:10], "little")
    begins = 12 if wide else 10
    if start[6] not in (1, 2, 3) or length > _MAX_HEADER:
        raise DataError(f"{where} has a header that numpy does not write; write it again")
    header = start[begins:] + file.read(length - (12 - begins))
    found = _HEADER.fullmatch(header)
    if found is None:
        raise DataError(
            f"{where} is no array of plain numbers or strings, or its header is damaged; write it "
            "again with numpy.savez, without object arrays"
        )
    try:
        kind = np.dtype(found["type"].decode())
    except TypeError as error:
        raise DataError(f"{where} has a type that numpy does not know; write it again") from error
    if kind.kind not in _KINDS or kind.itemsize == 0:
        raise DataError(
            f"{where} has type {kind}; wants plain numbers or strings, without object arrays"
        )
    shape = tuple(int(n) for n in re.findall(rb"\d+", found["shape"]))
    claimed, held = math.prod(shape) * kind.itemsize, size - begins - length
    if claimed != held:
        raise DataError(
            f"{where} claims {claimed:,} bytes (shape {shape}, {kind}) but {held:,} follow its "
            "header; the file is damaged or forged, write it again"
        )
