"""The client side of the engine program: start it if it does not run, then write run folders.

Nothing here imports dask. The cluster lives in a program of its own, because a cluster that is
started from a page would start again with every page.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..common.json_types import Plain
from .base import Engine
from .clients import register
from .locks import EngineState, engine_folder, engine_state
from .record import DEFAULT_RUNNER

__all__ = ["DaskEngine", "EngineError"]

EARLY_EXIT_SECONDS = 10.0  # a program that fails this soon after its start is not tried again

_programs: dict[Path, tuple[subprocess.Popen[bytes], float]] = {}  # by store, with start time
_starting = threading.Lock()


class EngineError(RuntimeError):
    """The engine program cannot be started or given a job; the message says where to look."""


class DaskEngine(Engine):
    """Leaves jobs to `python -m opcviz.engine`, one program a store, shared by all its clients.

    The program ends when the last process that used it has ended. Cheap to make: one per browser
    session is fine.

    Args:
        store: the folder of the store.
        runner: see `Engine`.
        workers: worker processes; None: one per accelerator, or one for the CPU.
        warm: modules and `module:function`s that idle workers import and call beforehand;
            None for the program's default.
    """

    def __init__(
        self,
        store: str | Path,
        *,
        runner: str = DEFAULT_RUNNER,
        workers: int | None = None,
        warm: Sequence[str] | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"an engine needs at least 1 worker, not {workers}")
        super().__init__(store, runner=runner)
        self.workers = workers
        self.warm = warm

    def submit(self, job: Mapping[str, Plain], label: str = "", *, runner: str = "") -> str:
        """Queue a job and see that the engine runs; see `Engine.submit`.

        Raises:
            EngineError: if the store cannot be written, or as of `ensure`.
        """
        with _writing(self.store):
            id = self.runs.submit(job, label, runner or self.runner)
        self._queued(id)
        return id

    def resume(self, id: str) -> None:
        """Queue a run again and see that the engine runs; see `Engine.resume`.

        Raises:
            EngineError: as of `submit`.
        """
        with _writing(self.store):
            super().resume(id)

    def _queued(self, id: str) -> None:
        self.ensure()

    def health(self) -> EngineState | None:
        """The state of the engine program; None if none is alive."""
        return engine_state(self.store)

    def ensure(self, wait: float = 0.0) -> bool:
        """Start the engine program unless one is alive; costs about a millisecond if so.

        Args:
            wait: seconds to wait until it is ready; 0 returns at once.

        Returns:
            Whether it is ready to take jobs (jobs can be queued before).

        Raises:
            EngineError: if it was started and failed at once, or the store cannot be written.
        """
        with _starting:
            # registered first: a program that is about to stop asks for clients once more
            with _writing(self.store):
                register(self.store, os.getpid())
            if not self._alive():
                self._start()
        deadline = time.monotonic() + wait
        while not (ready := self._ready()):
            if time.monotonic() >= deadline or not self._alive():
                break
            time.sleep(0.02)
        return ready

    def _ready(self) -> bool:
        state = self.health()
        return state is not None and state["state"] == "ready"

    def stop(self, wait: float = 10.0) -> None:
        """End the engine program, for all its clients; a run in flight fails, resumable."""
        state = self.health()
        if state is None or not state["pid"]:
            return
        os.kill(state["pid"], signal.SIGTERM)
        deadline = time.monotonic() + wait
        while (now := self.health()) and now["id"] == state["id"] and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.store in _programs:
            _programs[self.store][0].poll()  # so that the ended child does not stay a zombie

    def _alive(self) -> bool:
        state = self.health()
        if state is not None and state["state"] != "stopping":
            return True
        mine, since = _programs.get(self.store, (None, 0.0))
        if mine is None:
            return False
        if mine.poll() is None:  # on its way to take the lock, unless it is the one that stops
            return state is None or state["pid"] != mine.pid
        if mine.returncode > 0 and time.monotonic() - since < EARLY_EXIT_SECONDS:
            log = engine_folder(self.store) / "engine.log"
            raise EngineError(f"the engine ended with status {mine.returncode}; see {log}")
        return False

    def _start(self) -> None:
        # -P: not whatever happens to be called opcviz (or torch) in the current folder.
        command = [sys.executable, "-P", "-m", "opcviz.engine", "--store", str(self.store)]
        command += ["--parent", str(os.getpid())]
        if self.workers is not None:
            command += ["--workers", str(self.workers)]
        if self.warm is not None:
            command += ["--warm", *self.warm]
        package_root = str(Path(__file__).parents[2])  # so that it is found without installation
        paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
        with _log(self.store) as log:
            program = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the app's terminal is the app's; we follow it
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        _programs[self.store] = (program, time.monotonic())


def _log(store: Path) -> BinaryIO:
    """What the engine program says goes to the end of this file."""
    with _writing(store):
        folder = engine_folder(store)
        folder.mkdir(parents=True, exist_ok=True)
        return open(folder / "engine.log", "ab")


@contextmanager
def _writing(store: Path) -> Iterator[None]:
    """Say of a store that cannot be written what to do about it.

    Raises:
        EngineError: in place of the `OSError`.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise EngineError(
            f"The folder of the store, {store}, cannot be written ({why}); name one that takes "
            "files with OPCVIZ_STORE, or with --store where a command has it."
        ) from error
