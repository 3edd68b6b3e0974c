"""Files of sample ids: .npy, .txt with one id a line, or .csv."""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path

import numpy as np

from ..common.access import check_path
from ..common.untrusted import IntakeError, Limits, check_file
from .base import DataError
from .npy import read_npy

__all__ = ["delimiter_of", "indices_digest", "named_ids", "read_indices"]

LISTS = Limits(max_bytes=2**26)  # of a list: millions of ids
ID_COLUMNS = ("index", "id")  # headings that mark the column of ids in a .csv, else it is the first


def read_indices(path: str | Path) -> np.ndarray:
    """Sample ids of a file as ascending int64, (K,).

    `.npy` holds one axis of integers; `.txt` one id a line, with `#` comments; `.csv` ids in the
    column called `index` or `id`, else in the first, with or without a heading.

    Raises:
        DataError: for a missing or unreadable file, no ids, and ids that are no integers, negative
            or repeated; naming the file and, where there is one, the line.
    """
    path = Path(os.path.expanduser(path))
    check_path(path)
    readers = {".npy": _npy, ".txt": _txt, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path}: ids are read from .npy, .txt or .csv, not '{path.suffix}'")
    try:
        check_file(path, LISTS)
        ids = readers[path.suffix.lower()](path)
    except DataError:
        raise
    except IntakeError as error:
        raise DataError(f"{error} (a list of the ids to forget)") from error
    except (OSError, ValueError, EOFError, OverflowError, csv.Error) as error:
        raise DataError(f"{path} cannot be read ({error})") from error
    if len(ids) == 0:
        raise DataError(f"{path} holds no ids; name at least one train picture to forget")
    ids = np.sort(ids)
    if ids[0] < 0:
        raise DataError(f"{path}: id {ids[0]} is negative; ids count train pictures from 0")
    repeated = ids[1:][np.diff(ids) == 0]
    if len(repeated):
        raise DataError(f"{path}: id {repeated[0]} occurs more than once; name each picture once")
    return ids


def named_ids(path: str, digest: str, count: int) -> np.ndarray:
    """The ids of a file, for a train set of so many samples.

    Args:
        path: the file.
        digest: the fingerprint that the ids should have; empty for any.
        count: samples of the train set.

    Raises:
        DataError: for a file that cannot be read, has other ids than it had, or too large ones.
    """
    ids = read_indices(path)
    if digest and indices_digest(ids) != digest:
        raise DataError(
            f"{path} has changed since this scenario was set up; restore it, or set up a "
            "new scenario (a study's question may not change under its answers)"
        )
    if ids[-1] >= count:
        raise DataError(
            f"{path}: id {ids[-1]} is outside the train set, whose {count} samples are "
            f"numbered 0 to {count - 1}"
        )
    return ids


def indices_digest(ids: np.ndarray) -> str:
    """12 hex digits of SHA-256 over the sorted ids: the same for the same set in any format."""
    return hashlib.sha256(np.sort(ids).astype("<i8").tobytes()).hexdigest()[:12]


def _npy(path: Path) -> np.ndarray:
    ids = read_npy(path, LISTS)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise DataError(
            f"{path} holds {ids.dtype} of shape {ids.shape}; wants integers of shape (K,) "
            "(a mask converts with numpy.flatnonzero)"
        )
    if ids.dtype == np.uint64 and len(ids) and ids.max() > np.iinfo(np.int64).max:
        raise DataError(f"{path}: id {ids.max()} is too large")
    return ids.astype(np.int64)


def _txt(path: Path) -> np.ndarray:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    values = [(n, line.partition("#")[0].strip()) for n, line in enumerate(lines, 1)]
    return _integers(path, [(n, value) for n, value in values if value])


def _csv(path: Path) -> np.ndarray:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter_of(file.readline()))
        file.seek(0)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    column = 0
    if rows and not _is_integer(rows[0][1][0]):
        heading = [cell.strip().lower() for cell in rows[0][1]]
        known = [heading.index(name) for name in ID_COLUMNS if name in heading]
        if known or not any(map(_is_number, heading)):  # else a bad first id, reported below
            rows = rows[1:]
        column = known[0] if known else 0
    cells = [(n, row[column].strip() if column < len(row) else "") for n, row in rows]
    return _integers(path, cells)


def delimiter_of(line: str) -> str:
    """What stands between the columns of a .csv: spreadsheets of many countries write `;`."""
    return next((each for each in (",", ";", "\t") if each in line), ",")


def _is_integer(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _integers(path: Path, cells: list[tuple[int, str]]) -> np.ndarray:
    wrong = next(((n, value) for n, value in cells if not _is_integer(value)), None)
    if wrong:
        raise DataError(f"{path}, line {wrong[0]}: {wrong[1][:40]!r} is no integer id")
    return np.array([int(value) for _, value in cells], dtype=np.int64)
