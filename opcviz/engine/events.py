"""The event file of a run: one JSON line an event, appended by the worker, read by everybody.

A line is `Event.to_dict()` with the wall-clock `time` (seconds since 1970) added. Readers keep a
byte offset, so a page asks only for what is new; a line that is still being written is left for
the next reading.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..common.json_types import Json
from ..common.progress import Epoch, Event, Stage, Step

__all__ = ["EventLog", "fraction_done", "last_stage", "read_events", "to_json"]

STEP_SECONDS = 0.05  # 20 a second are as many as a person can see


class EventLog:
    """A `Progress` listener that appends every event to a file; a context manager.

    `Step` events are thinned to at most one in `STEP_SECONDS`; the last step of a stage and every
    other event are always written, and each line is flushed so that readers see it at once.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "ab")  # noqa: SIM115  (closed by __exit__)
        self._last_step = -math.inf
        if self._file.tell() and not _ends_with_newline(path):
            self._file.write(b"\n")  # an earlier attempt died in the middle of a line

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __call__(self, event: Event) -> None:
        """Append one event."""
        if isinstance(event, Step) and event.step < event.steps:
            now = time.monotonic()
            if now - self._last_step < STEP_SECONDS:
                return
            self._last_step = now
        record = {**event.to_dict(), "time": round(time.time(), 3)}
        self._file.write(to_json(record).encode() + b"\n")
        self._file.flush()


def _ends_with_newline(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def to_json(value: object) -> str:
    """Strict JSON on one line: a number that is not finite becomes null, numpy scalars plain.

    Raises:
        TypeError: for a value that JSON cannot hold.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    if hasattr(value, "tolist"):  # a numpy or torch number or array, without importing either
        return _finite(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_events(path: Path, since: int = 0) -> tuple[list[Json], int]:
    """The whole lines from byte `since` on, and the byte to ask from next time.

    A damaged line (its writer was killed) is left out; a missing file has no events yet.

    Raises:
        ValueError: for a negative offset.
    """
    lines, end = _lines(path, since)
    return [record for record in map(_parse, lines) if record is not None], end


def last_stage(path: Path, since: int = 0) -> str:
    """The name of the stage that was begun last, with its model; empty before the first."""
    stage = next(_backwards(path, since, (Stage.kind,)), None)
    return "" if stage is None else " ".join(filter(None, (stage["name"], stage.get("model"))))


def fraction_done(path: Path, since: int = 0) -> float | None:
    """How much of the work is done, 0 to 1, with all stages taken as equally long.

    None before the first stage was named.
    """
    inner: float | None = None
    for record in _backwards(path, since, (Stage.kind, Step.kind, Epoch.kind)):
        if record["kind"] == Stage.kind:
            return float((record["index"] + (inner or 0.0)) / max(record["count"], 1))
        if inner is None:
            done, of = ("step", "steps") if record["kind"] == Step.kind else ("epoch", "epochs")
            inner = min(float(record[done] / max(record[of], 1)), 1.0)
    return None


def _lines(path: Path, since: int) -> tuple[list[bytes], int]:
    if since < 0:
        raise ValueError(f"an event offset counts bytes from the start, got {since}")
    try:
        with open(path, "rb") as file:
            file.seek(since)
            data = file.read()
    except FileNotFoundError:
        return [], since
    whole = data.rfind(b"\n") + 1
    return data[:whole].splitlines(), since + whole


def _parse(line: bytes) -> Json | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "kind" in record else None


def _backwards(path: Path, since: int, kinds: tuple[str, ...]) -> Iterator[Json]:
    """Records of some kinds, newest first; lines of other kinds (long ones) are not parsed."""
    starts = tuple(f'{{"kind": "{kind}"'.encode() for kind in kinds)
    for line in reversed(_lines(path, since)[0]):
        if line.startswith(starts) and (record := _parse(line)) is not None:
            yield record
