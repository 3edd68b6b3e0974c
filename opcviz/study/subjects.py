"""The models of a study that are under examination, and what is still to be asked of them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager

from ..artefacts import Subject

__all__ = ["Subjects"]


class Subjects(dict[str, Subject]):
    """Subjects by the place of their models."""

    def __init__(self) -> None:
        super().__init__()
        self._expected: dict[str, dict[str, tuple[Hashable, ...]]] = {}
        self._examined: list[str] = []  # an answer may want one about another model made first

    def expect(self, place: str, kind: str, looks: Iterable[Hashable]) -> None:
        """Learn what a kind that will be made asks of a model; see `Kind.looks`."""
        self._expected.setdefault(place, {})[kind] = tuple(looks)
        if place in self:
            self[place].expect(kind, self._expected[place][kind])

    def enter(self, place: str, subject: Subject) -> None:
        """Take in a model, which learns what is expected of it."""
        for kind, looks in self._expected.get(place, {}).items():
            subject.expect(kind, looks)
        self[place] = subject

    def release(self, kept: Collection[str]) -> None:
        """Let go of what models compute but for these, and for those under examination."""
        for place, subject in self.items():
            if place not in kept and place not in self._examined:
                subject.release()

    @contextmanager
    def examining(self, places: Collection[str]) -> Iterator[None]:
        """While it lasts these models keep what they compute."""
        before = len(self._examined)
        self._examined += places
        try:
            yield
        finally:
            del self._examined[before:]
