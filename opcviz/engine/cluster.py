"""The dask side: worker processes on this machine's accelerators, or an existing cluster.

dask brings worker processes, their restart and the way to other machines. It does not bring the
queue (see `dispatcher`) nor keep results (the store does).
"""

from __future__ import annotations

import logging
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import dask
import psutil
from distributed import Client, Future, Nanny, Scheduler, SpecCluster, Worker, WorkerPlugin

from .execute import execute, import_named
from .locks import engine_folder
from .processes import accelerators, prepare

__all__ = ["CalmScheduler", "CalmWorker", "Pool", "WarmUp"]

log = logging.getLogger("opcviz.engine")

HOST = "127.0.0.1"
HEARTBEAT_SECONDS = 10.0
LOOK_SECONDS = 60.0  # between two looks at limits that are not set
CLOSE_SECONDS = 0.3  # for a worker to end by itself; a busy one cannot
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # a run whose worker died is not tried again
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.worker.profile.enabled": False,  # it samples every thread, 100 times a second
    "distributed.admin.system-monitor.gil.enabled": False,
    # nobody looks at these, and together they keep an idle processor awake
    "distributed.admin.system-monitor.interval": "30s",
    "distributed.admin.tick.interval": "10s",
    "distributed.admin.tick.cycle": "10s",
    "distributed.admin.tick.limit": "1h",  # a tick that comes so seldom is late by no measure
    "distributed.client.scheduler-info-interval": "60s",
    "distributed.diagnostics.nvml": False,
}


