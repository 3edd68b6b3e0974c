"""What each model still answers of every request, as a map of requests and moments."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ....common.records import Undefined, known
from ....common.text import percent
from ....study.sequence import SequenceLine, SequenceResult
from ...charts.figures import chart_config
from ...charts.requests import heat_figure
from ...reading.requests import answered, short
from ...reading.store_reader import Column
from ..sentences import title

__all__ = ["answers", "lines_of"]

HOW = (
    "How many of the pictures that a request asked to forget are still answered rightly, in "
    "percent of its train pictures. A line marks the moment at which the request was made; left "
    "of it nobody had asked. Just right of it stands what the method made of it, and further right "
    "what became of it while other things were forgotten. The highest return is the reversal."
)
A_ROW = 3  # of maps
HALF = 50.0  # percent answered, from which a request was not followed


def lines_of(found: SequenceResult, shown: Sequence[Column]) -> dict[str, SequenceLine]:
    """The lines of the models shown, by label.

    Args:
        found: the requests in a row.
        shown: the columns.
    """
    by = {(line.method, line.seed): line for line in found.lines}
    return {
        column.label: by[column.model.method, column.model.seed]
        for column in shown
        if (column.model.method, column.model.seed) in by
    }


def answers(found: SequenceResult, shown: Sequence[Column]) -> None:
    """A map a model.

    Args:
        found: the requests in a row.
        shown: the columns.
    """
    title("What is answered of each request", HOW)
    lines = [*lines_of(found, shown).items()]
    originals = {line.seed: line for line in found.lines if line.method.info.name == "original"}
    lines = [each for each in lines if each[1].method.info.name != "original"]
    for start in range(0, len(lines), A_ROW):
        places = st.columns(A_ROW)
        for place, (label, line) in zip(places, lines[start : start + A_ROW], strict=False):
            with place:
                st.markdown(f"**{label}**")
                figure = heat_figure(
                    answered(line, originals.get(line.seed)), list(map(short, found.requests))
                )
                key = f"sequence.answers.{line.method.info.name}.{start}.{label}"
                st.plotly_chart(figure, config=chart_config(f"answered-{label}"), key=key)
                st.caption(_told(line, found.requests))


def _told(line: SequenceLine, requests: Sequence[str]) -> str:
    """The worst return in words, and what was not forgotten at all when it was asked."""
    back = known(line.reversal)
    told = "No earlier request came back."
    if back is None:
        told = "Nothing can be said of a return: a step is missing."
    elif back >= 1:
        told = f"An earlier request came back by {back:.0f} points."
    late = [
        f"{short(request)} ({percent(value)})"
        for number, (step, request) in enumerate(zip(line.steps, requests, strict=True))
        if not isinstance(step, Undefined)
        and (value := known(step.requests[number])) is not None
        and value >= HALF
    ]
    return told + (f" Not forgotten when it was asked: {', '.join(late)}." if late else "")
