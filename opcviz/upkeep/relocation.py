"""Moving studies to another store: copied, looked at, and only then removed where they were."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from ..common.held import alone
from ..common.progress import Progress, Step
from ..common.records import Record
from ..study import Store, StoreError
from ..study.artefact import RECORD
from .holdings import STUDY, answers_of, chosen, read_spec, refuse_links, remove, sound

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
        StoreError: for an unknown study, the same store, one in which somebody is at work, or a
            damaged answer, which stays where it is.
        Cancelled: by `progress`; the same call again goes on.
    """
    other = Store(to)
    if to.absolute().resolve() == store.root.absolute().resolve():
        raise StoreError(f"{to} is the store that they are in")
    names = chosen(store, studies)
    if not names:
        raise StoreError(f"there is no study in {store.root} to move")
    with ExitStack() as held:
        for each in (store, other):
            if not held.enter_context(alone(each.lock)):
                raise StoreError(f"{each.root}: somebody is at work in it; wait for the end")
        return _move(store, names, other, progress or Progress())


def _move(store: Store, names: list[str], other: Store, progress: Progress) -> Moved:
    for name in names:
        refuse_links(store.root, name)
        read_spec(store.root, name)
        if (other.root / "studies" / name / STUDY).exists():
            read_spec(other.root, name)  # a damaged one is not to be the only one
        else:
            other.write_study(name, Store(store.root).read_study(name))
    folders = [folder for name in names for folder in answers_of(store.root, name)]
    for index, folder in enumerate(folders):
        progress(Step(index, len(folders)))
        _copy(folder, other, other.root / folder.relative_to(store.root))
        remove(folder)
    progress(Step(len(folders), len(folders)))
    left = [rest for name in names for rest in _clear(store.root / "studies" / name)]
    return Moved(tuple(names), len(folders), tuple(str(p.relative_to(store.root)) for p in left))


def _copy(folder: Path, other: Store, place: Path) -> None:
    try:
        answer = sound(folder)
    except StoreError as error:
        raise StoreError(
            f"{folder} is damaged ({error}); it and what comes after it stay where they are"
        ) from error
    with other.beside(place) as beside:
        for name in (RECORD, *answer.files):
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, beside / name)
        sound(beside, named=place.name)
        other.put(beside, place)


def _clear(study: Path) -> list[Path]:
    """Remove what is empty, and the record of a study that has nothing left; what else is there."""
    for folder in sorted((p for p in study.rglob("*") if p.is_dir()), reverse=True):
        with suppress(OSError):  # it is not empty
            folder.rmdir()
    rest = sorted(path for path in study.rglob("*") if path != study / STUDY and not path.is_dir())
    if not rest:
        (study / STUDY).unlink(missing_ok=True)
        with suppress(OSError):
            study.rmdir()
    return rest
