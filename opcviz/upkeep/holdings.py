"""What lies in a store, study by study, and whether all of it is as it was written."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.config import ConfigError, fingerprint
from ..common.names import shown
from ..common.progress import Progress, Step
from ..common.records import Record
from ..study import Store, StoreError, Study, open_study
from ..study.artefact import RECORD, Artefact, open_artefact

__all__ = ["STUDY", "Checked", "Fault", "Holding", "answers_of", "check", "inventory", "read_spec"]

STUDY = "study.json"
ANSWER = re.compile(r"[a-z0-9_]+-[0-9a-f]{12}")
"""The name of an answer's folder: its kind, and the fingerprint of its question."""


@dataclass(frozen=True)
class Holding(Record):
    """A study in a store.

    Attributes:
        study: name of its folder.
        title: of the study; empty where its record cannot be read.
        models: folders of models.
        answers: artefacts, whatever their kind.
        bytes: of all its files.
        changed: when the newest answer was given (ISO, UTC); empty without any.
    """

    study: str
    title: str
    models: int
    answers: int
    bytes: int
    changed: str


@dataclass(frozen=True)
class Fault(Record):
    """Something in a store that is not as it was written.

    Attributes:
        place: its path below the store.
        reason: what is wrong with it.
    """

    place: str
    reason: str


@dataclass(frozen=True)
class Checked(Record):
    """What a look at every byte found.

    Attributes:
        answers: artefacts that were looked at.
        bytes: of their files.
        faults: what is wrong.
    """

    answers: int
    bytes: int
    faults: tuple[Fault, ...]


def inventory(store: Store) -> list[Holding]:
    """The studies in a store's own root, by name; nothing but records and sizes is read."""
    return [_holding(store, name) for name in _studies(store)]


def check(store: Store, studies: Sequence[str] = (), progress: Progress | None = None) -> Checked:
    """Compare every file of a store's own root with its recorded size and SHA-256.

    Args:
        store: only its own root is looked at, not the layers below.
        studies: these alone; none named: all.
        progress: told of each answer.

    Raises:
        StoreError: for a study that is not there.
        Cancelled: by `progress`.
    """
    progress = progress or Progress()
    names = chosen(store, studies)
    folders = [folder for name in names for folder in answers_of(store.root, name)]
    faults = [fault for name in names for fault in _of_the_record(store, name)]
    size = 0
    for index, folder in enumerate(folders):
        progress(Step(index, len(folders)))
        try:
            answer = sound(folder)
            size += sum(int(known["bytes"]) for known in answer.files.values())
        except StoreError as error:
            faults.append(Fault(_below(store, folder), str(error)))
    progress(Step(len(folders), len(folders)))
    return Checked(len(folders), size, tuple(faults))


def chosen(store: Store, studies: Sequence[str]) -> list[str]:
    """The studies that are meant: those named, or all.

    Raises:
        StoreError: for one that is not in the store's own root.
    """
    if not store.root.is_dir():
        raise StoreError(f"{store.root}: there is no store")
    there, found = _studies(store), []
    for name in studies:
        fitting = [p for p in there if p == name] or [p for p in there if _name(p) == name]
        if len(fitting) != 1:
            what = f"{len(fitting)} studies are" if fitting else "there is no study"
            raise StoreError(
                f"{what} called '{shown(name)}' in {store.root}; `opcviz store list` names those "
                "there are"
            )
        found += fitting
    return list(dict.fromkeys(found)) or there


def _name(place: str) -> str:
    return place.rpartition("-")[0]


def sound(folder: Path, named: str = "") -> Artefact:
    """The answer in a folder, all of it as it was written and nothing else beside it.

    Args:
        folder: where it lies.
        named: what the folder is to be called, if it is not in its place yet.

    Raises:
        StoreError: saying what is wrong.
    """
    answer = open_artefact(folder, thorough=True)
    name = named or folder.name
    try:
        digits = fingerprint(answer.question)
    except ValueError as error:  # NaN, which JSON does not have
        raise StoreError(f"{RECORD}: its question is none ({error})") from error
    if digits != name.rpartition("-")[2]:
        raise StoreError(f"{RECORD}: the question in it is not the one that '{name}' stands for")
    here = {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()} - {RECORD}
    if foreign := sorted(here - set(answer.files)):
        raise StoreError(f"{shown(foreign[0])} is not in its record")
    return answer


def remove(path: Path) -> None:
    """Remove a file or a folder: gone at once, and never seen half-removed."""
    beside = path.with_name(f".{path.name.lstrip('.')}.{uuid.uuid4().hex[:8]}")
    try:
        path.rename(beside)
    except FileNotFoundError:  # another process was first
        return
    if beside.is_dir() and not beside.is_symlink():
        shutil.rmtree(beside)
    else:
        beside.unlink()


def answers_of(root: Path, study: str) -> list[Path]:
    """Folders of all answers of a study below a root: shared ones, of its models, of a bench."""
    found = []
    for here, below, _ in os.walk(root / "studies" / study):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += [Path(here, name) for name in below if ANSWER.fullmatch(name)]
        below[:] = [name for name in below if not ANSWER.fullmatch(name)]
    return found


def read_spec(root: Path, study: str) -> Study:
    """The spec in a study's record, which must be that of its folder.

    Raises:
        StoreError: when it is missing, unreadable or another study's.
    """
    spec = open_study(Store(root), study).study
    try:
        place = spec.place
    except ConfigError as error:
        raise StoreError(f"{study}/{STUDY}: {error}") from error
    if place != study:
        raise StoreError(f"{study}/{STUDY} describes '{shown(place)}', another study")
    return spec


def _studies(store: Store) -> list[str]:
    return Store(store.root).places()


def links_in(root: Path, study: str) -> list[Path]:
    """Symbolic links in a study: what lies behind them is not looked after, and not moved."""
    place = root / "studies" / study
    return sorted(path for path in (place, *place.rglob("*")) if path.is_symlink())


def refuse_links(root: Path, study: str) -> None:
    """See that all of a study lies in its store.

    Raises:
        StoreError: naming a link.
    """
    for path in links_in(root, study):
        raise StoreError(f"{path}: a link to {path.readlink()}; put what it points to in its place")


def _of_the_record(store: Store, name: str) -> Iterator[Fault]:
    for path in links_in(store.root, name):
        yield Fault(_below(store, path), f"a link to {path.readlink()}, which is not followed")
    try:
        read_spec(store.root, name)
    except StoreError as error:
        yield Fault(f"studies/{name}/{STUDY}", str(error))


def _holding(store: Store, name: str) -> Holding:
    place = store.root / "studies" / name
    try:
        title = read_spec(store.root, name).title
    except StoreError:
        title = ""
    folders = answers_of(store.root, name)
    return Holding(
        name,
        title,
        len({folder.parent for folder in folders if folder.parent.parent == place / "models"}),
        len(folders),
        sum(file.stat().st_size for file in place.rglob("*") if file.is_file()),
        max((when for folder in folders if (when := _created(folder))), default=""),
    )


def _created(folder: Path) -> str:
    try:
        return open_artefact(folder, thorough=False).created
    except StoreError:
        return ""


def _below(store: Store, path: Path) -> str:
    return str(path.relative_to(store.root))
