"""Pictures from tables: parquet files, and data sets that Hugging Face's `datasets` saved.

Both hold rows of an encoded picture and a label. They are read with Arrow alone: no loading script
runs, nothing is fetched, and no path that a row names is opened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ..common.untrusted import LIMITS, IntakeError, Limits, check_file
from .base import DataError
from .folder import read_picture, stack
from .images import Images, assemble

__all__ = ["read_table", "train_names"]

SPLITS = {"train": ("train",), "test": ("test", "validation", "valid")}
"""What the files (or sub-folders) of each split begin with; the first that is there."""
PICTURE, LABEL = ("image", "img", "picture"), ("label", "labels", "fine_label", "target")
"""What the two columns are called; the first that is there."""
SPLIT = ("split",)
"""What the column is called that tells train from test, in a file that holds both."""
FORM = (
    "A table of pictures is a folder with train*.parquet and test*.parquet, or with train/ and "
    "test/ as `Dataset.save_to_disk` writes them, each row with an image and a label; or one "
    ".parquet of which each row names its split, too (train or test)"
)
ROWS = 256  # decoded at a time
GREY = 2


@dataclass
class _Rows:
    """What was read of one split."""

    pictures: list[np.ndarray] = field(default_factory=list)
    labels: list[int | str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    classes: tuple[str, ...] = ()


def read_table(path: Path, size: int, limits: Limits = LIMITS) -> Images:
    """Read tables into `size` × `size` pictures; see `FORM` and `read_folder`.

    Labels are whole numbers from 0, or strings, of which the sorted ones become classes. Names of
    classes are those that `datasets` wrote beside the columns, if it did.

    Raises:
        DataError: naming the file, and the row where there is one, for what cannot be used.
    """
    parts = {part: _rows(path, part, limits, size) for part in SPLITS}
    train, test = parts["train"], parts["test"]
    classes = train.classes or _called(train.labels)
    grey = all(picture.ndim == GREY for part in parts.values() for picture in part.pictures)
    splits = [
        (stack(p.pictures, size, grey), _numbers(p.labels, classes, path)) for p in (train, test)
    ]
    try:
        return assemble(path.name, splits[0], splits[1], classes or None)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def train_names(path: Path, limits: Limits = LIMITS) -> list[str]:
    """What the rows of the train split call their pictures, in the order of their ids.

    Raises:
        DataError: as `read_table`, which also decodes them.
    """
    return _rows(path, "train", limits, None).names


def _rows(path: Path, part: str, limits: Limits, size: int | None) -> _Rows:
    """The rows of a split; without a size, their pictures are not decoded."""
    found = _Rows()
    for file in _files(path, part):
        for start, (picture, label, split), classes in _batches(file, limits, alone=file == path):
            found.classes = found.classes or classes
            rows = zip(picture, label, split, strict=True)
            for row, (cell, value, of) in enumerate(rows, start):
                if of is not None and of not in SPLITS[part]:
                    continue
                where = f"{file}, row {row}"
                if len(found.labels) >= limits.max_samples:
                    raise DataError(f"{where}: at most {limits.max_samples:,} rows are read")
                content, name = _content(cell, where)
                found.names.append(name)
                found.labels.append(_label(value, where))
                if size is not None:
                    decoded = read_picture(BytesIO(content), size, limits)
                    if isinstance(decoded, str):
                        raise DataError(f"{where}: the picture cannot be read ({decoded})")
                    found.pictures.append(decoded)
    if not found.labels:
        raise DataError(f"{path}: the {part} split has no rows; give at least one picture a class")
    return found


def _files(path: Path, part: str) -> list[Path]:
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):  # of any text, unlike Path.is_dir
        raise DataError(f"no folder {str(path.absolute())[-200:]}. {FORM}")
    for home in (path, path / "data"):
        for start in SPLITS[part]:
            patterns = (f"{start}*.parquet", f"{start}/*.parquet", f"{start}/*.arrow")
            for pattern in patterns:
                files = sorted(f for f in home.glob(pattern) if not f.name.startswith("."))
                if files:
                    return files
    raise DataError(f"{path} has no table of the {part} split. {FORM}")


def _batches(
    file: Path, limits: Limits, alone: bool
) -> Iterator[tuple[int, list[list[Any]], tuple[str, ...]]]:
    """(first row, [pictures, labels, splits], class names) of a file, some rows at a time.

    Splits are None in a file of one split.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError(
            f"{file}: tables of pictures are read with pyarrow, which is not installed; "
            "`pip install pyarrow` brings it"
        ) from error
    try:
        # a file of others is looked at as one: its folder may be linked to, it may not
        check_file(file, limits)
        start = 0
        with pa.OSFile(str(file)) as source:
            if alone or file.suffix == ".parquet":
                table = pq.ParquetFile(source)
                schema = table.schema_arrow
                columns = _columns(schema, file, alone)
                batches = table.iter_batches(ROWS, columns=list(columns))
            else:
                table = pa.ipc.open_stream(source)
                schema = table.schema
                columns = _columns(schema, file, alone)
                batches = (part for whole in table for part in _cut(whole))
            names = _class_names(schema, columns[1], file)
            for batch in batches:
                cells = [batch.column(name).to_pylist() for name in columns]
                yield start, cells if alone else [*cells, [None] * len(cells[0])], names
                start += len(cells[0])
    except IntakeError as error:
        raise DataError(str(error)) from error
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, MemoryError) as error:
        if isinstance(error, DataError):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DataError(f"{file} cannot be read as a table ({reason}); write it again") from error


