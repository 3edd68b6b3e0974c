"""The interface of every engine: reading runs is the same, what executes them differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..common.json_types import Json, Plain
from .record import DEFAULT_RUNNER, Run
from .runs import Runs
from .waiting import keep_waiting, leave, others_wait

__all__ = ["Engine"]


class Engine(ABC):
    """Queues jobs and reports on their runs, all of it in the store's `runs` folder.

    Args:
        store: the folder of the store.
        runner: the function that executes jobs, as `module:function`, called with
            `(job: dict, store: Path, progress: Progress)` and returning a small dict.
    """

    def __init__(self, store: str | Path, *, runner: str = DEFAULT_RUNNER) -> None:
        self.runs = Runs(Path(store).absolute())
        self.store = self.runs.store
        self.runner = runner

    @abstractmethod
    def _queued(self, id: str) -> None:
        """Called after a run was queued: make sure that something executes it."""

    def submit(self, job: Mapping[str, Plain], label: str = "", *, runner: str = "") -> str:
        """Queue a job and return the id of its run; `ValueError` if it is not plain JSON.

        Args:
            job, label: what to do, and what a person reads in the queue.
            runner: the function that executes it; empty: the engine's.
        """
        id = self.runs.submit(job, label, runner or self.runner)
        self._queued(id)
        return id

    def status(self, id: str) -> Run:
        """The record of a run; see `Runs.status`."""
        return self.runs.status(id)

    def list(self) -> Sequence[Run]:
        """All runs, the newest first."""
        return self.runs.list()

    def position(self, id: str) -> int | None:
        """How many runs wait before this one (0: it is next); None if it does not wait."""
        return self.runs.position(id)

    def remaining(self, id: str, epochs: Mapping[str, int] | None = None) -> float | None:
        """Roughly how many seconds a running run still needs; see `Runs.remaining`."""
        return self.runs.remaining(id, epochs)

    def events(self, id: str, since: int = 0) -> tuple[Sequence[Json], int]:
        """Events from byte `since` on, and the offset to ask next; see `Runs.events`."""
        return self.runs.events(id, since)

    def cancel(self, id: str) -> None:
        """Ask a run to stop; see `Runs.cancel`."""
        self.runs.cancel(id)

    def wait_for(self, id: str, who: str) -> None:
        """Note that somebody waits for a run, as long as this is called now and then.

        Args:
            id: the run.
            who: tells visitors of a shared server apart; empty on a machine of one's own.
        """
        keep_waiting(self.runs.path(id), who)

    def give_up(self, id: str, who: str) -> bool:
        """Stop waiting for a run, and ask it to stop unless somebody else waits for it, too.

        Args:
            id, who: as of `wait_for`.

        Returns:
            Whether it was asked to stop.
        """
        leave(self.runs.path(id), who)
        if others_wait(self.runs.path(id), who):
            return False
        self.cancel(id)
        return True

    def resume(self, id: str) -> None:
        """Queue a failed or cancelled run again; see `Runs.resume`."""
        self.runs.resume(id)
        if self.runs.status(id).status == "queued":
            self._queued(id)
