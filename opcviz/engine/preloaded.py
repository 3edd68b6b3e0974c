"""What the process that workers are forked from imports, as patiently as it may.

The engine starts when somebody opens the first page that may need it. The imports take some seconds
of a core, and on a small machine that is the core on which the next page should be drawn; so a
thread makes them that any other work goes before. It has ended when the first worker is forked,
which is as urgent as any process.

A garbage collection writes into every object that it looks at, and a page that is written to is no
longer shared with the parent. Frozen objects are not looked at.
"""

import gc
import os
import sys
import threading
from importlib import import_module

MODULES = (
    "torch",
    "distributed",
    "opcviz.engine.execute",
    "opcviz.study.pipeline",  # whatever workers import themselves is not shared with the parent
)
PATIENCE = 5  # nice value of the thread


def _import_all() -> None:
    if sys.platform == "linux":  # there each thread has a value of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PATIENCE)
    for name in MODULES:
        try:
            import_module(name)
        except ImportError:  # as of the start method itself: a worker says it better
            continue


_thread = threading.Thread(target=_import_all)
_thread.start()
_thread.join()
gc.collect()
gc.freeze()
