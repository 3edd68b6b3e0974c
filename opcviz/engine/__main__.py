"""The engine program: `python -m opcviz.engine --store DIR`. Usually the app starts it.

One a store, loopback only. It ends on SIGTERM or SIGINT, and, when started with `--parent`, once
no process that uses it lives.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from .clients import any_client, register
from .locks import EngineStatus, engine_folder, engine_state, holding, is_held, write_json
from .runs import Runs

if TYPE_CHECKING:
    from .dispatcher import Dispatcher

log = logging.getLogger("opcviz.engine")

WARM_UP = ("opcviz.study.pipeline", "opcviz.maps:warm_up")
POLL_SECONDS = 0.1
IDLE_POLL_SECONDS = 0.5  # while no run is at work: each look keeps an idle processor awake
BEAT_SECONDS = 3.0
NO_WORKER_SECONDS = 60.0  # then the program gives up: a new one may get workers


def main(arguments: list[str] | None = None) -> int:
    """Run the engine program until it is no longer needed; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m opcviz.engine", description=__doc__)
    parser.add_argument("--store", type=Path, required=True, help="folder of the store")
    parser.add_argument("--parent", type=int, help="end when this process and all clients ended")
    parser.add_argument("--workers", type=int, help="worker processes (one per accelerator)")
    parser.add_argument("--warm", nargs="*", default=WARM_UP, help="what idle workers prepare")
    options = parser.parse_args(arguments)
    store = options.store.absolute()
    engine_folder(store).mkdir(parents=True, exist_ok=True)
    if options.parent is not None:
        register(store, options.parent)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _engine_lock(store) as acquired:
        if not acquired:
            print(f"an engine serves {store} already")
            return 0
        _log_to(engine_folder(store) / "engine.log")
        return _Program(store, options).serve(stop)


@contextmanager
def _engine_lock(store: Path) -> Iterator[bool]:
    """Hold the store's engine lock; yields False if another engine program has it.

    An engine that is stopping is waited for. A stale `state.json`, left by an engine that was
    killed, is deleted before the lock is taken, or it would be read as the state of the new one;
    the lock `entry` serialises this start-up.
    """
    folder = engine_folder(store)
    while True:
        with ExitStack() as stack:
            with holding(folder / "entry", timeout=5.0) as alone:
                if alone and not is_held(folder / "lock"):
                    (folder / "state.json").unlink(missing_ok=True)
                # a short wait: on Windows `is_held` takes the lock for a moment
                acquired = stack.enter_context(holding(folder / "lock", timeout=0.2))
            state = engine_state(store) if not acquired else None
            if acquired or (state is not None and state["state"] != "stopping"):
                yield acquired
                return
        time.sleep(0.05)


def _log_to(path: Path) -> None:
    handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "warning")  # here and in the workers


class _Program:
    def __init__(self, store: Path, options: argparse.Namespace) -> None:
        self.store, self.options = store, options
        self.runs = Runs(store)
        self.id = uuid.uuid4().hex[:12]
        self.address, self.workers = "", 0
        self.status: EngineStatus | None = None

    def serve(self, stop: threading.Event) -> int:
        self._set_status("starting")
        for run in self.runs.list():  # reading a run marks it as failed if its process is gone
            if run.status == "running":
                log.info("%s: executed by another process", run.id)
        from .cluster import Pool  # after the state was written: this takes a second
        from .dispatcher import Dispatcher

        scheduler = os.environ.get("OPCVIZ_SCHEDULER") or None
        pool = Pool(
            self.store,
            workers=self.options.workers,
            scheduler=scheduler,
            warm=self.options.warm,
        )
        self.address = pool.address
        dispatcher = Dispatcher(self.runs, pool, self.id)
        try:
            return self._loop(dispatcher, stop, local=pool.local)
        finally:
            self._set_status("stopping")
            began = time.monotonic()
            pool.close()
            for id in dispatcher.in_flight:
                self.runs.settle(id)
            log.info("stopped in %.1f s", time.monotonic() - began)

    def _loop(self, dispatcher: Dispatcher, stop: threading.Event, *, local: bool) -> int:
        last_beat = last_worker = time.monotonic()
        while not stop.wait(POLL_SECONDS if dispatcher.in_flight else IDLE_POLL_SECONDS):
            try:
                dispatcher.step()
            except OSError:  # a cluster elsewhere may be out of reach for a while
                log.exception("the workers cannot be reached")
            now = time.monotonic()
            last_worker = now if dispatcher.workers else last_worker
            if local and now - last_worker > NO_WORKER_SECONDS:
                log.error("no worker for %g s, giving up", NO_WORKER_SECONDS)
                return 1
            if now - last_beat > BEAT_SECONDS or self.workers != len(dispatcher.workers):
                last_beat, self.workers = now, len(dispatcher.workers)
                was_ready = self.status == "ready"
                self._set_status("ready" if self.workers or was_ready else "starting")
                if self._all_clients_ended():
                    return 0
        return 0

    def _all_clients_ended(self) -> bool:
        """Whether the program may stop.

        Asked a second time after the status says "stopping": a client that registered in between
        has read "ready" and relies on this program.
        """
        if self.options.parent is None or any_client(self.store):
            return False
        self._set_status("stopping")
        return not any_client(self.store)

    def _set_status(self, status: EngineStatus) -> None:
        """Write the state file; the first "ready" is also printed and logged."""
        if status == "ready" and self.status != "ready":
            print(f"engine ready: {self.address}, {self.workers} worker(s)", flush=True)
            log.info("ready: %s, %d worker(s), store %s", self.address, self.workers, self.store)
        self.status = status
        state = {
            "id": self.id,
            "pid": os.getpid(),
            "state": status,
            "address": self.address,
            "workers": self.workers,
            "time": time.time(),
        }
        try:
            write_json(engine_folder(self.store) / "state.json", state)
        except OSError as error:  # a full disk ends no run: the next beat tells it
            log.warning("its state cannot be written: %s", error)


if __name__ == "__main__":
    sys.exit(main())
