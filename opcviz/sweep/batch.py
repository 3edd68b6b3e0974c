"""Many jobs at once through an engine, waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..common.json_types import Json
from ..engine.base import Engine
from ..engine.dask import DaskEngine
from ..engine.record import Run

__all__ = ["run_all"]


def run_all(
    engine: Engine,
    jobs: Sequence[tuple[str, Json]],
    done: Callable[[Run], None] = lambda run: None,
) -> list[Run]:
    """Submit jobs and wait for all of them.

    Args:
        engine: where they run.
        jobs: label and job of each.
        done: called with each run as it ends.

    Returns:
        The ended runs, in the order of the jobs; failed ones carry their cause. When this is
        interrupted, the runs that have not ended are cancelled.
    """
    ids = [engine.submit(job, label) for label, job in jobs]
    waiting = list(ids)
    try:
        while waiting:
            if isinstance(engine, DaskEngine):
                engine.ensure()  # one that died is started again; its queue is on disk
            for id in list(waiting):
                run = engine.status(id)
                if not run.active:
                    waiting.remove(id)
                    done(run)
            time.sleep(0.1 if waiting else 0)
    except BaseException:
        for id in waiting:
            engine.cancel(id)
        raise
    return [engine.status(id) for id in ids]
