"""The table of requests in a row: a line a method, mean and standard deviation over seeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..common.json_types import Json
from ..common.records import Undefined, defined
from ..methods import MethodSettings
from .sequence import SequenceLine, SequenceResult, StepFigures
from .table import Summary, summarised

__all__ = ["FIGURES", "Figure", "over_seeds", "to_json", "to_markdown"]

Of = Callable[[SequenceLine], float | Undefined]
UNKNOWN = Undefined("it was not measured")


@dataclass(frozen=True)
class Figure:
    """One column.

    Attributes:
        name: its head.
        told: what it is.
        of: its value of a line.
        form: how the number is written.
    """

    name: str
    told: str
    of: Of
    form: str = ".1f"

    def over(self, lines: Sequence[SequenceLine]) -> Summary | Undefined:
        """The figure over the seeds of a method; why there is none where no seed has it."""
        found = [self.of(line) for line in lines]
        values = [value for value in found if defined(value)]
        if values:
            return summarised(values)
        return next((value for value in found if isinstance(value, Undefined)), UNKNOWN)


def _last(value: Callable[[StepFigures], float | Undefined]) -> Of:
    def of(line: SequenceLine) -> float | Undefined:
        step = line.steps[-1]
        return step if isinstance(step, Undefined) else value(step)

    return of


def _sum(value: Callable[[StepFigures], float | None]) -> Of:
    def of(line: SequenceLine) -> float | Undefined:
        total = 0.0
        once = line.method.info.name == "original"  # trained for the first, and taken over
        for step in line.steps[:1] if once else line.steps:
            found = step if isinstance(step, Undefined) else value(step)
            if isinstance(found, Undefined):
                return found
            if found is None:
                return UNKNOWN
            total += found
        return total

    return of


def _once(line: SequenceLine) -> float | Undefined:
    return line.once if isinstance(line.once, Undefined) else line.once.recovered


def _worst(step: StepFigures) -> float | Undefined:
    return step.worst if isinstance(step.worst, Undefined) else step.worst.recovered


def _gradients(step: StepFigures) -> float | None:
    return None if step.gradients is None else step.gradients / 1000


FIGURES = (
    Figure("Erosion", "Points lost of what was to be kept.", lambda line: line.erosion),
    Figure("Reversal", "Points that an earlier request came back.", lambda line: line.reversal),
    Figure("Price", "Points that FM recovers more than at once.", lambda line: line.price),
    Figure("FM in a row", "After all requests, percent.", _last(lambda step: step.recovered)),
    Figure("FM at once", "The same data forgotten at once, percent.", _once),
    Figure("Worst case", "What the strongest attacker of the study gets, percent.", _last(_worst)),
    Figure(
        "Gap",
        "Mean distance of accuracies from the retrained model's, points.",
        _last(lambda step: step.gap),
    ),
    Figure("Gradients", "Of single samples, in thousands.", _sum(_gradients), ",.0f"),
    Figure("Seconds", "Of all requests.", _sum(lambda step: step.seconds), ".0f"),
)


def over_seeds(lines: Sequence[SequenceLine]) -> dict[MethodSettings, tuple[SequenceLine, ...]]:
    """The lines of each method, by seed, in the order of the methods."""
    found: dict[MethodSettings, list[SequenceLine]] = {}
    for line in lines:
        found.setdefault(line.method, []).append(line)
    return {
        method: tuple(sorted(same, key=lambda line: line.seed)) for method, same in found.items()
    }


def to_markdown(found: SequenceResult, figures: Sequence[Figure] = FIGURES) -> str:
    """The table as Markdown, mean ± standard deviation; what is not known is a dash."""
    heads = [figure.name for figure in figures]
    lines = [f"| method | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for method, same in over_seeds(found.lines).items():
        cells = [_cell(figure.over(same), figure.form) for figure in figures]
        lines.append(f"| {method.info.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: Summary | Undefined, form: str) -> str:
    if isinstance(value, Undefined):
        return "–"
    return f"{value.mean:{form}}" + (f" ± {value.sd:{form}}" if value.sd is not None else "")


def to_json(found: Sequence[SequenceResult]) -> str:
    """Every line with the figures of every step, as JSON."""
    told = [{"requests": list(row.requests), "lines": _lines(row)} for row in found]
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)


def _lines(found: SequenceResult) -> list[Json]:
    return [
        {
            "method": line.method.info.name,
            "settings": line.method.to_dict(),
            "seed": line.seed,
            **{name: _plain(getattr(line, name)) for name in ("erosion", "reversal", "price")},
            "steps": [_step(step) for step in line.steps],
            "once": _step(line.once),
        }
        for line in found.lines
    ]


def _plain(value: float | Undefined) -> float | Json:
    return {"reason": value.reason} if isinstance(value, Undefined) else value


def _step(step: StepFigures | Undefined) -> Json:
    return {"reason": step.reason} if isinstance(step, Undefined) else step.to_dict()
