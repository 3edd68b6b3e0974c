"""Two reports of one audit: whether the second repeats the first, value by value.

Everything in a report is compared, but for three kinds of values:

* What a second run never repeats, `OF_THE_RUN`: when it was made, and how long it took.
* What tells nothing of the findings, `INFORMATION`: where it was made, and what files are called.
  It is told where it differs, and is no failure: hashes say which files they were, not names.
* Where files lay, in the settings: of a path the last part is compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..common.config import ConfigError
from ..common.json_types import Plain
from ..common.records import Record
from .records import Report
from .spec import AuditSpec, command_of
from .surroundings import TOLD

__all__ = ["INFORMATION", "OF_THE_RUN", "TOLERANCE", "Compared", "Difference", "compare"]

TOLERANCE = 1e-6
"""By which a recomputed number may differ, absolutely, or relative to numbers above 1."""
INFORMATION = (
    rf"environment\.({'|'.join(map(re.escape, TOLD))})",  # no audit writes anything else there
    r"inputs\[[^\]]*\]\.name",
    r"question\.place",  # the folder of the study, in whose name is where files lay
    "version",
)
"""Of a report, as patterns of paths: what is told where it differs, and is no failure."""
OF_THE_RUN = frozenset({"made", "seconds", "stage_seconds", "peak_memory_mb"})
"""Wherever these stand: what a second run on the same device does not repeat."""
EXACT = frozenset({"question", "spec", "data", "settings"})
"""Wherever these stand: settings, of which a small number is another one."""
PATHS = (r"spec\.(original|unlearned|retrained\[\d+\])", r"spec\.(data|forget)\.path")
"""Where files lay when the report was made."""
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


@dataclass(frozen=True)
class Compared:
    """In what a repeated audit differs.

    Attributes:
        differences: what fails it; hashes of what was brought come first.
        notes: what is told and fails nothing.
    """

    differences: tuple[Difference, ...]
    notes: tuple[Difference, ...] = ()


def compare(
    before: Report | Mapping[str, Plain],
    now: Report | Mapping[str, Plain],
    tolerance: float = TOLERANCE,
) -> Compared:
    """Everything in which a repeated audit differs from its report.

    Computed numbers may differ by `tolerance`, and numbers above 1 by as much of themselves;
    settings, counts, words and hashes by nothing. The report's command must be that of its own
    settings, which are what is repeated.

    Args:
        before: the report to be verified; as JSON, where what no program wrote shall be found, too.
        now: the report of the same audit made again, or its JSON.
        tolerance: at least 0.
    """
    told, made = (json.loads(r.to_json()) if isinstance(r, Report) else r for r in (before, now))
    command = _command(told)
    made = {**made, "command": told.get("command", ABSENT) if command is None else command}
    found = list(_walk(told, made, "", tolerance))
    found.sort(key=lambda each: not each.path.startswith("inputs["))
    notes = tuple(each for each in found if _matches(each.path, INFORMATION))
    return Compared(tuple(each for each in found if each not in notes), notes)


def _command(told: Mapping[str, Plain]) -> Plain | None:
    """The command that a report's own settings come to; None where it has no settings."""
    spec, where = told.get("spec"), told.get("environment")
    if not isinstance(spec, Mapping):
        return None
    device = where.get("device", "auto") if isinstance(where, Mapping) else "auto"
    try:
        return command_of(AuditSpec.from_dict(dict(spec)), str(device).partition(",")[0])
    except (ConfigError, TypeError, ValueError) as error:
        return f"none: {error}"


def _walk(a: Any, b: Any, path: str, tolerance: float) -> Iterator[Difference]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in dict.fromkeys((*a, *b)):
            at = f"{path}.{key}" if path else str(key)
            one, other = a.get(key, ABSENT), b.get(key, ABSENT)
            if key in OF_THE_RUN and _alike(one, other):
                continue
            yield from _walk(one, other, at, 0.0 if key in EXACT else tolerance)
    elif _listed(a) and _listed(b):
        for i in range(max(len(a), len(b))):
            one, other = (each[i] if i < len(each) else ABSENT for each in (a, b))
            yield from _walk(one, other, f"{path}[{i}{_named(a, b, i)}]", tolerance)
    elif not (_same(a, b, tolerance) or (_matches(path, PATHS) and _last(a) == _last(b))):
        yield Difference(path, a, b)


def _alike(a: Any, b: Any) -> bool:
    """Whether two values of a run are of one form: a number is no text, and none is missing."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_alike(a[key], b[key]) for key in a)
    return (_number(a) and _number(b)) or (type(a) is type(b) and ABSENT not in (a, b))


def _named(a: Sequence[Any], b: Sequence[Any], at: int) -> str:
    """What an entry of a list calls itself, so that a path can be read without counting."""
    for entries in (b, a):  # by its own names, not those of a report from elsewhere
        entry = entries[at] if at < len(entries) else None
        for key in ("key", "role", "name"):
            if isinstance(entry, Mapping) and isinstance(entry.get(key), str):
                return f", {entry[key]}"
    return ""


def _listed(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return bool(abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)))
    return type(a) is type(b) and bool(a == b)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _last(value: Any) -> Any:
    """A path without its folders."""
    return PurePath(value).name if isinstance(value, str) else value


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(each, path) for each in patterns)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
