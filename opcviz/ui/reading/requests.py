"""Requests in a row as the screen reads them: what belongs together, in words and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ...common.records import Undefined, known
from ...study import StudyResult
from ...study.sequence import SequenceLine, SequenceResult, StepFigures, sequences
from .store_reader import choices, store, study_of

__all__ = ["answered", "sequence_shown", "short", "step_name", "to_csv"]


def sequence_shown(study: StudyResult) -> SequenceResult:
    """The requests in a row that the study of one of them belongs to; of several, the longest."""
    opened = {place: study_of(place) for place in choices("classification")}
    fitting = [each for each in sequences(store(), opened) if study.place in each.places]
    return max(fitting, key=lambda each: len(each.steps))


def short(request: str) -> str:
    """A request as a row of a chart names it: `classes:0` is 0."""
    kind, _, value = request.partition(":")
    return value if kind == "classes" else f"{kind} {value}"


def step_name(number: int, requests: Sequence[str]) -> str:
    """A step in words."""
    return f"after request {number} ({short(requests[number - 1])})"


def answered(line: SequenceLine, original: SequenceLine | None) -> list[list[float | None]]:
    """Accuracy on each request, by step, the original's before the first; see `heat_figure`."""
    count = len(line.steps)
    before = _requests(original.steps[-1]) if original else []
    after = [_requests(step) for step in line.steps]
    return [
        [
            before[request] if request < len(before) else None,
            *(known_at(after[step], request) for step in range(count)),
        ]
        for request in range(count)
    ]


def known_at(values: Sequence[float | None], at: int) -> float | None:
    """The value at a place, None where there is none."""
    return values[at] if at < len(values) else None


def _requests(step: StepFigures | Undefined) -> list[float | None]:
    return [] if isinstance(step, Undefined) else [known(value) for value in step.requests]


def to_csv(found: SequenceResult) -> str:
    """A row a method, seed and step, and one for the same data at once; empty where unknown."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    asked = [f"answered {request}" for request in found.requests]
    writer.writerow(
        [
            *("method", "seed", "step", "request", *asked, "retained test", "lost", "FM"),
            *("worst attacker", "worst", "worst retrained", "gap", "gradients", "seconds", "why"),
        ]
    )
    for line in found.lines:
        steps = [*enumerate(zip(line.steps, found.requests, strict=True), 1)]
        rows = [(str(number), request, step) for number, (step, request) in steps]
        for number, request, step in [*rows, ("at once", "all", line.once)]:
            head = [line.method.info.name, line.seed, number, request]
            writer.writerow([*head, *_cells(step, len(asked))])
    return out.getvalue()


def _cells(step: StepFigures | Undefined, count: int) -> list[object]:
    if isinstance(step, Undefined):
        return [*[""] * (count + 9), step.reason]
    requests = _requests(step) if len(step.requests) == count or count > 1 else []
    worst = None if isinstance(step.worst, Undefined) else step.worst
    numbers = [
        *(known_at(requests, at) for at in range(count)),
        *(known(step.retained), known(step.lost), known(step.recovered)),
        worst.attacker if worst else None,
        worst.recovered if worst else None,
        known(worst.retrained) if worst else None,
        *(known(step.gap), step.gradients, step.seconds),
    ]
    return ["" if value is None else value for value in [*numbers, ""]]
