"""Results on disk: one folder an artefact, named by the question it answers.

    ROOT/studies/<study>/study.json                         the study's spec
    ROOT/studies/<study>/<kind>-<hash>/                     shared by all its models
    ROOT/studies/<study>/models/<model>/<kind>-<hash>/      of one model
        artefact.json      the question, when it was answered, size and SHA-256 of each file
        *.json, *.npz, *.safetensors

An artefact is written beside its place and renamed into it, so a half-written one is never seen.
A damaged one is reported by name and set aside, never trusted. Nothing is ever pickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..artefacts import KindAbout
from ..common.config import fingerprint
from ..common.json_types import Json, Plain
from ..common.records import Record
from ..resources import shipped_root

__all__ = [
    "Artefact",
    "Store",
    "StoreError",
    "default_root",
    "shipped_root",
    "write_arrays",
    "write_json",
]

RECORD = "artefact.json"
R = TypeVar("R", bound=Record)


class StoreError(ValueError):
    """Something on disk that cannot be used; the message names the path and the reason."""


def default_root() -> Path:
    """The user's own store: `OPCVIZ_STORE`, or `.opcviz` in the home folder."""
    return Path(os.environ.get("OPCVIZ_STORE") or Path.home() / ".opcviz")


def write_json(path: Path, value: object, *, compact: bool = False) -> None:
    """Write JSON beside its place and rename it there.

    Args:
        path: its place.
        value: JSON-ready.
        compact: on one line: curves and lists of numbers are a third of the size.

    Raises:
        ValueError: for NaN or infinity, which JSON does not have; say null and a reason instead.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    indent = None if compact else 1
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a compressed npz file of named arrays."""
    named: dict[str, Any] = dict(arrays)  # numpy types its keyword arguments as if all were flags
    np.savez_compressed(path, **named)


