"""Stored answers about one model as the records that their kinds declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..artefacts import kinds
from ..common.records import Record, Undefined
from ..results import PlainResult
from .store import Artefact, Store, StoreError

__all__ = ["Answers"]


class Answers(Mapping[str, Record | Undefined]):
    """The records of all kinds about a model by the kind's name, each read when asked for.

    Args:
        store: where the model lies.
        place: its folder.
        find: the artefact of a kind, None where there is none.
    """

    def __init__(self, store: Store, place: str, find: Callable[[str], Artefact | None]) -> None:
        self._store, self._place, self._find = store, place, find
        self._read: dict[str, Record | Undefined] = {}

    def __getitem__(self, name: str) -> Record | Undefined:
        if name not in self._read:
            artefact = self._find(name)
            if artefact is None:
                raise KeyError(name)
            self._read[name] = _record(name, artefact, self._store.warn)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.kinds(self._place))

    def __len__(self) -> int:
        return len(self._store.kinds(self._place))


def _record(name: str, artefact: Artefact, warn: Callable[[str], None]) -> Record | Undefined:
    """A stored answer as the record that its kind declares, or the reason stored in its place.

    A user's own kind need not be loaded here.
    """
    try:
        told = artefact.json()
    except StoreError as error:
        warn(str(error))
        return Undefined(str(error))
    if told.keys() == {"reason"}:
        return Undefined(str(told["reason"]))
    kind = next((kind for kind in kinds() if kind.name == name), None)
    try:
        return kind.read(told) if kind else PlainResult.from_dict(told)
    except ValueError as error:
        return Undefined(
            f"made by another version, or changed since ({error}); run the study again"
        )
