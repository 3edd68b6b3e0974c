"""Who does a study, so that each of its processes can be killed: a command line, a served app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from opcviz.engine import Runs
from opcviz.engine.locks import engine_state

from ..serving import app
from .stores import ROOT, Order, environment
from .visitor import Visitor

__all__ = ["Command", "Served"]

ENDS = 60.0  # seconds that processes may outlive the one that was killed
BEGINS = 180.0  # seconds that a program may take until it is at work
LOOK = 0.1
REFUSED = 2  # exit status of a command that says in a sentence what is wrong
WITHOUT = ("workers died over it", "workers on this machine cannot be used")
"""How that sentence goes when its workers were killed."""


class Command:
    """`opcviz run`, in one process or with one worker.

    Args:
        store: where the answers go.
        order: what is run.
        workers: given as `--workers`; 0: none.
    """

    def __init__(self, store: Path, order: Order, workers: int = 0) -> None:
        self.store, self.order, self.workers = store, order, workers
        self.said = ""
        self._program: subprocess.Popen[bytes] | None = None
        self._log = store.parent / f"{store.name}.log"

    def begin(self) -> None:
        """Start the command; what is finished already it does not do again."""
        words = [*self.order.words, "--store", str(self.store)]
        words += ["--workers", str(self.workers)] if self.workers else []
        with open(self._log, "ab") as log:
            self._program = subprocess.Popen(
                [sys.executable, "-m", "opcviz", *words],
                cwd=ROOT,
                env=environment(),
                stdout=log,
                stderr=log,
            )

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._program is None or self._program.poll() is not None

    @property
    def finished(self) -> bool:
        """Whether it has ended as it should, so that all of the study is there."""
        return self.done and self._program is not None and self._program.returncode == 0

    def wrong(self) -> str:
        """Why it ended by itself, where it should not have."""
        if not self.done or self.finished or self._program is None:
            return ""
        tail = self._log.read_text("utf-8", "replace")[-2000:]
        if self._program.returncode == REFUSED and any(text in tail for text in WITHOUT):
            return ""  # as it should after so many deaths in a row, or one while it starts
        return f"the command ended with {self._program.returncode}: {tail}"

    def pid(self, victim: str) -> int | None:
        """The process to kill: `command` or `worker`; None while it is not there."""
        if self.done or self._program is None:
            return None
        if victim == "command":
            return self._program.pid
        return next((each.pid for each in workers_of(self._program.pid)), None)

    def killed(self, victim: str) -> str:
        """See what the death of a process leads to; what is wrong with that, if anything is."""
        if victim == "command" and self._program is not None:
            self._program.wait(ENDS)
            return ""
        return self.wrong()  # the command goes on with another worker

    def end(self) -> str:
        """End it as Ctrl-C does; what is wrong with how it ended, if anything is."""
        if self._program is None or self.done:
            return ""
        below = psutil.Process(self._program.pid).children(recursive=True)
        self._program.send_signal(signal.SIGINT)
        try:
            status = self._program.wait(ENDS)
        except subprocess.TimeoutExpired:
            self._program.kill()
            return "the command did not end on Ctrl-C"
        left = outlived(below)
        return left or ("" if status in (0, 130) else f"Ctrl-C ended the command with {status}")


class Served:
    """The app with its engine and worker, and a visitor who watches the run in the lab.

    Args:
        store: where the answers go.
        order: what is run.
    """

    def __init__(self, store: Path, order: Order) -> None:
        self.store, self.order = store, order
        self.runs = Runs(store)
        self.run = ""
        self.log = store.parent / f"{store.name}.log"
        self._stack: ExitStack | None = None
        self._server: psutil.Process | None = None
        self._visitor: Visitor | None = None

    def begin(self) -> None:
        """See that the app runs, somebody looks at it, and the run is under way."""
        if not alive(self._server):
            self._close()
            self._stack = ExitStack()
            given = {"store": self.store, "log": self.log, "OMP_NUM_THREADS": "1"}
            url, self._server = self._stack.enter_context(app(ROOT, **given))
            self._visitor = Visitor(url)
        if not self.run:
            self.run = self.runs.submit(self.order.job, "a study that is killed")
        self._watch()

    def _watch(self) -> None:
        """Look at the run in the lab, and press Resume where that is offered."""
        visitor, resume = self._visitor, f"live.resume.{self.run}"
        assert visitor is not None
        visitor.open("lab", f"run={self.run}")
        deadline = time.monotonic() + BEGINS
        while self.runs.status(self.run).status != "running" and not self.done:
            if visitor.has(resume):
                visitor.press(resume)
            visitor.stay(1.0)
            if time.monotonic() > deadline:
                raise SystemExit(f"the run is not begun again: {self.runs.status(self.run)}")

    @property
    def done(self) -> bool:
        """Whether the study is finished."""
        return bool(self.run) and self.runs.status(self.run).status == "finished"

    finished = done

    def wrong(self) -> str:
        """What visitors were shown that no kill explains."""
        return "; ".join(self._visitor.errors) if self._visitor else ""

    def pid(self, victim: str) -> int | None:
        """The process to kill: `worker`, `engine` or `app`; None while it is not there."""
        if victim == "app":
            return self._server.pid if self._server else None
        if victim == "worker":
            run = self.runs.status(self.run)
            there = run.status == "running" and run.worker
            return int(run.worker["pid"]) if there and run.worker else None
        state = engine_state(self.store)
        return (state["pid"] or None) if state else None

    def killed(self, victim: str) -> str:
        """See what the death of a process leads to; what is wrong with that, if anything is."""
        deadline = time.monotonic() + ENDS
        if victim == "app":  # whoever comes next finds an engine, or starts one
            while alive(self._server) and time.monotonic() < deadline:
                time.sleep(LOOK)
            return ""
        while (run := self.runs.status(self.run)).status == "running":
            if time.monotonic() > deadline:
                return f"a run whose {victim} was killed still runs"
            time.sleep(LOOK)
        if run.status == "finished":  # it was faster
            return ""
        means = {"worker": "the worker process died", "engine": "the engine stopped"}[victim]
        told = run.status == "failed" and run.resumable and means in run.cause
        return "" if told else f"after the {victim}'s death the run is {run.status}: {run.cause}"

    def ends(self, seconds: float) -> bool:
        """Whether the run ends, in whatever way, while somebody looks at it for so long."""
        assert self._visitor is not None
        return self._visitor.stay(seconds, lambda: not self.runs.status(self.run).active)

    def end(self) -> str:
        """End the app as its terminal does; what is wrong with how it ended, if anything is."""
        below = []
        if self._server is not None and alive(self._server):
            below = self._server.children(recursive=True)
        self._close()
        return outlived(below)

    def _close(self) -> None:
        if self._visitor is not None:
            with suppress(OSError):
                self._visitor.close()
        if self._stack is not None:
            with suppress(psutil.NoSuchProcess):
                self._stack.close()
        self._visitor = self._stack = self._server = None


def alive(process: psutil.Process | None) -> bool:
    """Whether a process is at work: one that was killed and not yet collected is not."""
    try:
        return process is not None and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def workers_of(pid: int) -> list[psutil.Process]:
    """Worker processes below a program: forked from a process that is there for that alone."""
    try:
        below = psutil.Process(pid).children(recursive=True)
        servers = [each for each in below if "forkserver" in " ".join(each.cmdline())]
        roots = {each.pid for each in servers}
        return [each for each in servers if each.ppid() in roots]
    except psutil.Error:
        return []


def outlived(processes: list[psutil.Process]) -> str:
    """Which of these processes are still there a good while later; they are ended."""
    _, left = psutil.wait_procs(processes, ENDS)
    names = []
    for each in left:
        with suppress(psutil.Error):
            names.append(" ".join(each.cmdline())[-80:])
            os.kill(each.pid, signal.SIGTERM)
    return f"left running: {'; '.join(names)}" if names else ""
