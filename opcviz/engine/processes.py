"""Start of worker processes: their devices, their threads, a parent that has torch loaded.

All of this must come before the first worker, and none of it needs dask.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from multiprocessing import forkserver

from ..common.threads import patient_threads

__all__ = ["accelerators", "prepare", "share_threads"]

PRELOADED_MODULES = (
    "torch",
    "distributed",
    # two threads of a worker that both begin to import it get half of it: a run and its warm-up
    "sklearn.datasets",
    "opcviz.engine.execute",
    "opcviz.study.pipeline",  # whatever workers import themselves is not shared with the parent
    "opcviz.engine.preloaded",
)


def accelerators() -> list[str]:
    """The CUDA devices of this machine as `CUDA_VISIBLE_DEVICES` names them; none: empty.

    Read from `nvidia-smi`: importing torch to count them would take seconds.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    if (tool := shutil.which("nvidia-smi")) is None:
        return []
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30).stdout
    return re.findall(r"UUID: (MIG-[^)]+)", listed) or re.findall(r"UUID: (GPU-[^)]+)", listed)


def share_threads(workers: int) -> None:
    """Divide the processor's cores among the workers, unless the environment says otherwise.

    The numeric libraries look once, when they are loaded; dask would set 1.
    """
    patient_threads()
    import psutil
    from dask.system import CPU_COUNT  # knows of affinity and of a container's share

    cores = min(CPU_COUNT, psutil.cpu_count(logical=False) or CPU_COUNT)
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, cores // workers))
    for name in ("OMP", "MKL", "OPENBLAS", "NUMBA"):
        os.environ.setdefault(f"{name}_NUM_THREADS", threads)


def prepare(workers: int) -> str:
    """Prepare to start workers; returns the start method of `multiprocessing` to use.

    On Linux they are forked from a process that has imported torch and started no thread: one
    that was killed is back in a fraction of a second instead of after the import. That process
    begins to import at once, while this one goes on.
    """
    share_threads(workers)
    if sys.platform != "linux":
        return "spawn"
    multiprocessing.set_forkserver_preload(list(PRELOADED_MODULES))
    forkserver.ensure_running()
    return "forkserver"
