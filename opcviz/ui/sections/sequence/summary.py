"""Every method in three figures: what was lost, what came back, what asking in a row cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ....common.records import Undefined, known
from ....study.sequence import SequenceLine, SequenceResult, StepFigures, over_seeds
from ....study.table import Summary, summarised
from ...charts.table_component import Cell, Head, TableRow, table
from ...reading.requests import to_csv
from ..sentences import title

__all__ = ["summary"]

HOW = (
    "Erosion: retained test accuracy of the original less the model's after the last request. "
    "Reversal: the most that an earlier request came back after its own moment. Price: what FM "
    "recovers after all requests in a row less what it recovers where the same data were forgotten "
    "at once. All in points, mean and standard deviation over seeds. Gradients and seconds are of "
    "all requests together."
)
CORNER = Head("method", "Method", words=True, sorts=False)


def _head(text: str, told: str) -> Head:
    return Head(text, text, help=(told,), sorts=False)


Of = Callable[[SequenceLine], float | Undefined | None]


def _last(value: Callable[[StepFigures], float | Undefined | None]) -> Of:
    def of(line: SequenceLine) -> float | Undefined | None:
        step = line.steps[-1]
        return step if isinstance(step, Undefined) else value(step)

    return of


def _once(line: SequenceLine) -> float | Undefined | None:
    return line.once if isinstance(line.once, Undefined) else line.once.recovered


def _worst(step: StepFigures) -> float | Undefined:
    return step.worst if isinstance(step.worst, Undefined) else step.worst.recovered


def _sum(value: Callable[[StepFigures], float | int | None]) -> Of:
    def of(line: SequenceLine) -> float | None:
        found = [None if isinstance(step, Undefined) else value(step) for step in line.steps]
        numbers = [each for each in found if each is not None]
        return float(sum(numbers)) if len(numbers) == len(found) else None

    return of


def _gradients(step: StepFigures) -> float | None:
    return None if step.gradients is None else step.gradients / 1000


ONCE = "The same data forgotten at once, percent."
WORST = "What the strongest attacker of the study gets, percent."
GAP = "Mean distance of accuracies from the retrained model's, points."
COLUMNS: tuple[tuple[Head, Of, str], ...] = (
    (_head("Erosion", "Points lost of what was to be kept."), lambda line: line.erosion, ".1f"),
    (_head("Reversal", "Points that an earlier request came back."), lambda it: it.reversal, ".1f"),
    (_head("Price", "Points that FM recovers more than at once."), lambda it: it.price, ".1f"),
    (_head("FM in a row", "After all requests, percent."), _last(lambda it: it.recovered), ".1f"),
    (_head("FM at once", ONCE), _once, ".1f"),
    (_head("Worst case", WORST), _last(_worst), ".1f"),
    (_head("Gap", GAP), _last(lambda step: step.gap), ".1f"),
    (_head("Gradients", "Of single samples, in thousands."), _sum(_gradients), ",.0f"),
    (_head("Seconds", "Of all requests."), _sum(lambda step: step.seconds), ".0f"),
)


def summary(found: SequenceResult) -> None:
    """The table of all methods, and its figures as CSV.

    Args:
        found: the requests in a row.
    """
    title("What it came to", HOW)
    rows = [
        TableRow(
            method.info.name + str(number),
            Cell(method.info.title),
            tuple(_cell(same, of, form) for _, of, form in COLUMNS),
        )
        for number, (method, same) in enumerate(over_seeds(found.lines).items())
    ]
    table(
        [head for head, _, _ in COLUMNS],
        rows,
        key=f"sequence.summary.{found.last.place}",
        corner=CORNER,
        label="Methods after all requests; mean over seeds, below it ± standard deviation",
    )
    st.download_button(
        "Figures of every step as CSV",
        to_csv(found),
        file_name=f"{found.last.place}-requests.csv",
        mime="text/csv",
        icon=":material/download:",
        key="sequence.csv",
    )


def _cell(lines: Sequence[SequenceLine], of: Of, form: str) -> Cell:
    values = [value for line in lines if (value := known(of(line))) is not None]
    if not values:
        return Cell("–", help=_why(lines, of))
    told: Summary = summarised(values)
    below = f"± {told.sd:{form}}" if told.sd is not None else ""
    return Cell(f"{told.mean:{form}}", below)


def _why(lines: Sequence[SequenceLine], of: Of) -> str:
    for line in lines:
        value = of(line)
        if isinstance(value, Undefined):
            return value.reason
    return "not known"
