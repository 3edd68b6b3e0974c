"""Small jobs for the engine's tests, imported by name in this process and in workers."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from opcviz.common.progress import Epoch, Message, Progress, Stage, Step


def count(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    """Counts to `n`, `seconds` each, politely."""
    n = job.get("n", 3)
    progress(Stage("counting", 0, 1, model="abacus"))
    for step in range(1, n + 1):
        time.sleep(job.get("seconds", 0.0))
        progress(Step(step, n, loss=1.0 / step))
    progress(Epoch(1, 1, {"total": float(n)}))
    return {"counted": n, "name": job.get("name", "")}


STEP_GATE = threading.Semaphore(0)  # each release lets `gated` take one step
STEPS_TAKEN: list[int] = []


def gated(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    """Counts as `count` does, one step for each release of the gate; for one process only."""
    STEPS_TAKEN.clear()
    for step in range(1, job["n"] + 1):
        assert STEP_GATE.acquire(timeout=60), "nobody let it go on"
        STEPS_TAKEN.append(step)
        progress(Stage(f"step {step}", step - 1, job["n"]))
    return {}


def deaf(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    """Says one thing, then listens to nobody."""
    progress(Stage("deaf", 0, 1))
    time.sleep(job.get("seconds", 60.0))
    return {}


def crash(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    """Dies as a process does that the system kills for its memory."""
    progress(Stage("juggling", 1, 3, model="knives"))
    os.kill(os.getpid(), 9)
    return {}


def broken(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    raise ValueError("class 12 is not among the 10 classes\nand more")


def leave(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    raise SystemExit(3)


def memory(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    raise MemoryError


def not_a_dict(job: dict[str, Any], store: Path, progress: Progress) -> Any:
    return 3


def once_broken(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    """Fails at first, and finishes when it finds what the first attempt left."""
    done = store / "half"
    progress(Stage("half" if not done.exists() else "rest", 0, 2))
    if done.exists():
        return {"resumed": True}
    done.touch()
    raise RuntimeError("the power went")


def infinite(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    progress(Step(1, 1, loss=float("nan")))
    progress(Message("lost", level="warning"))
    return {"loss": float("inf")}


def threads(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    import torch

    return {"threads": torch.get_num_threads(), "pid": os.getpid()}


def warm() -> None:
    """What an idle worker calls beforehand."""
    os.environ["ENGINE_IS_WARM"] = str(os.getpid())


def warmth(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    return {"warm": os.environ.get("ENGINE_IS_WARM") == str(os.getpid())}
