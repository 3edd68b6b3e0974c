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

from .clients import any_client, register
from .locks import engine_folder, engine_state, holding, is_held, write_json
from .runs import Runs

log = logging.getLogger("opcviz.engine")

WARM = ("opcviz.study.pipeline", "opcviz.maps:warm_up")
POLL_SECONDS = 0.1
BEAT_SECONDS = 1.0
ALONE_SECONDS = 60.0  # without any local worker: something is broken, a fresh program may not be


def main(arguments: list[str] | None = None) -> int:
    """Run the engine program until it is no longer needed; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m opcviz.engine", description=__doc__)
    parser.add_argument("--store", type=Path, required=True, help="folder of the store")
    parser.add_argument("--parent", type=int, help="end when this process and all clients ended")
    parser.add_argument("--workers", type=int, help="worker processes (one per accelerator)")
    parser.add_argument("--warm", nargs="*", default=WARM, help="what idle workers prepare")
    options = parser.parse_args(arguments)
    store = options.store.absolute()
    engine_folder(store).mkdir(parents=True, exist_ok=True)
    if options.parent is not None:
        register(store, options.parent)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _only_one(store) as mine:
        if not mine:
            print(f"an engine serves {store} already")
            return 0
        _log_to(engine_folder(store) / "engine.log")
        return _Program(store, options).serve(stop)


@contextmanager
def _only_one(store: Path) -> Iterator[bool]:
    """Hold the store's engine lock; waits only for one that is stopping.

    What an engine that died last said of itself is gone before the next one holds the lock, or it
    would be taken for the next one's word. Programs that begin do so one at a time.
    """
    folder = engine_folder(store)
    while True:
        with ExitStack() as stack:
            with holding(folder / "entry", timeout=5.0) as alone:
                if alone and not is_held(folder / "lock"):
                    (folder / "state.json").unlink(missing_ok=True)
                # it is waited for: somebody may look
                mine = stack.enter_context(holding(folder / "lock", timeout=0.2))
            state = engine_state(store) if not mine else None
            if mine or (state is not None and state["state"] != "stopping"):
                yield mine
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
        self.address, self.workers, self.said = "", 0, ""

    def serve(self, stop: threading.Event) -> int:
        self._say("starting")
        for run in self.runs.list():  # reading ends those that an earlier engine left behind
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
            self._say("stopping")
            began = time.monotonic()
            pool.close()
            for id in dispatcher.in_flight:
                self.runs.settle(id)
            log.info("stopped in %.1f s", time.monotonic() - began)

    def _loop(self, dispatcher: object, stop: threading.Event, *, local: bool) -> int:
        beat = seen = time.monotonic()
        while not stop.wait(POLL_SECONDS):
            try:
                dispatcher.step()
            except OSError:  # a cluster elsewhere may be out of reach for a while
                log.exception("the workers cannot be reached")
            now = time.monotonic()
            seen = now if dispatcher.workers else seen
            if local and now - seen > ALONE_SECONDS:
                log.error("no worker for %g s, giving up", ALONE_SECONDS)
                return 1
            if now - beat > BEAT_SECONDS or self.workers != len(dispatcher.workers):
                beat, self.workers = now, len(dispatcher.workers)
                self._say("ready" if self.workers or self.said == "ready" else "starting")
                if self._unneeded():
                    return 0
        return 0

    def _unneeded(self) -> bool:
        """Whether all clients have ended; asked again after saying so, for a new one may look."""
        if self.options.parent is None or any_client(self.store):
            return False
        self._say("stopping")
        return not any_client(self.store)

    def _say(self, state: str) -> None:
        if state == "ready" != self.said:
            print(f"engine ready: {self.address}, {self.workers} worker(s)", flush=True)
            log.info("ready: %s, %d worker(s), store %s", self.address, self.workers, self.store)
        self.said = state
        write_json(
            engine_folder(self.store) / "state.json",
            {
                "id": self.id,
                "pid": os.getpid(),
                "state": state,
                "address": self.address,
                "workers": self.workers,
                "time": time.time(),
            },
        )


if __name__ == "__main__":
    sys.exit(main())
