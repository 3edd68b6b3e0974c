"""Every method in three figures: what was lost, what came back, what asking in a row cost."""

from __future__ import annotations

import streamlit as st

from ....common.records import Undefined
from ....study.sequence import SequenceResult
from ....study.sequence_table import FIGURES, over_seeds
from ....study.table import Summary
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


def summary(found: SequenceResult) -> None:
    """The table of all methods, and its figures as CSV.

    Args:
        found: the requests in a row.
    """
    title("What it came to", HOW)
    rows = [
        TableRow(
            f"{method.info.name}-{number}",
            Cell(method.info.title),
            tuple(_cell(figure.over(same), figure.form) for figure in FIGURES),
        )
        for number, (method, same) in enumerate(over_seeds(found.lines).items())
    ]
    table(
        [Head(each.name, each.name, help=(each.told,), sorts=False) for each in FIGURES],
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


def _cell(value: Summary | Undefined, form: str) -> Cell:
    if isinstance(value, Undefined):
        return Cell("–", help=value.reason)
    return Cell(f"{value.mean:{form}}", f"± {value.sd:{form}}" if value.sd is not None else "")
