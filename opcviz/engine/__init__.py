"""Runs the work: `submit · status · events · cancel · resume`, in this process or beside the app.

`InlineEngine` executes at once and here; `DaskEngine` leaves it to a separate program with one
worker process per accelerator. Both keep every run in the store's `runs` folder, which is all
that a page needs to read. Importing this package does not import dask.
"""

from .base import Engine
from .dask import DaskEngine, EngineError
from .events import event_of
from .inline import InlineEngine
from .record import DEFAULT_RUNNER, NotQueued, Run, UnknownRun
from .runs import Runs

__all__ = [
    "DEFAULT_RUNNER",
    "DaskEngine",
    "Engine",
    "EngineError",
    "InlineEngine",
    "NotQueued",
    "Run",
    "Runs",
    "UnknownRun",
    "event_of",
]
