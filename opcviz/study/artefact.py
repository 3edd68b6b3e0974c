"""One stored result, read with suspicion: whatever is wrong on disk is a `StoreError`.

Such an error names the file, what is wrong with it and what to do about it. Reading changes nothing
on disk.
"""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeVar

import numpy as np

from ..artefacts import KindAbout
from ..common.json_types import Json
from ..common.records import Record

__all__ = ["RECORD", "Artefact", "StoreError", "digest_of", "open_artefact", "read_arrays"]

RECORD = "artefact.json"
R = TypeVar("R", bound=Record)
REMEDY = "`opcviz run` on its study makes it anew"


class StoreError(ValueError):
    """Something on disk that cannot be used; the message names the path and the reason."""


@dataclass(frozen=True)
class Artefact:
    """One stored result.

    Attributes:
        folder: where it lies.
        question: the JSON that its name is the hash of.
        created: ISO time, UTC.
        about: the declaration of a user's own kind, see `Kind.about`; None for built-in ones.
        files: `bytes` and `sha256` of each file, by its name.
    """

    folder: Path
    question: Json
    created: str
    about: KindAbout | None = None
    files: Mapping[str, Mapping[str, int | str]] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """A file of it."""
        return self.folder / name

    def json(self, name: str = "result.json") -> Json:
        """A JSON file of it, checked against its recorded hash.

        Raises:
            StoreError: when it is missing, not what was written, or no table of values.
        """
        path = self.path(name)
        known = self.files.get(name, {}).get("sha256")
        try:
            data = path.read_bytes()
            if known and hashlib.sha256(data).hexdigest() != known:
                raise ValueError("it does not have its recorded contents")
            return _table(json.loads(data))
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"{path} is damaged ({_said(error)}); {REMEDY}") from error

    def record(self, cls: type[R]) -> R:
        """Its numbers as the record that its kind declares.

        Raises:
            StoreError: when its file is missing or damaged.
            ValueError: for numbers that are not such a record's; the message says where.
        """
        return cls.from_dict(self.json())

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """An npz file of it, read whole.

        Raises:
            StoreError: when it is missing or damaged.
        """
        return read_arrays(self.path(name))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz file by name; their checksums are checked, nothing is unpickled.

    Raises:
        StoreError: when it is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise StoreError(f"{path} is damaged ({_said(error)}); {REMEDY}") from error


def open_artefact(folder: Path, *, thorough: bool) -> Artefact:
    """The artefact in a folder.

    Args:
        folder: where it lies.
        thorough: check the hash of every file, not its size alone.

    Raises:
        StoreError: saying what is wrong with its record, or with which of its files.
    """
    try:
        record = _table(json.loads((folder / RECORD).read_bytes()))
        parts = {name: _table(record.get(name), name) for name in ("question", "files")}
        for name, known in parts["files"].items():
            _check_file(folder / name, name, _table(known, f"files.{name}"), thorough)
        created, about = record.get("created"), record.get("about") or {}
        if not isinstance(created, str):
            raise ValueError(f"{RECORD}: 'created' is {created!r} and not a time")
        said = KindAbout.from_dict(_table(about, "about")) if about else None
        return Artefact(folder, parts["question"], created, said, parts["files"])
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(_said(error)) from error


def _check_file(file: Path, name: str, known: Json, thorough: bool) -> None:
    plain = PurePosixPath(name)
    if plain.is_absolute() or ".." in plain.parts or str(plain) != name or name in (".", RECORD):
        raise ValueError(f"{RECORD}: {name[:100]!r} is no file of its folder")
    about = file.lstat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError(f"{name} is no file of its own")
    size = about.st_size
    if isinstance(known.get("bytes"), bool) or size != known.get("bytes"):
        raise ValueError(f"{name} has {size} of {known.get('bytes')} bytes")
    if thorough and digest_of(file) != known.get("sha256"):
        raise ValueError(f"{name} does not have its recorded contents")


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _table(value: object, name: str = "") -> Json:
    if not isinstance(value, dict):
        what = f"{RECORD}: '{name}'" if name else "it"
        raise ValueError(f"{what} holds {_kind(value)} where a table of values is wanted")
    return value


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _said(error: BaseException) -> str:
    """What went wrong, without the path that the message begins with."""
    if isinstance(error, OSError) and error.strerror:
        name = Path(str(error.filename)).name if error.filename else ""
        return f"{name}: {error.strerror}".removeprefix(": ")
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return f"not readable as JSON: {error}"
    return str(error) or type(error).__name__
