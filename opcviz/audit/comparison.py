"""Two reports of one audit: whether the second repeats the numbers of the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.json_types import Plain
from ..common.records import Record
from .records import Report

__all__ = ["TOLERANCE", "Difference", "differences"]

TOLERANCE = 1e-6
"""By which a recomputed number may differ, absolutely, or relative to numbers above 1."""

NOT_COMPARED = frozenset({"inputs", "made", "command", "environment", "spec", "version"})
"""Of a report: when and where it was made, not what was found; inputs are compared by hash."""
OF_THE_MACHINE = frozenset({"seconds", "stage_seconds", "peak_memory_mb"})
"""Anywhere: what a second run on the same device does not repeat."""
ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference(Record):
    """One value that is not the same in both.

    Attributes:
        path: where, as in `models[1, retrain-1d1a5c7e-s0].accuracy.forget_test` or
            `inputs[0, unlearned].sha256`.
        before, now: the two values; "(absent)" where one report has none.
    """

    path: str
    before: Plain
    now: Plain

    def __str__(self) -> str:
        """A line for a person."""
        return f"{self.path}: {_short(self.before)} in the report, {_short(self.now)} now"


def differences(
    before: Report, now: Report, tolerance: float = TOLERANCE
) -> tuple[Difference, ...]:
    """Everything in which a repeated audit differs; hashes of what was brought come first.

    Names of files, times, memory and the environment are not compared: a file that was renamed is
    the same file. Numbers may differ by `tolerance`, and numbers above 1 by as much of themselves.

    Args:
        before: the report to be verified.
        now: the report of the same audit made again.
        tolerance: at least 0.
    """
    return (*_inputs(before, now), *_findings(before, now, tolerance))


def _inputs(before: Report, now: Report) -> Iterator[Difference]:
    rows = max(len(before.inputs), len(now.inputs))
    for i in range(rows):
        pair = [r.inputs[i] if i < len(r.inputs) else None for r in (before, now)]
        role = next(each.role for each in pair if each)
        for field in ("role", "sha256", "bytes"):
            a, b = (getattr(each, field) if each else ABSENT for each in pair)
            if a != b:
                yield Difference(f"inputs[{i}, {role}].{field}", a, b)


def _findings(before: Report, now: Report, tolerance: float) -> Iterator[Difference]:
    a, b = (
        {name: value for name, value in report.to_dict().items() if name not in NOT_COMPARED}
        for report in (before, now)
    )
    yield from _walk(a, b, "", tolerance)


def _walk(a: Any, b: Any, path: str, tolerance: float) -> Iterator[Difference]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in dict.fromkeys((*a, *b)):
            if key not in OF_THE_MACHINE:
                at = f"{path}.{key}" if path else str(key)
                yield from _walk(a.get(key, ABSENT), b.get(key, ABSENT), at, tolerance)
    elif _listed(a) and _listed(b) and len(a) == len(b):
        for i, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from _walk(one, other, f"{path}[{i}{_named(one)}]", tolerance)
    elif not _same(a, b, tolerance):
        yield Difference(path, a, b)


def _named(value: object) -> str:
    """What an entry of a list calls itself, so that a path can be read without counting."""
    if not isinstance(value, Mapping):
        return ""
    found = next((value[each] for each in ("key", "name") if isinstance(value.get(each), str)), "")
    return f", {found}" if found else ""


def _listed(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same(a: Any, b: Any, tolerance: float) -> bool:
    if _number(a) and _number(b):
        return bool(abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)))
    return type(a) is type(b) and bool(a == b)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
