"""Results on disk: one folder an artefact, named by the question it answers.

    ROOT/studies/<study>/study.json                         the study's spec
    ROOT/studies/<study>/<kind>-<hash>/                     shared by all its models
    ROOT/studies/<study>/models/<model>/<kind>-<hash>/      of one model
        artefact.json      the question, when it was answered, size and SHA-256 of each file
        *.json, *.npz, *.safetensors

An artefact is written beside its place and renamed into it, so a half-written one is never seen.
A damaged one is reported by name and never trusted; whoever writes its successor sets it aside,
readers change nothing. Nothing is ever pickled.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..artefacts import KindAbout
from ..common.config import fingerprint
from ..common.json_types import Json, Plain
from ..resources import shipped_root
from .artefact import RECORD, REMEDY, Artefact, StoreError, digest_of, open_artefact

__all__ = [
    "Artefact",
    "Store",
    "StoreError",
    "default_root",
    "shipped_root",
    "write_arrays",
    "write_json",
]


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
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a compressed npz file of named arrays."""
    named: dict[str, Any] = dict(arrays)  # numpy types its keyword arguments as if all were flags
    np.savez_compressed(path, **named)


class Store:
    """A writable root and read-only layers below it, seen as one.

    Args:
        root: where new artefacts go, made when first written.
        layers: further roots that are only read, such as the shipped studies.
        warn: called once with each sentence about something that cannot be used.
    """

    def __init__(
        self,
        root: Path,
        layers: tuple[Path, ...] = (),
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.root = Path(root)
        self.layers = tuple(Path(layer) for layer in layers)
        self._warn, self._warned = warn, set[str]()

    def warn(self, text: str) -> None:
        """Tell the owner of the store what cannot be used; the same sentence once."""
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """All roots, the writable one first."""
        return (self.root, *self.layers)

    def find(self, place: str, kind: str, question: Mapping[str, Plain]) -> Artefact | None:
        """The sound artefact that answers exactly this question, or None.

        Every file is checked against its recorded hash; of a damaged artefact `warn` is told.
        """
        name = f"{kind}-{fingerprint(question)}"
        for root in self.roots:
            folder = root / "studies" / place / name
            if folder.is_dir() and (found := self._open(folder, thorough=True)):
                return found
        return None

    def holds(self, place: str, kind: str, question: Mapping[str, Plain]) -> bool:
        """Whether there is an answer to exactly this question, sound or not: a look at names."""
        name = f"{kind}-{fingerprint(question)}"
        return any((root / "studies" / place / name).is_dir() for root in self.roots)

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

    def has(self, study: str) -> bool:
        """Whether there is a study of just this place, in whatever state."""
        plain = study not in ("", ".", "..") and Path(study).name == study
        named = plain and not study.startswith(".")
        return named and any((root / "studies" / study).is_dir() for root in self.roots)

    @contextmanager
    def writing(
        self, place: str, kind: str, question: Mapping[str, Plain], about: KindAbout | None = None
    ) -> Iterator[Path]:
        """A folder to fill; it becomes the artefact when the block ends without an error.

        Args:
            place, kind, question: which artefact.
            about: the declaration of a user's own kind, for readers that do not have its file.
        """
        folder = self.root / "studies" / place / f"{kind}-{fingerprint(question)}"
        with self.beside(folder) as beside:
            yield beside
            files = {
                str(file.relative_to(beside)): {
                    "bytes": file.stat().st_size,
                    "sha256": digest_of(file),
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
            self.put(beside, folder)

    @contextmanager
    def beside(self, folder: Path) -> Iterator[Path]:
        """A hidden folder beside one of the store, which is gone when the block ends."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
        beside.mkdir()
        try:
            yield beside
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    @property
    def lock(self) -> Path:
        """What is held while answers are made, and by whoever moves or removes them; see `held`."""
        return self.root / "in-use"

    def put(self, beside: Path, folder: Path) -> None:
        """Rename a written artefact into its place, unless a sound one stands there already."""
        try:
            beside.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            try:
                open_artefact(folder, thorough=True)  # another process was first: keep that one
            except StoreError as error:
                self._set_aside(folder, str(error))
                beside.rename(folder)

    def discard(self, place: str, kind: str, question: Mapping[str, Plain]) -> None:
        """Remove an artefact of the writable root, if it is there."""
        folder = self.root / "studies" / place / f"{kind}-{fingerprint(question)}"
        beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
        try:
            folder.rename(beside)  # gone at once, and never half-removed
        except FileNotFoundError:
            return
        shutil.rmtree(beside, ignore_errors=True)

    def write_study(
        self,
        place: str,
        spec: Mapping[str, Plain],
        usable: Callable[[Json], bool] = lambda known: True,
    ) -> None:
        """Record a study's spec; of one that is recorded already, only how it measures changes.

        What it measures (`evidence`) is no part of a study's identity: the record says what was
        asked last, so that readers show the answers to that and not to an older question. A record
        that cannot be read is set aside and written anew.

        Args:
            place: of the study.
            spec: what to record.
            usable: whether a record is this study's.
        """
        path = self.root / "studies" / place / "study.json"
        try:
            known = self.read_study(place)
            if not usable(known):
                raise StoreError("it does not describe this study")
        except StoreError as error:
            if path.is_file():
                self._set_aside(path, str(error))
        else:
            spec = {**known, **{k: spec[k] for k in ("evidence",) if k in spec}}
            if spec == known and _is_record(path):
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, spec)

    def read_study(self, place: str) -> Json:
        """A study's spec, from the first root whose record can be read.

        Raises:
            StoreError: when there is none, or none is readable.
        """
        unreadable = []
        for root in self.roots:
            path = root / "studies" / place / "study.json"
            if path.is_file():
                try:
                    return _read_record(path)
                except StoreError as error:
                    unreadable.append(str(error))
        if unreadable:
            raise StoreError(unreadable[0])
        raise StoreError(
            f"there is no study '{place}' in {' or '.join(map(str, self.roots))}; "
            "`list studies` names those there are"
        )

    def _open(self, folder: Path, thorough: bool) -> Artefact | None:
        """The artefact in a folder; None, and a warning, where it is damaged."""
        try:
            return open_artefact(folder, thorough=thorough)
        except StoreError as error:
            if folder.is_dir():  # else another process has just set it aside
                self.warn(f"{folder} is damaged ({error}); it is ignored, and {REMEDY}")
            return None

    def _set_aside(self, path: Path, reason: str) -> None:
        aside = path.with_name(f".damaged-{path.name}-{uuid.uuid4().hex[:6]}")
        try:
            path.rename(aside)
        except FileNotFoundError:
            return  # another process set it aside first
        self.warn(f"{path} is damaged ({reason}); it was set aside as {aside.name}")


def _is_record(path: Path) -> bool:
    try:
        return bool(_read_record(path))
    except StoreError:
        return False


def _read_record(path: Path) -> Json:
    """The table in a study's record.

    Raises:
        StoreError: when it cannot be read, or holds something else.
    """
    remedy = "`opcviz run` of the same study writes it anew and keeps its models"
    try:
        spec = json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: not readable as JSON ({error}); {remedy}") from error
    if not isinstance(spec, dict) or not spec:
        raise StoreError(f"{path}: holds no table of settings; {remedy}")
    return spec
