"""Runs on disk: the job, its progress and its outcome. The folder is the only source of truth.

    STORE/runs/ID/run.json       the record, replaced as a whole
                  events.jsonl   the events of the work, one line each
                  cancel         present once the run is to be cancelled
                  error.txt      the traceback of a failure
                  lock           held by the process that executes the run

Every page, browser tab, command line and worker reads and writes this folder, so none of them has
to know another. A record changes only under its lock:

    queued ──claim──► running ──► finished | failed | cancelled ──resume──► queued
"""

from __future__ import annotations

import calendar
import json
import os
import platform
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..common import access
from ..common.json_types import Json, Plain
from .events import fraction_done, last_stage, read_events
from .locks import engine_state, holding, is_held, write_json
from .record import DEFAULT_RUNNER, NotQueued, Run, UnknownRun, run_json
from .timing import Timeline, seconds_left, work_key

__all__ = ["Runs"]

MAX_PAST_RUNS = 20  # finished runs that the remaining time is estimated from
_ID = re.compile(r"\d{8}-\d{6}-\d{3}-[0-9a-f]{6}")  # an id may come from a link: never a path


class Runs:
    """The runs of one store. Cheap to make: it holds nothing but caches of what it has read.

    Args:
        store: the folder of the store.
        clock: seconds since 1970, as the events of a run have them.
    """

    def __init__(self, store: str | Path, clock: Callable[[], float] = time.time) -> None:
        self.store, self._clock = Path(store), clock
        self.folder = self.store / "runs"
        self._cache: dict[str, tuple[tuple[int, int, int], Run]] = {}
        self._timelines: dict[tuple[str, int], tuple[int, Timeline]] = {}  # by run and attempt
        self._waiting: tuple[int, Sequence[str]] = (
            -1,
            [],
        )  # change of the folder, ids

    # ------------------------------------------------------------------ for clients

    def submit(
        self, job: Mapping[str, Plain], label: str = "", runner: str = DEFAULT_RUNNER
    ) -> str:
        """Queue a job, which may name on this machine what whoever asks now may.

        Returns:
            The id of the new run.

        Raises:
            ValueError: if the job is not plain JSON or the runner is not `module:function`.
        """
        try:
            plain = json.loads(json.dumps(job, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise ValueError(f"a job must be plain JSON without NaN: {error}") from error
        if not isinstance(plain, dict):
            raise ValueError(f"a job must be a dict, not {type(job).__name__}")
        if not re.fullmatch(r"[\w.]+:\w+", runner):
            raise ValueError(f"a runner is named 'module:function', not {runner!r}")
        now = self._clock()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
        id = f"{stamp}-{int(now % 1 * 1000):03d}-{secrets.token_hex(3)}"
        beside = self.folder / f".{id}"  # filled first, so that nobody sees a run without record
        beside.mkdir(parents=True)
        may = access.current()
        run = Run(
            id,
            label,
            plain,
            runner,
            "queued",
            now,
            now,
            access=None if may is None else may.to_dict(),
        )
        write_json(beside / "run.json", run_json(run))
        os.rename(beside, self.folder / id)
        return id

    def status(self, id: str) -> Run:
        """The record of a run. One whose process died is ended here, with the cause.

        Raises:
            UnknownRun: if the store has no such run.
        """
        run = self._read(id)
        if run.status == "running" and not is_held(self.path(id, "lock")):
            run = self.settle(id)
        return replace(run, cancelling=run.active and self.cancel_requested(id))

    def list(self) -> Sequence[Run]:
        """All runs, the newest first."""
        found = []
        for id in sorted(self._ids(), reverse=True):
            with suppress(UnknownRun):  # removed since
                found.append(self.status(id))
        return found

    def queue(self) -> Sequence[Run]:
        """The waiting runs, next first. Asking often is cheap, however many runs there were."""
        changed = self.folder.stat().st_mtime_ns if self.folder.exists() else 0
        # A run joins by a change of the folder (`submit`, `resume`) and leaves without one.
        known = changed == self._waiting[0]
        runs = map(self._read, self._waiting[1] if known else self._ids())
        waiting = sorted(
            (run for run in runs if run.status == "queued"), key=lambda run: (run.queued, run.id)
        )
        settled = time.time_ns() - changed > 1e9  # else the clock may still show the same tick
        self._waiting = (changed if settled else -1, [run.id for run in waiting])
        return waiting

    def position(self, id: str) -> int | None:
        """How many runs wait before this one (0: it is next); None if it does not wait."""
        return next((place for place, run in enumerate(self.queue()) if run.id == id), None)

    def events(self, id: str, since: int = 0) -> tuple[Sequence[Json], int]:
        """Events from byte `since` on, each with its `time`, and the offset to ask next.

        Start from `Run.events_from` to leave out those of earlier attempts.

        Raises:
            UnknownRun: if the store has no such run.
            ValueError: for a negative offset.
        """
        self._read(id)
        return read_events(self.path(id, "events.jsonl"), since)

    def fraction(self, id: str) -> float | None:
        """How much of a running run is done, 0 to 1; None if it does not run or is not known."""
        run = self.status(id)
        if run.status != "running":
            return None
        return fraction_done(self.path(id, "events.jsonl"), run.events_from)

    def remaining(self, id: str, epochs: Mapping[str, int] | None = None) -> float | None:
        """Seconds that a running run still needs, or None if that is not known.

        Known from the finished runs of this store that did the same kind of work; see `timing`.

        Args:
            id: the run.
            epochs: how many epochs each model will train, by its title.
        """
        run = self.status(id)
        if run.status != "running":
            return None
        key = work_key(run.job, run.runner)
        ended = (r for r in self.list() if r.status == "finished" and r.id != id)
        alike = islice((r for r in ended if work_key(r.job, r.runner) == key), MAX_PAST_RUNS)
        past = [self._timeline(each) for each in alike]
        return seconds_left(self._timeline(run), past, self._clock(), epochs)

    def _timeline(self, run: Run) -> Timeline:
        """The stages of a run's last attempt; only events since the last call are read."""
        key = (run.id, run.attempt)
        offset, timeline = self._timelines.get(key) or (run.events_from, Timeline())
        if not timeline.closed:
            records, offset = read_events(self.path(run.id, "events.jsonl"), offset)
            timeline.take(records)
            if run.ended is not None:
                timeline.close(run.ended)
            self._timelines[key] = offset, timeline
        return timeline

    def cancel(self, id: str) -> None:
        """Ask a run to stop. A waiting one ends at once; an ended one stays as it is.

        Raises:
            UnknownRun: if the store has no such run.
        """
        if not self.status(id).active:
            return
        self.path(id, "cancel").touch()
        with holding(self.path(id, "lock"), timeout=0.2) as mine:
            if mine and self._read(id).status == "queued":
                self.end(id, "cancelled", "cancelled in queue")

    def resume(self, id: str) -> None:
        """Queue a failed or cancelled run again; what it finished before is in the store.

        Raises:
            UnknownRun: if the store has no such run.
            ValueError: if it finished, or its record is damaged.
        """
        with holding(self.path(id, "lock"), timeout=0.5) as mine:
            run = self._read(id)
            if run.active or not mine:
                return
            if not run.resumable:
                raise ValueError(f"run {id} cannot be resumed ({run.status}); submit it again")
            for name in ("cancel", "error.txt"):
                self.path(id, name).unlink(missing_ok=True)
            now = self._clock()
            self._change(id, status="queued", queued=now, started=None, ended=None, cause="")
            os.utime(self.folder)  # so that `queue` looks again

    # ------------------------------------------------------------------ for executors

    def path(self, id: str, name: str = "") -> Path:
        """The folder of a run, or a file in it.

        Raises:
            UnknownRun: if the store has no such run.
        """
        folder = self.folder / id
        if not _ID.fullmatch(id) or not folder.is_dir():
            raise UnknownRun(f"no run '{id}' in {self.folder}")
        return folder / name

    def cancel_requested(self, id: str) -> bool:
        """Whether the run is to be cancelled."""
        return self.path(id, "cancel").exists()

    @contextmanager
    def claim(self, id: str, *, engine: str = "") -> Iterator[Run]:
        """Take a waiting run for this process; inside the block it is running, and ours.

        Raises:
            NotQueued: if it does not wait. This is also what stops a scheduler that would repeat
                a task whose worker died.
        """
        with holding(self.path(id, "lock"), timeout=0.5) as mine:
            run = self._read(id)
            if not mine or run.status != "queued":
                raise NotQueued(f"run {id} is {run.status}, not queued")
            log = self.path(id, "events.jsonl")
            worker = {"pid": os.getpid(), "host": platform.node(), "engine": engine}
            yield self._change(
                id,
                status="running",
                started=self._clock(),
                attempt=run.attempt + 1,
                events_from=log.stat().st_size if log.exists() else 0,
                worker=worker,
                result=None,
            )

    def end(
        self, id: str, status: str, cause: str = "", result: Mapping[str, Plain] | None = None
    ) -> Run:
        """Write how a run ended; only while holding its lock."""
        return self._change(id, status=status, ended=self._clock(), cause=cause, result=result)

    def settle(self, id: str, cause: str = "", *, queued: bool = False) -> Run:
        """End a run whose process is gone; one that is being executed is left alone.

        Args:
            id: the run.
            cause: why, if known; otherwise derived from what is on disk.
            queued: settle it also if it never started.
        """
        with holding(self.path(id, "lock"), timeout=0.5) as mine:
            run = self._read(id)
            if not mine or run.status not in (("running", "queued") if queued else ("running",)):
                return run
            status, why = "failed", cause or self._cause_of_loss(run)
            if self.cancel_requested(id):
                status, why = "cancelled", "cancelled; it was ended by force"
            try:
                return self.end(id, status, why)
            except OSError:  # on a full disk it is not noted, but so it is
                return replace(run, status=status, cause=why)

    def _cause_of_loss(self, run: Run) -> str:
        stage = last_stage(self.path(run.id, "events.jsonl"), run.events_from)
        at = f" at stage '{stage}'" if stage else " before its first stage"
        engine, now = (run.worker or {}).get("engine"), engine_state(self.store)
        if not engine:
            return f"the program that executed this ended{at}"
        if now is None or now["id"] != engine or now["state"] == "stopping":
            return f"the engine stopped while this ran{at}"
        return f"the worker process died (killed or out of memory){at}"

    # ------------------------------------------------------------------ records

    def _ids(self) -> Sequence[str]:
        try:
            return [name for name in os.listdir(self.folder) if _ID.fullmatch(name)]
        except FileNotFoundError:
            return []

    def _read(self, id: str) -> Run:
        path = f"{self.folder}/{id}/run.json"  # pathlib would cost more than the look itself
        try:
            about = os.stat(path if _ID.fullmatch(id) else self.path(id))
            key = (about.st_ino, about.st_mtime_ns, about.st_size)
            if (known := self._cache.get(id)) is not None and known[0] == key:
                return known[1]
            run = Run.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
            if run.id != id:
                raise ValueError(f"it is the record of run {run.id}")
        except (OSError, ValueError, TypeError, RecursionError) as error:
            self.path(id)
            cause = f"its record run.json cannot be read: {error}"
            return Run(id, status="failed", created=_begun(id), cause=cause, damaged=True)
        if time.time() - about.st_mtime > 1.0:  # younger ones may change within a clock tick
            self._cache[id] = (key, run)
        return run

    def _change(self, id: str, **changes: Any) -> Run:
        run = replace(self._read(id), **changes)
        write_json(self.path(id, "run.json"), run_json(run))
        return run


def _begun(id: str) -> float:
    """When a run was asked for, by its id; 0 where that is no time."""
    try:
        return float(calendar.timegm(time.strptime(id[:15], "%Y%m%d-%H%M%S")))
    except ValueError:
        return 0.0
