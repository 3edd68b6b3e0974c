"""Things known by name: methods, kinds of artefact, tasks. A user's own file may add some."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from .config import ConfigError

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """Name to entry, in the order of entering.

    An entry may have a stand-in: what is known of it where its file was not loaded. Once that is,
    the entry itself is given.

    Args:
        noun: what an entry is, for messages.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._entries: dict[str, T] = {}
        self._stand_ins: dict[str, Mapping[str, T]] = {}  # by who declared them

    def add(self, name: str, entry: T) -> None:
        """Enter.

        Raises:
            ConfigError: when the name is taken.
        """
        if name in self._entries:
            known = self._entries[name]
            raise ConfigError(f"a {self.noun} named '{name}' exists already: {_described(known)}")
        self._entries[name] = entry

    def get(self, name: str) -> T:
        """The entry of a name.

        Raises:
            ConfigError: for an unknown name; the known ones are listed.
        """
        entries = self._all()
        if not isinstance(name, str) or name not in entries:
            known = ", ".join(entries) or "none"
            raise ConfigError(f"no {self.noun} is called '{name}'; there are: {known}")
        return entries[name]

    def values(self) -> list[T]:
        """All entries."""
        return list(self._all().values())

    def __len__(self) -> int:
        return len(self._all())

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def stand_in(self, source: str, entries: Mapping[str, T]) -> None:
        """Let these stand for entries that are not loaded, in place of the source's last ones."""
        self._stand_ins = {**self._stand_ins, source: dict(entries)}

    def _all(self) -> dict[str, T]:
        known: dict[str, T] = {}
        for entries in (*self._stand_ins.values(), self._entries):
            known |= entries
        return known

    def snapshot(self) -> Mapping[str, T]:
        """All entries as they are now, for `restore`."""
        return dict(self._entries)

    def restore(self, snapshot: Mapping[str, T]) -> None:
        """Go back to an earlier state: what a file that is refused has entered is undone."""
        self._entries = dict(snapshot)

    def discard(self, name: str) -> None:
        """Forget a name, if it is known."""
        self._entries.pop(name, None)


def _described(entry: object) -> str:
    """An entry by its class or function and the file that defines it."""
    made = entry if hasattr(entry, "__qualname__") else type(entry)
    module = str(getattr(made, "__module__", ""))
    if module.startswith("opcviz."):
        return f"{getattr(made, '__qualname__', made)} of {module}"
    file = getattr(sys.modules.get(module), "__file__", None)
    return f"{getattr(made, '__qualname__', made)} in {file or module}"
