"""A study over many workers: processes of this machine, or of a cluster with a shared folder.

Workers make parcels of answers (`opcviz.study.parcels`) and put each answer into the store as soon
as they have it. Nothing else is kept anywhere, so that whatever dies costs the one answer that was
being made, and the same command goes on where it ended.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import dask

from ..artefacts import MODEL
from ..common.json_types import Json
from ..common.plugins import sources
from ..common.progress import Event, Message, Progress, Stage, Step
from ..methods import Method
from ..study import Done, Job, Plan, StudyRunner, missing
from ..study.parcels import Parcel, parcels
from .cluster import Pool
from .dask import EngineError
from .dispatcher import RemoteCall
from .worker import GONE_SECONDS, Answered, about, make_parcel

__all__ = ["EngineError", "Heard", "distribute"]

POLL_SECONDS = 0.2
TOUCH_SECONDS = GONE_SECONDS / 12
WAIT_SECONDS = 60.0  # for workers, before there is any and after the last is gone
MOST_DEATHS = 3  # of workers over one parcel
LEFT_SECONDS = 3600.0  # without a touch, after which a file of a run is swept; clocks may differ

Heard = Callable[[str, Event], None]
"""Called with a worker's name and what it tells."""


def distribute(
    plan: Plan,
    runner: StudyRunner,
    *,
    only: Sequence[str] = (),
    device: str = "auto",
    workers: int | None = None,
    scheduler: str | None = None,
    heard: Heard = lambda worker, event: None,
) -> Done:
    """Make everything a plan asks for that is missing, by several workers at once.

    Args:
        plan: what is asked.
        runner: of the plan's study in this process, with its store and its `Progress`.
        only: these kinds alone; none named: all.
        device: of each worker: auto, cpu, cuda.
        workers: processes on this machine; None: one an accelerator, or one for the CPU.
        scheduler: address of a dask scheduler whose workers are used instead.
        heard: told what each worker tells.

    Raises:
        EngineError: without workers that can do it, when one says why it cannot go on, or when
            workers die over the same answers again and again.
        Cancelled: when asked to stop; what was finished stays.
    """
    found = parcels(missing(plan, runner, only), runner.place)
    runner.prepare()
    if not found:
        return Done(0)
    job = Job(
        plan=plan.to_dict(),
        device=device,
        data_root=str(runner.data_root.absolute()) if runner.data_root else None,
        plugin_files=tuple(sources()),
    )
    store = runner.store.root.absolute()
    with tempfile.TemporaryDirectory(prefix="opcviz-") as scratch, _wanted(store) as sign:
        pool = _pool(store, workers, scheduler, Path(scratch))
        try:
            _check(pool, sign)
            pool.listen(str(sign), lambda said: _hear(said, heard))

            def start(address: str, parcel: Parcel) -> RemoteCall:
                wanted = [(i.kind, runner.place(i.method, i.seed), i.seed) for i in parcel.items]
                given = (job.to_dict(), str(store), bool(runner.store.layers), wanted, str(sign))
                return pool.call(address, parcel.name, make_parcel, *given)

            return Sharing(found, pool, start, runner.progress).run()
        finally:
            sign.unlink(missing_ok=True)  # workers elsewhere stop at their next step
            pool.close()


def _pool(store: Path, workers: int | None, scheduler: str | None, scratch: Path) -> Pool:
    tls = (scheduler or "").startswith("tls://")
    if tls and not dask.config.get("distributed.comm.tls.client.cert", None):
        raise EngineError(
            f"{scheduler}: this program has no certificate; name those of the cluster in dask's "
            "configuration (distributed.comm.tls), see docs/cluster.md"
        )
    try:
        return Pool(store, workers=workers, scheduler=scheduler, scratch=scratch)
    except Exception as error:  # it does not answer, wants a certificate, its workers lack opcviz
        where = f"the workers of {scheduler}" if scheduler else "workers on this machine"
        hint = "; install this version where they run" if "opcviz" in str(error) else ""
        raise EngineError(f"{where} cannot be used: {error}{hint}") from error


@contextmanager
def _wanted(store: Path) -> Iterator[Path]:
    """A file that is touched while the block lasts: see `worker`."""
    sign = store / "work" / f"distributed-{uuid.uuid4().hex[:12]}"
    sign.parent.mkdir(parents=True, exist_ok=True)
    for old in sign.parent.glob("distributed-*"):  # of programs that were killed
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > LEFT_SECONDS:
                old.unlink()
    sign.touch()
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(TOUCH_SECONDS):
            try:
                os.utime(sign)
            except OSError:  # removed, or the shared folder is away for a moment
                continue

    threading.Thread(target=touch, daemon=True).start()
    try:
        yield sign
    finally:
        ended.set()
        sign.unlink(missing_ok=True)


