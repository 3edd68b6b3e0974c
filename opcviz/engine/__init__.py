"""Runs the work: `submit · status · events · cancel · resume`, in a program beside the app.

`DaskEngine` leaves a job to that program, with one worker process per accelerator. Every run is
kept in the store's `runs` folder, which is all that a page needs to read. Importing this package
does not import dask.
"""

from .base import Engine
from .dask import DaskEngine, EngineError
from .record import DEFAULT_RUNNER, NotQueued, Run, UnknownRun
from .runs import Runs

__all__ = [
    "DEFAULT_RUNNER",
    "DaskEngine",
    "Engine",
    "EngineError",
    "NotQueued",
    "Run",
    "Runs",
    "UnknownRun",
]
