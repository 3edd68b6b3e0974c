"""The engine that runs jobs in the calling process, at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from opcviz.common.progress import Event
from opcviz.engine import DEFAULT_RUNNER, Engine, NotQueued
from opcviz.engine.execute import execute


class InlineEngine(Engine):
    """Executes each job inside `submit` and `resume`, which return when it has ended.

    A failure is found in `status`, as with every engine; it is not raised. Another thread or
    program may cancel it meanwhile.

    Args:
        store: the folder of the store.
        runner: see `Engine`.
        listeners: functions called with every event as it happens (progress bars).
    """

    def __init__(
        self,
        store: str | Path,
        *listeners: Callable[[Event], None],
        runner: str = DEFAULT_RUNNER,
    ) -> None:
        super().__init__(store, runner=runner)
        self.listeners = listeners

    def _queued(self, id: str) -> None:
        try:
            execute(self.store, id, listeners=self.listeners)
        except NotQueued:  # an engine program on the same store was faster, or it was cancelled
            while self.status(id).active:
                time.sleep(0.05)