@dataclass(frozen=True)
class Artefact:
    """One stored result.

    Attributes:
        folder: where it lies.
        question: the JSON that its name is the hash of.
        created: ISO time, UTC.
        about: the declaration of a user's own kind, see `Kind.about`; None for built-in ones.
    """

    folder: Path
    question: Json
    created: str
    about: KindAbout | None = None

    def path(self, name: str) -> Path:
        """A file of it."""
        return self.folder / name

    def json(self, name: str = "result.json") -> Json:
        """A JSON file of it."""
        content: Json = json.loads(self.path(name).read_text(encoding="utf-8"))
        return content

    def record(self, cls: type[R]) -> R:
        """Its numbers as the record that its kind declares.

        Raises:
            ValueError: for numbers that are not such a record's; the message says where.
        """
        return cls.from_dict(self.json())

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """An npz file of it, read whole."""
        with np.load(self.path(name), allow_pickle=False) as file:
            return {key: file[key] for key in file.files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Store:
    """A writable root and read-only layers below it, seen as one.

    Args:
        root: where new artefacts go, made when first written.
        layers: further roots that are only read, such as the shipped studies.
        warn: called with a sentence about everything that had to be set aside.
    """

    def __init__(
        self,
        root: Path,
        layers: tuple[Path, ...] = (),
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.root = Path(root)
        self.layers = tuple(Path(layer) for layer in layers)
        self.warn = warn

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """All roots, the writable one first."""
        return (self.root, *self.layers)

    def find(self, place: str, kind: str, question: Mapping[str, Plain]) -> Artefact | None:
        """The sound artefact that answers exactly this question, or None.

        Every file is checked against its recorded hash; a damaged artefact is set aside.
        """
        name = f"{kind}-{fingerprint(question)}"
        for root in self.roots:
            folder = root / "studies" / place / name
            if folder.is_dir() and (found := self._open(folder, thorough=True)):
                return found
        return None

    def answers(self, place: str, kind: str) -> list[Artefact]:
        """All artefacts of a kind, newest first; only their sizes are checked."""
        found = []
        for root in self.roots:
            for folder in (root / "studies" / place).glob(f"{kind}-*"):
                artefact = self._open(folder, thorough=False)
                if artefact:
                    found.append(artefact)
        return sorted(found, key=lambda artefact: artefact.created, reverse=True)

    def latest(self, place: str, kind: str) -> Artefact | None:
        """The newest artefact of a kind, whatever its settings, or None."""
        return next(iter(self.answers(place, kind)), None)

    def kinds(self, place: str) -> list[str]:
        """Names of the kinds of artefact that lie in a folder."""
        return sorted({name.rpartition("-")[0] for name in self.places(place)} - {""})

    def places(self, below: str = "") -> list[str]:
        """Names of the folders under `studies/<below>`, over all roots."""
        names = {
            folder.name
            for root in self.roots
            for folder in (root / "studies" / below).glob("*")
            if folder.is_dir() and not folder.name.startswith(".")
        }
        return sorted(names)

    @contextmanager
    def writing(
        self, place: str, kind: str, question: Mapping[str, Plain], about: KindAbout | None = None
    ) -> Iterator[Path]:
        """A folder to fill; it becomes the artefact when the block ends without an error.

        Args:
            place, kind, question: which artefact.
            about: the declaration of a user's own kind, for readers that do not have its file.
        """
        parent = self.root / "studies" / place
        parent.mkdir(parents=True, exist_ok=True)
        name = f"{kind}-{fingerprint(question)}"
        beside = parent / f".{name}.{uuid.uuid4().hex[:8]}"
        beside.mkdir()
        try:
            yield beside
            files = {
                str(file.relative_to(beside)): {
                    "bytes": file.stat().st_size,
                    "sha256": _digest(file),
                }
                for file in sorted(beside.rglob("*"))
                if file.is_file()
            }
            record = {
                "kind": kind,
                "question": question,
                "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "files": files,
            }
            if about:
                record["about"] = about.to_dict()
            write_json(beside / RECORD, record)
            try:
                beside.rename(parent / name)
            except OSError:  # another process stored the same artefact meanwhile: keep that one
                if not (parent / name / RECORD).is_file():
                    raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def write_study(self, place: str, spec: Mapping[str, Plain]) -> None:
        """Record a study's spec; of one that is recorded already, only how it measures changes.

        What it measures (`evidence`) is no part of a study's identity: the record says what was
        asked last, so that readers show the answers to that and not to an older question.
        """
        folder = self.root / "studies" / place
        with suppress(StoreError):
            known = self.read_study(place)
            spec = {**known, **{k: spec[k] for k in ("evidence",) if k in spec}}
            if spec == known and (folder / "study.json").is_file():
                return
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "study.json", spec)

    def has_study(self, place: str) -> bool:
        """Whether a study of this place has been recorded."""
        return any((root / "studies" / place / "study.json").is_file() for root in self.roots)

    def read_study(self, place: str) -> Json:
        """A study's spec.

        Raises:
            StoreError: when there is none, or it is unreadable.
        """
        for root in self.roots:
            path = root / "studies" / place / "study.json"
            if path.is_file():
                try:
                    spec: Json = json.loads(path.read_text(encoding="utf-8"))
                    return spec
                except ValueError as error:
                    raise StoreError(f"{path}: not readable as JSON ({error})") from error
        raise StoreError(
            f"there is no study '{place}' in {' or '.join(map(str, self.roots))}; "
            "`list studies` names those there are"
        )

    def _open(self, folder: Path, thorough: bool) -> Artefact | None:
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            for name, known in record["files"].items():
                file = folder / name
                if file.stat().st_size != known["bytes"]:
                    raise StoreError(f"{name} has {file.stat().st_size} of {known['bytes']} bytes")
                if thorough and _digest(file) != known["sha256"]:
                    raise StoreError(f"{name} does not have its recorded contents")
            about = KindAbout.from_dict(record["about"]) if record.get("about") else None
            return Artefact(folder, record["question"], record["created"], about)
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._set_aside(folder, str(error))
            return None

    def _set_aside(self, folder: Path, reason: str) -> None:
        if folder.is_relative_to(self.root):
            aside = folder.with_name(f".damaged-{folder.name}-{uuid.uuid4().hex[:6]}")
            try:
                folder.rename(aside)
            except FileNotFoundError:
                return  # another process set it aside first
            self.warn(f"{folder} is damaged ({reason}); it was set aside as {aside.name}")
        else:
            self.warn(f"{folder} is damaged ({reason}); it is ignored")
