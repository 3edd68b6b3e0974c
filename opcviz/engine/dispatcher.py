"""The queue: the oldest waiting run goes to the first free worker, one run in flight on each.

dask's own queue is not used, for three reasons, all measured: with two tasks on a worker, killing
one fails the other; a task whose worker dies is tried again on the next; and cancelling a future
does not stop a task that runs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .runs import Runs

__all__ = ["Dispatcher", "Workers"]

log = logging.getLogger("opcviz.engine")

GRACE_SECONDS = 1.3  # from the cancel flag to force: Cancel is to work within 2 s, loaded or not
COUNT_SECONDS = 0.25  # how often the workers are counted
IDLE_COUNT_SECONDS = 5.0  # the same while no run waits or is at work: counting wakes the scheduler


class RemoteCall(Protocol):
    """A call on a worker; a future of `distributed` is one."""

    def done(self) -> bool:
        """Whether it has ended, in whatever way."""

    def cancelled(self) -> bool:
        """Whether `cancel` ended it."""

    def exception(self) -> BaseException | None:
        """The error that ended it."""

    def cancel(self) -> None:
        """Give it up; a call that runs goes on."""

    def result(self) -> Any:
        """What it returned."""


class Workers(Protocol):
    """What the dispatcher needs of a pool (`cluster.Pool` is one)."""

    def workers(self) -> set[str]:
        """Addresses of the workers that are there."""

    def launch(self, address: str, id: str, engine: str) -> RemoteCall:
        """Start a run on a worker."""

    def kill(self, address: str) -> None:
        """End a worker's process."""


@dataclass
class _InFlight:
    id: str
    queued: float  # `Run.queued` at the start: another value later means that it was resumed
    future: RemoteCall
    kill_at: float | None = None  # by the dispatcher's clock; set once the run is cancelled


class Dispatcher:
    """Moves runs from the queue to the workers and back; `step` does what is due.

    Args:
        runs: the runs of the store.
        pool: the workers.
        engine: id of this engine program, for the records.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        runs: Runs,
        pool: Workers,
        engine: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.runs, self.pool, self.engine, self.clock = runs, pool, engine, clock
        self._in_flight: dict[str, _InFlight] = {}
        self._workers: set[str] = set()
        self._counted_at = float("-inf")

    @property
    def in_flight(self) -> list[str]:
        """Ids of the runs that are with a worker."""
        return [flight.id for flight in self._in_flight.values()]

    @property
    def workers(self) -> set[str]:
        """The workers, as counted last."""
        return self._workers

    def step(self) -> None:
        """Take the results of ended runs, enforce cancels, start waiting runs on free workers."""
        for address, flight in list(self._in_flight.items()):
            if flight.future.done():
                self._take_result(address, flight)
            else:
                self._enforce_cancel(address, flight)
        busy = self._in_flight or not self._workers or self.runs.queue()
        if self.clock() - self._counted_at > (COUNT_SECONDS if busy else IDLE_COUNT_SECONDS):
            self._count_workers()
        free = self._workers - self._in_flight.keys()
        if not free:
            return
        taken = set(self.in_flight)
        waiting = (run for run in self.runs.queue() if run.id not in taken)
        for address, run in zip(sorted(free), waiting, strict=False):
            log.info("%s: to %s", run.id, address)
            future = self.pool.launch(address, run.id, self.engine)
            self._in_flight[address] = _InFlight(run.id, run.queued, future)

    def _count_workers(self) -> None:
        self._workers = self.pool.workers()
        self._counted_at = self.clock()
        for address in self._in_flight.keys() - self._workers:
            flight = self._in_flight[address]
            if not flight.future.done():  # its task waits for an address that will not come back
                flight.future.cancel()
                self._take_result(address, flight)

    def _take_result(self, address: str, flight: _InFlight) -> None:
        del self._in_flight[address]
        self._counted_at = float("-inf")  # the worker may be gone with its run
        error = None if flight.future.cancelled() else flight.future.exception()
        run = self.runs.settle(flight.id)
        if run.status == "queued" and run.queued == flight.queued and error is not None:
            run = self.runs.settle(
                flight.id, f"the worker could not start this: {error}", queued=True
            )
        log.info("%s: %s %s", run.id, run.status, run.cause)

    def _enforce_cancel(self, address: str, flight: _InFlight) -> None:
        if flight.kill_at is None:
            if self.runs.cancel_requested(flight.id):
                flight.kill_at = self.clock() + GRACE_SECONDS
        elif self.clock() > flight.kill_at:
            log.info("%s: does not answer the cancel, ending its worker", flight.id)
            flight.kill_at = self.clock() + GRACE_SECONDS  # if this fails, try again
            try:
                self.pool.kill(address)
            except Exception:  # it may have gone by itself just now
                log.warning("%s: its worker could not be ended", flight.id, exc_info=True)