def _check(pool: Pool, sign: Path) -> None:
    """See that every worker runs this version and looks into the same folder.

    Raises:
        EngineError: naming the worker and what to do.
    """
    from .. import __version__

    until = time.monotonic() + WAIT_SECONDS
    while not pool.workers():
        if time.monotonic() > until:
            raise EngineError(f"the scheduler at {pool.address} has no workers; start some")
        time.sleep(POLL_SECONDS)
    answers: Mapping[str, Json] = pool.ask(about, str(sign))
    for address, said in answers.items():
        if said["version"] != __version__:
            raise EngineError(
                f"the worker {address} has opcviz {said['version']}, this is {__version__}; "
                "install the same"
            )
        if not said["sees"]:
            raise EngineError(
                f"the worker {address} does not see {sign.parent.parent}; name a store (--store) "
                "in a folder that all machines share under the same path"
            )


def _hear(said: object, heard: Heard) -> None:
    """Hand on what a worker told, see `worker`."""
    if isinstance(said, dict):
        told = dict(said["event"])
        kind = next(each for each in (Stage, Step, Message) if each.kind == told["kind"])
        del told["kind"]
        heard(str(said["worker"]), kind(**told))


class Workers(Protocol):
    """Where parcels are made."""

    def workers(self) -> set[str]:
        """Addresses of the workers that are there."""


@dataclass
class Sharing:
    """Hands parcels to free workers, one at a time each, until all are made.

    Attributes:
        waiting: the parcels, in the order in which they are to be taken.
        pool: the workers.
        start: begins a parcel on a worker; its future ends with an `Answered`.
        progress: told how far it is, asked whether to stop.
    """

    waiting: list[Parcel]
    pool: Workers
    start: Callable[[str, Parcel], RemoteCall]
    progress: Progress
    _in_flight: dict[str, tuple[Parcel, RemoteCall]] = field(default_factory=dict)
    _deaths: Counter[str] = field(default_factory=Counter)
    _failed: list[str] = field(default_factory=list)
    _without_model: set[tuple[Method, int]] = field(default_factory=set)
    _made: int = 0
    _done: int = 0

    def run(self) -> Done:
        """Make all of them.

        Raises:
            EngineError, Cancelled: see `distribute`.
        """
        count = sum(len(parcel.items) for parcel in self.waiting)
        last_worker = time.monotonic()
        while self.waiting or self._in_flight:
            there = self.pool.workers()
            now = time.monotonic()
            last_worker = now if there else last_worker
            if now - last_worker > WAIT_SECONDS:
                raise EngineError(
                    f"no worker for {WAIT_SECONDS:g} s; what was finished is kept, start workers "
                    "and run the same again to go on"
                )
            for address in list(self._in_flight):
                self._look_at(address, gone=address not in there)
            for address in sorted(there - self._in_flight.keys()):
                self._give(address, count)
            self.progress.check()
            time.sleep(POLL_SECONDS)
        return Done(self._made, tuple(self._failed))

    def _give(self, address: str, count: int) -> None:
        """Start the first parcel on a worker for which nothing has to come first."""
        unmade = {p.name for p in self.waiting} | {p.name for p, _ in self._in_flight.values()}
        ready = next((p for p in self.waiting if not p.after & unmade), None)
        if ready is None:
            return
        self.waiting.remove(ready)
        sound = tuple(i for i in ready.items if (i.method, i.seed) not in self._without_model)
        self._done += len(ready.items) - len(sound)
        if not sound:
            return
        ready = replace(ready, items=sound)
        self.progress(Stage(ready.name, self._done, count))
        self._in_flight[address] = ready, self.start(address, ready)

    def _look_at(self, address: str, *, gone: bool) -> None:
        parcel, call = self._in_flight[address]
        if not call.done():
            if not gone:
                return
            call.cancel()  # it waits for an address that will not come back
        del self._in_flight[address]
        lost = "it went away" if call.cancelled() else call.exception()
        if lost is not None:
            self._return(parcel, address, lost)
            return
        answer: Answered = call.result()
        if answer["error"]:
            raise EngineError(f"{parcel.name}: {answer['error']}")
        self._made += len(parcel.items) - answer["lost"]
        self._done += len(parcel.items)
        if answer["lost"] and parcel.part == MODEL:  # a user's own method: it is not tried again
            self._without_model |= parcel.models
        self._failed += [said for said in answer["failed"] if said not in self._failed]

    def _return(self, parcel: Parcel, address: str, why: object) -> None:
        """Put a parcel back whose worker died; what it finished before is in the store.

        Raises:
            EngineError: when that happened too often.
        """
        self._deaths[parcel.name] += 1
        if self._deaths[parcel.name] >= MOST_DEATHS:
            raise EngineError(
                f"{parcel.name}: {MOST_DEATHS} workers died over it, the last at {address} "
                f"({str(why).split('.')[0]}); memory may not suffice, or code of your own ends "
                "its process. What was finished is kept."
            )
        text = f"{address} died over {parcel.name}; another worker goes on with it."
        self.progress(Message(text, "warning"))
        self.waiting.insert(0, parcel)
