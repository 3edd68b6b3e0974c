"""Engines that start no program: one leaves jobs queued, one does them inside the click."""

from __future__ import annotations

from typing import Any

from inline_engine import InlineEngine

from opcviz.engine import Engine


class Queue(Engine):
    """Takes jobs and leaves them queued; a test plays the worker."""

    def _queued(self, id: str) -> None:
        pass

    def ensure(self, wait: float = 0.0) -> bool:
        return True

    def health(self) -> dict[str, Any]:
        return {"state": "ready"}


class Here(InlineEngine):
    """Runs jobs for real, inside the click."""

    ensure, health = Queue.ensure, Queue.health