class CalmWorker(Worker):
    """A worker that says rarely that it lives: its nanny and its connections tell sooner.

    Ctrl-C in a terminal reaches it, too; it is for the program that started it to end it.

    Args:
        given, settings: as for dask's own.
    """

    def __init__(self, *given: Any, **settings: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().__init__(*given, **settings)

    async def heartbeat(self) -> None:
        """Tell the scheduler, which answers when it wants to be told again: twice a second."""
        await super().heartbeat()
        self.periodic_callbacks["heartbeat"].callback_time = 1000 * HEARTBEAT_SECONDS


class CalmScheduler(Scheduler):
    """A scheduler that does not ask four times a second whether it is of any use: see `Dispatcher`.

    Args:
        settings: as for dask's own.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name in ("idle-timeout", "no-workers-timeout"):
            self.periodic_callbacks[name].callback_time = 1000 * LOOK_SECONDS


class WarmUp(WorkerPlugin):
    """Lets each new worker import modules and call functions before the first run needs them.

    Works in a thread of its own. Imports begin at once; a call waits until nothing runs on the
    worker. A run that starts during a call shares the interpreter with it until it ends.

    Args:
        names: modules, or functions without arguments as `module:function`.
    """

    name = "opcviz-warm-up"

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def setup(self, worker: Worker) -> None:
        """Called by dask in each worker that joins."""
        threading.Thread(target=self._warm, args=(worker,), daemon=True).start()

    def _warm(self, worker: Worker) -> None:
        for name in self.names:
            try:
                prepared = import_named(name)
                if ":" in name:
                    while worker.state.executing_count:
                        time.sleep(0.25)
                    prepared()
            except Exception:  # a run that needs it will fail with a message of its own
                log.warning("warm-up %s failed", name, exc_info=True)


class Pool:
    """The workers: list them, start a run on one, kill one.

    Args:
        store: the store's folder (on a cluster: the same path on a shared file system).
        workers: local worker processes; None: one per accelerator, or one for the CPU.
        scheduler: address of a running dask scheduler (`tls://…`, `tcp://…`), in place of local
            workers. TLS files come from dask's own configuration.
        warm: see `WarmUp`.
        scratch: a folder for what dask writes, removed at the end; None: the engine program's.
    """

    def __init__(
        self,
        store: Path,
        *,
        workers: int | None = None,
        scheduler: str | None = None,
        warm: Sequence[str] = (),
        scratch: Path | None = None,
    ) -> None:
        self.store = store
        self._scratch = scratch or engine_folder(store) / "scratch"
        self._cluster: SpecCluster | None = None
        dask.config.set({**SETTINGS, "temporary-directory": str(self._scratch)})
        if scheduler is None:
            devices = accelerators()
            workers = workers or len(devices) or 1
            method = prepare(workers)
            dask.config.set({"distributed.worker.multiprocessing-method": method})
            self._cluster = _local_cluster(workers, devices)
        self._client = Client(scheduler or self._cluster, set_as_default=False)
        self._client.register_plugin(WarmUp(warm))
        self.local = self._cluster is not None
        connection = self._client.scheduler
        if connection is None:
            raise OSError(f"no connection to the dask scheduler {scheduler or 'on this machine'}")
        self.address = str(connection.address)

    def workers(self) -> set[str]:
        """The addresses of the workers that are there now."""
        scheduler = self._cluster.scheduler if self._cluster else None
        if scheduler is not None:  # it lives in this program: no need to ask it
            return set(scheduler.workers)
        return set(self._client.nthreads())

    def launch(self, address: str, id: str, engine: str) -> Future[Any]:
        """Let one worker execute one run; its progress is in the run's record."""
        return self.call(address, id, execute, str(self.store), id, engine=engine)

    def call(
        self,
        address: str,
        name: str,
        function: Callable[..., object],
        *given: object,
        **more: object,
    ) -> Future[Any]:
        """Let one worker call a function of an importable module.

        Args:
            address: the worker's.
            name: what the call is known by.
            function, given, more: what is called with what.
        """
        return self._client.submit(
            function,
            *given,
            key=f"{name}-{time.time_ns()}",
            workers=[address],
            pure=False,
            retries=0,
            **more,
        )

    def ask(self, function: Callable[..., object], *given: object) -> dict[str, Any]:
        """What a function says in each worker, by the workers' addresses.

        Raises:
            Exception: whatever one of them raises.
        """
        answers: dict[str, Any] = self._client.run(function, *given)
        return answers

    def listen(self, topic: str, heard: Callable[[object], None]) -> None:
        """Hand on what workers say with `Worker.log_event`, in a thread of the client's."""
        self._client.subscribe_topic(topic, lambda event: heard(event[1]))

    def kill(self, address: str) -> None:
        """End a worker's process at once; its nanny starts another.

        Raises:
            OSError, ValueError: if it cannot be reached, or has no nanny.
        """
        self._client.run(_kill_process, workers=[address], nanny=True)

    def close(self) -> None:
        """End all local workers; those of an existing cluster stay."""
        if self._cluster is None:
            self._client.close(timeout=2)
            return
        impatient = threading.Timer(CLOSE_SECONDS, self._kill_all)
        impatient.start()
        self._cluster.close(timeout=5)
        impatient.cancel()
        self._client.close(timeout=2)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _kill_all(self) -> None:
        # a copy: the cluster closes meanwhile, in another thread, and forgets them one by one
        for nanny in list(self._cluster.workers.values()) if self._cluster else ():
            _kill_process(nanny)


def _kill_process(dask_worker: Nanny) -> None:
    """Runs in the nanny: SIGKILL its worker and whatever that started."""
    if dask_worker.pid is None:
        return
    with suppress(psutil.NoSuchProcess):  # it ended by itself just now
        worker = psutil.Process(dask_worker.pid)
        for process in [*worker.children(recursive=True), worker]:
            process.kill()


def _local_cluster(workers: int, devices: Sequence[str]) -> SpecCluster:
    common = {
        "nthreads": 1,  # one run at a time in a process: killing it fails no other
        "host": HOST,
        "memory_limit": 0,  # dask would pause a worker that uses much; the system decides here
        "dashboard": False,
    }
    nannies = {}
    for index in range(workers):
        env = {"CUDA_VISIBLE_DEVICES": devices[index % len(devices)]} if devices else {}
        options = {**common, "env": env, "worker_class": CalmWorker}
        nannies[index] = {"cls": Nanny, "options": options}
    scheduler = {
        "cls": CalmScheduler,
        "options": {"host": HOST, "port": 0, "dashboard": False, "dashboard_address": f"{HOST}:0"},
    }
    return SpecCluster(
        nannies,
        scheduler,
        name="opcviz",
        silence_logs=False,
        scheduler_sync_interval=60,  # seconds; what it syncs is a widget's
    )
