"""Executing one run in this process: the same few lines in a notebook and in a worker."""

from __future__ import annotations

import importlib
import json
import os
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..common.access import Access, held
from ..common.config import ConfigError
from ..common.json_types import Json
from ..common.limits import allocating_at_most
from ..common.progress import Cancelled, Event, Progress
from ..common.room import no_room
from .events import EventLog, to_json
from .record import Run
from .runs import Runs

__all__ = ["execute", "import_named"]

SHARED_BYTES = 8 * 2**30  # that a run of a visitor may allocate, see `_memory`
FLAG_SECONDS = 0.02  # how often the cancel file is looked for


def execute(
    store: str | Path,
    id: str,
    *,
    engine: str = "",
    listeners: tuple[Callable[[Event], None], ...] = (),
) -> str:
    """Execute a waiting run to its end, whatever that is, and record it.

    Args:
        store: the store's folder.
        id: the run.
        engine: id of the engine program that this process belongs to (for the record).
        listeners: called with every event, besides the event file.

    Returns:
        The status it ended with.

    Raises:
        NotQueued: if the run does not wait.
        KeyboardInterrupt: after recording the run as cancelled.
    """
    runs = Runs(store)
    with runs.claim(id, engine=engine) as run:
        try:
            result = _call(run, runs, listeners)
        except Cancelled:
            return runs.end(id, "cancelled", "cancelled on request").status
        except KeyboardInterrupt:
            runs.end(id, "cancelled", "interrupted from the keyboard")
            raise
        except BaseException as error:  # SystemExit too: the run failed, the worker lives on
            with suppress(OSError):  # a full disk takes no report on itself
                runs.path(id, "error.txt").write_text(traceback.format_exc())
            return runs.end(id, "failed", _sentence(error)).status
        return runs.end(id, "finished", result=result).status


def import_named(name: str) -> Any:
    """The object that `module:attribute` names, or the module if no attribute is given.

    Raises:
        ImportError: if there is no such module or attribute.
    """
    module_name, _, attribute = name.partition(":")
    module = importlib.import_module(module_name)
    if not attribute:
        return module
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise ImportError(f"module {module_name} has no '{attribute}'") from None


def _call(run: Run, runs: Runs, listeners: tuple[Callable[[Event], None], ...]) -> Json:
    with EventLog(runs.path(run.id, "events.jsonl")) as log:
        progress = Progress(log, *listeners, stop=_flag(runs.path(run.id, "cancel")))
        progress.check()
        may = None if run.access is None else Access.from_dict(dict(run.access))
        with held(may), allocating_at_most(_memory(may is not None)):
            result = import_named(run.runner)(run.job, runs.store, progress)
    if result is None:
        return {}
    if not isinstance(result, dict):
        raise TypeError(f"the runner {run.runner} returned {type(result).__name__}, not a dict")
    plain: Json = json.loads(to_json(result))
    return plain


def _memory(shared: bool) -> int | None:
    """Bytes that a run may allocate: of OPCVIZ_RUN_GB, else 8 GiB for visitors of a shared server.

    Raises:
        ConfigError: for what is no number above 0.
    """
    text = os.environ.get("OPCVIZ_RUN_GB", "")
    if not text:
        return SHARED_BYTES if shared else None
    try:
        wanted = float(text)
    except ValueError:
        wanted = -1.0
    if not 0 < wanted < 1e6:
        raise ConfigError(f"OPCVIZ_RUN_GB is {text!r}; it wants a number above 0, such as 8")
    return int(wanted * 2**30)


def _flag(path: Path) -> Callable[[], bool]:
    looked = -FLAG_SECONDS

    def stop() -> bool:
        nonlocal looked
        now = time.monotonic()
        if now - looked < FLAG_SECONDS:
            return False
        looked = now
        return path.exists()

    return stop


def _sentence(error: BaseException) -> str:
    """One line for a person. Our own errors are sentences; others are named by their type."""
    text = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, MemoryError) or "out of memory" in text.lower():
        return f"out of memory: {text}" if text else "out of memory"
    if full := no_room(error):
        return full
    if isinstance(error, ValueError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
