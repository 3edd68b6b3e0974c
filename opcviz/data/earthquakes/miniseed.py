"""A table of records beside the miniSEED files that hold them; `pymseed` reads those."""

from __future__ import annotations

import csv
import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ...common.untrusted import IntakeError, Limits, check_file
from ..base import DataError
from . import simulator
from .reading import Recorded, assembled_records
from .records import Earthquakes

__all__ = ["COLUMNS", "read_table_of_records"]

NUMBERS = (
    *("longitude", "latitude", "depth", "magnitude"),
    *("station_longitude", "station_latitude"),
)
LIBRARY = "pymseed"  # of the extra `seismic`; imported where a table asks for it
COLUMNS = ("file", "origin_time", *NUMBERS)
FORM = (
    f"A .csv of records has the columns {', '.join(COLUMNS)} (file: miniSEED in the same folder; "
    "origin_time: as 2009-08-24T00:20:03Z; degrees and km), and may have channel (as *_Z) and "
    "test (0 or 1, the same for all records of an event)"
)
OPTIONAL = ("channel", "test")
MARKS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}
NANOSECONDS = 1e9
MOST_BYTES = 2**26  # of the table
MOST_SAMPLES = 50_000_000  # of one file


def read_table_of_records(path: Path, limits: Limits) -> Earthquakes:
    """Read a .csv and the miniSEED files that it names, which lie in its folder.

    Raises:
        DataError: without `pymseed`, and naming the row for what cannot be used.
    """
    pymseed = _library(path)
    rows = _rows(path, limits)
    records, conditions, test, origins = [], [], [], []
    for number, row in enumerate(rows, 2):
        where = f"{path}, line {number}"
        if "test" in row:
            test.append(_marked(row["test"], where))
        values = [_value(row, name, where) for name in NUMBERS]
        conditions.append([*values[:4], *values[4:]])
        origins.append(_seconds(row["origin_time"], where))
        records.append(_record(pymseed, path.parent, row, origins[-1], where, limits))
    return assembled_records(
        str(path),
        path.stem,
        records,
        np.array(conditions),
        kilometres=False,
        test=np.array(test) if test else None,
        origins=np.array(origins),
    )


def _library(path: Path) -> Any:
    try:
        return importlib.import_module(LIBRARY)
    except ImportError as error:
        raise DataError(
            f"{path}: miniSEED is read with pymseed, which is not installed; "
            "`pip install 'opcviz[seismic]'` brings it, and an .npz of arrays needs nothing"
        ) from error


def _rows(path: Path, limits: Limits) -> list[dict[str, str]]:
    try:
        check_file(path, limits.replace(max_bytes=min(limits.max_bytes, MOST_BYTES)))
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            names = list(table.fieldnames or [])
            if missing := [name for name in COLUMNS if name not in names]:
                raise DataError(f"{path} has no column {', '.join(missing)}. {FORM}")
            if double := [n for n in (*COLUMNS, *OPTIONAL) if names.count(n) > 1]:
                raise DataError(f"{path} has the column {', '.join(double)} twice. {FORM}")
            rows = list(table)
    except IntakeError as error:
        raise DataError(str(error)) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a table ({str(error)[:100]}). {FORM}") from error
    if len(rows) > limits.max_samples:
        raise DataError(f"{path}: {len(rows):,} rows, and at most {limits.max_samples:,} are read")
    return rows


def _value(row: dict[str, str], name: str, where: str) -> float:
    try:
        return float(row[name])
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: {name} is {str(row[name])[:40]!r}, no number") from error


def _marked(text: str | None, where: str) -> bool:
    """Whether a record is held out; a row that ends too early has None."""
    told = (text or "").strip().lower()
    if told not in MARKS:
        raise DataError(f"{where}: test is {told[:40]!r}; wants 1 or 0, or true or false")
    return MARKS[told]


def _record(
    pymseed: Any, folder: Path, row: dict[str, str], origin: float, where: str, limits: Limits
) -> Recorded:
    """The one piece of a file that the event at `origin` (s) lies in."""
    try:
        file = check_file(folder / str(row["file"]), limits, within=folder)
    except IntakeError as error:
        raise DataError(f"{where}: {error}") from error
    channel = (row.get("channel") or "").strip() or None
    try:
        with pymseed.MS3TraceList.from_file(str(file), sourceid=channel) as traces:
            total = sum(piece.samplecnt for trace in traces for piece in trace)
        if total > MOST_SAMPLES:
            raise DataError(
                f"{where}: {file.name} holds {total:,} samples; cut it around the event"
            )
        with pymseed.MS3TraceList.from_file(
            str(file), sourceid=channel, unpack_data=True
        ) as traces:
            pieces = [
                Recorded(
                    np.array(piece.np_datasamples, np.float64),
                    float(piece.samprate),
                    origin - piece.starttime / NANOSECONDS,
                )
                for trace in traces
                for piece in trace
            ]
    except DataError:
        raise
    except Exception as error:  # whatever the library says of a damaged file
        raise DataError(
            f"{where}: {file.name} cannot be read as miniSEED ({str(error)[:100]})"
        ) from error
    lasting = simulator.SAMPLES / simulator.RATE - simulator.ONSET

    def covered(piece: Recorded) -> float:
        ends = len(piece.samples) / max(piece.rate, 1e-9) - piece.onset
        return min(ends, lasting) - max(-piece.onset, -simulator.ONSET)

    if not pieces:
        raise DataError(f"{where}: {file.name} holds no data of channel {channel or 'any'}")
    return max(pieces, key=covered)


def _seconds(text: str, where: str) -> float:
    try:
        found = datetime.fromisoformat(str(text).strip())
    except ValueError as error:
        raise DataError(
            f"{where}: origin_time is {str(text)[:40]!r}; write it as 2009-08-24T00:20:03Z"
        ) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