def _cut(batch: Any) -> Iterator[Any]:
    return (batch.slice(start, ROWS) for start in range(0, batch.num_rows, ROWS))


def _columns(schema: Any, file: Path, alone: bool) -> tuple[str, ...]:
    """The columns of pictures, labels and, in a file that stands alone, splits."""
    wanted = (PICTURE, LABEL, SPLIT) if alone else (PICTURE, LABEL)
    found = [next((n for n in known if n in schema.names), "") for known in wanted]
    if not all(found):
        lacks = " or ".join(wanted[found.index("")])
        held = ", ".join(name[:40] for name in schema.names[:8]) or "nothing"
        raise DataError(f"{file} has no column {lacks}; it has {held}. {FORM}")
    return tuple(found)


def _class_names(schema: Any, label: str, file: Path) -> tuple[str, ...]:
    """The names that `datasets` wrote beside the schema; none if it did not."""
    text = (schema.metadata or {}).get(b"huggingface")
    if text is None:
        return ()
    try:
        names = json.loads(text)["info"]["features"][label].get("names", ())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()  # written by somebody else: the labels stand for themselves
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{file}: the names of the classes are no list of strings; write it again")
    return tuple(names)


def _content(cell: object, where: str) -> tuple[bytes, str]:
    """A picture's bytes and what the row calls it."""
    name = ""
    if isinstance(cell, dict):
        name = str(cell.get("path") or "")
        cell = cell.get("bytes")
    if not isinstance(cell, bytes) or not cell:
        raise DataError(
            f"{where}: holds no encoded picture (bytes of a PNG, a JPEG, ...); a path is not "
            "followed: save the data set with its pictures inside"
        )
    return cell, name


def _label(value: object, where: str) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise DataError(f"{where}: label {str(value)[:40]!r} is no whole number and no string")
    return value


def _called(labels: Sequence[int | str]) -> tuple[str, ...]:
    """Classes of labels that are strings."""
    return tuple(sorted({x for x in labels if isinstance(x, str)}))


def _numbers(labels: Sequence[int | str], classes: Sequence[str], path: Path) -> np.ndarray:
    number = {name: place for place, name in enumerate(classes)}
    found = [number.get(x, -1) if isinstance(x, str) else x for x in labels]
    other = next((x for x in labels if isinstance(x, str) and x not in number), None)
    if other is not None:
        raise DataError(f"{path}: label {other[:40]!r} is none of the train split's classes")
    if any(abs(x) >= 2**62 for x in found):
        raise DataError(f"{path}: a label is too large; number the classes 0, 1, 2, ...")
    return np.array(found, np.int64)
