"""What of a store nobody reads any more, and its removal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.held import alone
from ..common.records import Record
from ..study import Store, StoreError, open_study
from .holdings import chosen, remove

__all__ = ["Spare", "prune", "spare"]

HALF = re.compile(r"\..+\.[0-9a-f]{8}")
"""How a folder or a file is called while it is written, or removed."""
ASIDE = ".damaged-"
QUIET_SECONDS = 3600.0  # without a change, after which nobody is at work on it any more
DAYS = 30.0


@dataclass(frozen=True)
class Spare(Record):
    """Something that nobody reads.

    Attributes:
        place: its path below the store.
        reason: why it is not needed.
        bytes: what its removal frees.
    """

    place: str
    reason: str
    bytes: int


def spare(store: Store, studies: Sequence[str] = (), days: float = DAYS) -> list[Spare]:
    """What could go from a store's own root; nothing is changed.

    Half-written files of processes that died, damaged answers that were set aside, states of
    trainings that were stopped long ago, and answers to settings that a study has given up, where
    the present ones are answered. Weights of models, and what users' own kinds made, stay.

    Args:
        store: only its own root is looked at.
        studies: these alone; none named: all, and trainings that were stopped.
        days: how long a training must have been left.

    Raises:
        StoreError: for a study that is not there.
    """
    own = Store(store.root)
    names = chosen(own, studies)
    found = [each for name in names for each in (*_left(own, name), *_superseded(own, name))]
    if not studies:
        found += _stopped(own, days)
    return found


def prune(store: Store, spares: Sequence[Spare]) -> int:
    """Remove what `spare` found.

    Returns:
        The bytes that it had.

    Raises:
        StoreError: while somebody is at work in the store.
    """
    with alone(store.lock) as free:
        if not free:
            raise StoreError(f"{store.root}: somebody is at work in it; wait for the end")
        for each in spares:
            remove(store.root / each.place)
    return sum(each.bytes for each in spares)


def _left(store: Store, study: str) -> Iterator[Spare]:
    place = store.root / "studies" / study
    for path in sorted(place.rglob(".*")):
        if any(part.startswith(".") for part in path.relative_to(place).parts[:-1]):
            continue  # a part of one that is listed
        if path.name.startswith(ASIDE):
            yield _spare(store, path, "damaged, set aside when it was made anew")
        elif HALF.fullmatch(path.name) and _age(path) > QUIET_SECONDS:
            yield _spare(store, path, "half-written by a process that died")


def _superseded(store: Store, study: str) -> Iterator[Spare]:
    try:
        models = open_study(store, study).models
    except StoreError:
        return  # `check` names it; what it holds is not judged by a record that cannot be read
    for model in models:
        for answer in model.superseded:
            yield _spare(store, answer.folder, "of settings that the study has given up")


def _stopped(store: Store, days: float) -> Iterator[Spare]:
    place = store.root / "work"
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        if _age(path) > max(days * 86400, QUIET_SECONDS):
            yield _spare(store, path, f"a training that was stopped more than {days:g} days ago")


def _spare(store: Store, path: Path, reason: str) -> Spare:
    return Spare(str(path.relative_to(store.root)), reason, sum(map(_size, (path, *_below(path)))))


def _age(path: Path) -> float:
    """Seconds since the last change of a file, or of anything in a folder."""
    return time.time() - max(each.lstat().st_mtime for each in (path, *_below(path)))


def _below(path: Path) -> list[Path]:
    return list(path.rglob("*")) if path.is_dir() and not path.is_symlink() else []


def _size(path: Path) -> int:
    return 0 if path.is_dir() else path.lstat().st_size
