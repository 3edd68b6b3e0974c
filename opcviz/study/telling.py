"""What failed in a user's own code while a plan was run, told as it happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..artefacts import MODEL
from ..common.progress import Message
from .failures import OwnFailed, OwnMethodFailed, is_own

if TYPE_CHECKING:
    from .pipeline import Item
    from .runner import StudyRunner

__all__ = ["Failures"]


class Failures:
    """What failed in a user's own code so far, told as it happens."""

    def __init__(self, runner: StudyRunner) -> None:
        self.said: list[str] = []
        self._runner, self._without_model = runner, set[str]()

    @contextmanager
    def told(self, items: Sequence[Item]) -> Iterator[None]:
        """Tell a failure in the block, and go on; of a method, its models have no evidence."""
        try:
            yield
        except OwnFailed as error:
            if isinstance(error, OwnMethodFailed):
                self._without_model |= set(map(self._place, items))
            self.said.append(str(error))
            self._runner.progress(Message(str(error), "warning"))

    def has_model(self, item: Item) -> bool:
        """Whether an answer can be made: of a user's own method, whether its model is there."""
        if item.kind != MODEL and is_own(item.method) and self._sound(item):
            with self.told([item]):
                self._runner.failure(item.method, item.seed)
        return self._sound(item)

    def _sound(self, item: Item) -> bool:
        return self._place(item) not in self._without_model

    def _place(self, item: Item) -> str:
        return self._runner.place(item.method, item.seed)
