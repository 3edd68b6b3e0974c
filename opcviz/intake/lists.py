"""What should be forgotten, as people list it: ids, or the names of picture files."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ..common.untrusted import IntakeError, check_file
from ..data import DataError, DataSpec
from ..data.archive import picture_names
from ..data.indices import ID_COLUMNS, LISTS, delimiter_of, read_indices
from ..data.sources import own_place
from ..data.tables import train_names

__all__ = ["listed_ids"]

HEADINGS = ("file", "filename", "file_name", "path", "name", "image", "picture")
"""Headings that mark the column of names in a .csv, else it is the first."""
MAX_NAMED = 5  # names in one message


def listed_ids(
    path: str | Path, data: DataSpec, root: str | Path | None = None
) -> NDArray[np.int64]:
    """The ids that a list names, ascending, (K,).

    A list is a .csv, .txt or .npy. It holds ids (positions in the train set from 0), or, for a
    folder or a table of pictures, the names of files: below `train/` as in `cat/0001.png`, with
    `train/` before it, or by the last part alone where no two pictures share it.

    Args:
        path: the list.
        data: the data set; the sizes of others than folders and tables are checked where the ids
            are used, see `Scenario.split`.
        root: the folder of data sets, see `data_root`.

    Raises:
        IntakeError: for a list that cannot be read, is empty, or names what is not there or twice.
        DataError: for data that cannot be listed.
    """
    try:
        file = check_file(path, LISTS)
        names = [] if file.suffix.lower() == ".npy" else _names(file)
        if not names or _all_ids(names):
            return read_indices(file)
    except DataError as error:
        raise IntakeError(str(error)) from error
    if data.name not in ("folder", "table"):
        raise IntakeError(
            f"{file}, line {names[0][0]}: {_short(names[0][1])} is no id, and the train pictures "
            f"of '{data.name}' have no file names; list ids from 0, one a line"
            + _of_headings(file, names[0])
        )
    place = own_place(data, root)
    known = picture_names(place) if data.name == "folder" else train_names(place)
    return _looked_up(file, names, known)


def _names(file: Path) -> list[tuple[int, str]]:
    """(line, entry) of a list, without its heading, comments and empty lines."""
    if file.suffix.lower() not in (".csv", ".txt"):
        raise IntakeError(f"{file}: lists are read from .csv, .txt or .npy, not '{file.suffix}'")
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix.lower() == ".txt":
            counted = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1)]
            return [(n, line) for n, line in counted if line and not line.startswith("#")]
        lines = text.splitlines()
        reader = csv.reader(lines, delimiter=delimiter_of("".join(lines[:1])), strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, ValueError, csv.Error) as error:
        raise IntakeError(
            f"{file} cannot be read as a list ({error}); save it as UTF-8 text"
        ) from error
    column = 0
    heading = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    marked = [heading.index(name) for name in (*HEADINGS, *ID_COLUMNS) if name in heading]
    if marked:
        column, rows = marked[0], rows[1:]
    short = next((n for n, row in rows if column >= len(row) or not row[column].strip()), None)
    if short is not None:
        raise IntakeError(f"{file}, line {short}: nothing in column {column + 1}; name a picture")
    return [(n, row[column].strip()) for n, row in rows]


def _all_ids(names: list[tuple[int, str]]) -> bool:
    """Whether the entries are ids: the first tells, and whoever reads ids names the others."""
    return names[0][1].partition("#")[0].strip().lstrip("+-").isdecimal()


def _looked_up(file: Path, names: list[tuple[int, str]], known: list[str]) -> NDArray[np.int64]:
    whole = {name: place for place, name in enumerate(known) if name}
    last = Counter(PurePosixPath(name).name for name in known)
    by_last = {end: i for name, i in whole.items() if last[end := PurePosixPath(name).name] == 1}
    ids: list[int] = []
    unknown: list[tuple[int, str]] = []
    for line, name in names:
        plain = name.replace("\\", "/").removeprefix("./").removeprefix("train/")
        place = whole.get(plain, by_last.get(plain))
        if place is None:
            unknown.append((line, name))
        else:
            ids.append(place)
    if unknown:
        line, name = unknown[0]
        several = last[PurePosixPath(name).name] > 1
        listed = ", ".join(_short(n) for _, n in unknown[:MAX_NAMED])
        more = f" and {len(unknown) - MAX_NAMED} more" if len(unknown) > MAX_NAMED else ""
        raise IntakeError(
            f"{file}, line {line}: {listed}{more} "
            + (
                "could be several train pictures; write CLASS/FILE"
                if several
                else f"{'is' if len(unknown) == 1 else 'are'} no train picture of this data set; "
                f"they are called as in {_short(known[0])}{_of_headings(file, unknown[0])}"
            )
        )
    twice = [i for i, count in Counter(ids).items() if count > 1]
    if twice:
        raise IntakeError(f"{file}: {_short(known[twice[0]])} is named twice; name each once")
    return np.sort(np.array(ids, np.int64))


def _of_headings(file: Path, entry: tuple[int, str]) -> str:
    """Which headings are understood, where a first line may have been meant as one."""
    if file.suffix.lower() != ".csv" or entry[0] != 1:
        return ""
    return (
        f". If {_short(entry[1])} is a heading: those of ids are {' and '.join(ID_COLUMNS)}, those "
        f"of names {', '.join(HEADINGS)}"
    )


def _short(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:77]}...")
