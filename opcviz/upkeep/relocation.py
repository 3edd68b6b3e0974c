"""Moving studies to another store: copied, looked at, and only then removed where they were."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..common.progress import Progress, Step
from ..common.records import Record
from ..study import Store, StoreError
from .holdings import STUDY, answers_of, chosen, read_spec, remove, sound

__all__ = ["Moved", "move"]


@dataclass(frozen=True)
class Moved(Record):
    """What went to another store.

    Attributes:
        studies: those that were moved.
        answers: how many went with them, those included that were there already.
        left: what lies in the old place still, because it is no answer.
    """

    studies: tuple[str, ...]
    answers: int
    left: tuple[str, ...]


def move(store: Store, studies: Sequence[str], to: Path, progress: Progress | None = None) -> Moved:
    """Move studies of a store's own root to another store.

    Every answer is copied, compared with its recorded hashes, renamed into its place, and removed
    from the old one only then: whenever this is interrupted, each answer is whole in one of both.

    Args:
        store: where they are.
        studies: their names; none: all.
        to: root of the other store.
        progress: told of each answer.

    Raises:
        StoreError: for an unknown study, the same store, or a damaged answer, which stays where it
            is.
        Cancelled: by `progress`; the same call again goes on.
    """
    progress = progress or Progress()
    other = Store(to)
    if to.absolute().resolve() == store.root.absolute().resolve():
        raise StoreError(f"{to} is the store that they are in")
    names = chosen(store, studies)
    folders = [folder for name in names for folder in answers_of(store.root, name)]
    for name in names:
        read_spec(store.root, name)
        if not (other.root / "studies" / name / STUDY).exists():
            other.write_study(name, Store(store.root).read_study(name))
    for index, folder in enumerate(folders):
        progress(Step(index, len(folders)))
        _copy(folder, other, other.root / folder.relative_to(store.root))
        remove(folder)
    progress(Step(len(folders), len(folders)))
    left = [rest for name in names for rest in _clear(store.root / "studies" / name)]
    return Moved(tuple(names), len(folders), tuple(str(p.relative_to(store.root)) for p in left))


def _copy(folder: Path, other: Store, place: Path) -> None:
    try:
        sound(folder)
    except StoreError as error:
        raise StoreError(
            f"{folder} is damaged ({error}); it and what comes after it stay where they are"
        ) from error
    with other.beside(place) as beside:
        shutil.copytree(folder, beside, dirs_exist_ok=True)
        sound(beside, named=place.name)
        other.put(beside, place)


def _clear(study: Path) -> list[Path]:
    """Remove what is empty, and the record of a study that has nothing left; what else is there."""
    for folder in sorted((p for p in study.rglob("*") if p.is_dir()), reverse=True):
        with suppress(OSError):  # it is not empty
            folder.rmdir()
    rest = [path for path in study.rglob("*") if path.name != STUDY and not path.is_dir()]
    if not rest:
        shutil.rmtree(study)
    return sorted(rest)
