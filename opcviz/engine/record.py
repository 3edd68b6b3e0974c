"""The record of one run, as its `run.json` holds it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Self

from ..common.json_types import Json, Plain
from ..common.records import Record

__all__ = ["DEFAULT_RUNNER", "NotQueued", "Run", "UnknownRun", "run_json"]

DEFAULT_RUNNER = "opcviz.study.pipeline:execute"
ENDED_STATES = ("finished", "failed", "cancelled")
STATES = ("queued", "running", *ENDED_STATES)
LATEST = 253_402_300_800.0  # the year 10000: no calendar shows a later time


class UnknownRun(KeyError):
    """No run has this id in this store."""

    def __str__(self) -> str:
        return str(self.args[0])


class NotQueued(RuntimeError):
    """Somebody wanted to execute a run that is not waiting (taken, or left behind by a crash)."""


@dataclass(frozen=True)
class Run(Record):
    """The record of one run; times are seconds since 1970.

    Attributes:
        id: name of its folder; sorts by creation.
        label: what a person reads in the queue.
        job: what to do, plain JSON, handed to the runner.
        access: what it may name on this machine, as `Access.to_dict()`; None: everything.
        runner: the function that does it, as `module:function`.
        status: queued | running | finished | failed | cancelled.
        created, queued, started, ended: when; `queued` is renewed by a resume, and orders the
            queue.
        attempt: how often it was started.
        events_from: the byte of the event file where this attempt begins.
        worker: `pid` and `host` of the process that executes (or executed) it, and the id of the
            `engine` program it belongs to (empty: executed inline).
        cause: why it failed or was cancelled, one sentence for a person.
        result: the small dict that the runner returned.
        cancelling: a cancel was asked and is not yet answered.
        damaged: its record cannot be read, `cause` says why; nothing but `id` and `created` is
            known then.
    """

    id: str
    label: str = ""
    job: Json = field(default_factory=dict)
    runner: str = DEFAULT_RUNNER
    status: str = "queued"
    created: float = 0.0
    queued: float = 0.0
    started: float | None = None
    ended: float | None = None
    attempt: int = 0
    events_from: int = 0
    worker: Mapping[str, str | int] | None = None
    cause: str = ""
    result: Mapping[str, Plain] | None = None
    cancelling: bool = False
    access: Mapping[str, Plain] | None = None
    damaged: bool = False

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return self.status not in ENDED_STATES

    @property
    def resumable(self) -> bool:
        """Whether `Runs.resume` would queue it again."""
        return self.status in ("failed", "cancelled") and not self.damaged

    @property
    def seconds(self) -> float | None:
        """How long the last attempt took, or has taken so far; None before it started."""
        if self.started is None:
            return None
        return (time.time() if self.ended is None else self.ended) - self.started

    def _written(self) -> Json:
        return asdict(self)

    @classmethod
    def _parsed(cls, values: object, strict: bool, where: str) -> Self:
        """Unknown entries are left out, missing ones have their default.

        Raises:
            TypeError: for no object, or one without an id.
            ValueError: for an entry that a run cannot have.
        """
        if not isinstance(values, dict):
            raise TypeError(f"{where}: wants an object, got {values!r}")
        if "id" not in values:
            raise TypeError(f"{where}: has no id")
        found = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        for name, value in found.items():
            if not _fits(name, value):
                raise ValueError(f"{where}: {name} cannot be {str(value)[:80]!r}")
        return cls(**found)


WORDS = ("id", "label", "runner", "cause")
TABLES = ("worker", "result", "access")
COUNTS = ("attempt", "events_from")
FLAGS = ("cancelling", "damaged")


def _fits(name: str, value: object) -> bool:
    """Whether an entry of a record is of its kind; a file may hold anything."""
    if name in FLAGS:
        return isinstance(value, bool)
    if name in WORDS:
        return isinstance(value, str)
    if name == "status":
        return value in STATES
    if name in COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if name == "job":
        return isinstance(value, dict)
    if name in TABLES:
        return value is None or isinstance(value, dict)
    if value is None:
        return name in ("started", "ended")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < LATEST  # NaN is not


def run_json(run: Run) -> Json:
    """What `run.json` holds: all but what the state of the folder tells."""
    values = run.to_dict()
    for name in FLAGS:
        del values[name]
    return values
