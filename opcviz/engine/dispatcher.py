"""The queue: the oldest waiting run goes to the first free worker, one run in flight on each.

The queue is ours and not dask's, because of three things measured there: with two tasks on a
worker, killing one fails the other; a task whose worker dies is tried again on the next; and
cancelling a future does not stop a task that runs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .runs import Runs

__all__ = ["Dispatcher", "Workers"]

log = logging.getLogger("opcviz.engine")

GRACE_SECONDS = 1.3  # from the cancel flag to force: Cancel is to work within 2 s, loaded or not
LOOK_SECONDS = 0.25  # how often the workers are counted


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


class Workers(Protocol):
    """What the dispatcher needs of a pool (`cluster.Pool` is one)."""

    def workers(self) -> set[str]:
        """Addresses of the workers that are there."""

    def launch(self, address: str, id: str, engine: str) -> RemoteCall:
        """Start a run on a worker."""

    def kill(self, address: str) -> None:
        """End a worker's process."""


@dataclass
class _Flight:
    id: str
    queued: float  # which queueing of the run this is: it may be resumed before we land
    future: RemoteCall
    kill_at: float | None = None  # by the dispatcher's clock; set once a cancel was asked


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
        self._flights: dict[str, _Flight] = {}
        self._workers: set[str] = set()
        self._looked = float("-inf")

    @property
    def in_flight(self) -> list[str]:
        """Ids of the runs that are with a worker."""
        return [flight.id for flight in self._flights.values()]

    @property
    def workers(self) -> set[str]:
        """The workers, as counted last."""
        return self._workers

    def step(self) -> None:
        """Take in what has ended, enforce cancels, start what can start."""
        for address, flight in list(self._flights.items()):
            if flight.future.done():
                self._land(address, flight)
            else:
                self._enforce_cancel(address, flight)
        if self.clock() - self._looked > LOOK_SECONDS:
            self._look()
        free = self._workers - self._flights.keys()
        if not free:
            return
        taken = set(self.in_flight)
        waiting = (run for run in self.runs.queue() if run.id not in taken)
        for address, run in zip(sorted(free), waiting, strict=False):
            log.info("%s: to %s", run.id, address)
            future = self.pool.launch(address, run.id, self.engine)
            self._flights[address] = _Flight(run.id, run.queued, future)

    def _look(self) -> None:
        self._workers = self.pool.workers()
        self._looked = self.clock()
        for address in self._flights.keys() - self._workers:
            flight = self._flights[address]
            if not flight.future.done():  # its task waits for an address that will not come back
                flight.future.cancel()
                self._land(address, flight)

    def _land(self, address: str, flight: _Flight) -> None:
        del self._flights[address]
        self._looked = float("-inf")  # the worker may be gone with its run
        error = None if flight.future.cancelled() else flight.future.exception()
        run = self.runs.settle(flight.id)
        if run.status == "queued" and run.queued == flight.queued and error is not None:
            run = self.runs.settle(
                flight.id, f"the worker could not start this: {error}", queued=True
            )
        log.info("%s: %s %s", run.id, run.status, run.cause)

    def _enforce_cancel(self, address: str, flight: _Flight) -> None:
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
