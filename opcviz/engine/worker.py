"""What one worker does of a study that is distributed over many: it makes parcels of answers.

    STORE/work/distributed-<id>    touched by the program that distributes the study, gone with it

That file is how a worker on any machine knows that somebody still wants its work.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from distributed import get_worker

from .. import __version__
from ..common.devices import pick_device
from ..common.json_types import Json
from ..common.plugins import loader
from ..common.progress import Cancelled, Event, Message, Progress, Stage, Step
from ..common.room import no_room
from ..methods import Method, create, implementation
from ..study import Plan, Store, StudyRunner, shipped_root
from ..study.job import Job
from ..study.pipeline import Item, make

__all__ = ["GONE_SECONDS", "Answered", "Wanted", "about", "make_parcel"]

GONE_SECONDS = 60.0
"""Without a touch of its file for so long, whoever distributes a study is taken for gone."""
LOOK_SECONDS = 1.0  # between two looks at that file
STEP_SECONDS = 0.5  # between two steps that are told

Wanted = Sequence[tuple[str, str, int]]
"""Answers to be made: kind, folder of the model, seed."""
Answered = Json
"""`lost` (how many could not be made), `failed` (why, of a user's own), `error` (why no more)."""

_at_hand: dict[str, StudyRunner] = {}  # the last study, with what its references compute


def about(sign: str) -> Json:
    """What must fit before a worker is given work.

    Args:
        sign: path of a file that the asking program has just written into the store.
    """
    return {"version": __version__, "sees": os.path.exists(sign), "pid": os.getpid()}


def make_parcel(job: Json, store: str, layered: bool, wanted: Wanted, sign: str) -> Answered:
    """Make answers in this process; what is there already is not made again.

    Args:
        job: `Job.to_dict()` of the whole plan.
        store: the store's folder.
        layered: whether the shipped studies lie below it.
        wanted: which answers.
        sign: the file that says that they are still wanted; also the topic of what is told.
    """
    try:
        runner = _runner(Job.from_dict(job), Path(store), layered)
        methods = _methods(Plan.from_dict(dict(Job.from_dict(job).plan)))
        runner.progress = Progress(_told(sign), stop=_unwanted(Path(sign)))
        runner.progress.check()
        places = {runner.place(m, seed): m for m in methods for seed in {s for *_, s in wanted}}
        asked = [Item(kind, places[place], seed) for kind, place, seed in wanted]
        missing = [item for item in asked if not runner.find(item.kind, item.method, item.seed)]
        done = make(missing, runner)
    except Cancelled:
        return _stopped("cancelled")
    except (ValueError, OSError) as error:  # our own, a full disk: the message is all there is
        return _stopped(no_room(error) or str(error))
    except Exception:
        return _stopped(traceback.format_exc())
    return {"lost": len(missing) - done.made, "failed": list(done.failures), "error": ""}


def _stopped(why: str) -> Answered:
    return {"lost": 0, "failed": [], "error": why}


def _runner(job: Job, store: Path, layered: bool) -> StudyRunner:
    """The study at work in this process, with the data and models that it has in memory."""
    key = repr((job.to_dict(), str(store), layered))
    if key not in _at_hand:
        _at_hand.clear()
        loader.load(job.plugin_files)
        plan = Plan.from_dict(dict(job.plan))
        _at_hand[key] = StudyRunner(
            plan.study,
            Store(store, (shipped_root(),) if layered else ()),
            pick_device(job.device),
            seeds=plan.seeds,
            data_root=Path(job.data_root) if job.data_root else None,
        )
    return _at_hand[key]


def _methods(plan: Plan) -> list[Method]:
    listed = [implementation(method) for method in plan.methods]
    return [create("original"), create("retrain"), *listed]


def _told(topic: str) -> Callable[[Event], None]:
    """Tells the program that distributes the study what is being done here."""
    worker, spoke = get_worker(), 0.0

    def tell(event: Event) -> None:
        nonlocal spoke
        if isinstance(event, Step):
            if time.monotonic() - spoke < STEP_SECONDS and event.step < event.steps:
                return
            spoke = time.monotonic()
        if isinstance(event, Stage | Step | Message):
            worker.log_event(topic, {"worker": worker.address, "event": event.to_dict()})

    return tell


def _unwanted(sign: Path) -> Callable[[], bool]:
    """Whether the program that distributes the study has ended, asked at most once a second.

    Clocks of two machines differ: what counts is when this process last saw the file change.
    """
    looked = changed = time.monotonic()
    seen, gone = _time_of(sign), False

    def stop() -> bool:
        nonlocal looked, changed, seen, gone
        now = time.monotonic()
        if gone or now - looked < LOOK_SECONDS:
            return gone
        looked, found = now, _time_of(sign)
        if found != seen:
            seen, changed = found, now
        gone = found is None or now - changed > GONE_SECONDS
        return gone

    gone = seen is None
    return stop


def _time_of(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
