"""Curves over the requests: what of the kept data is lost, and what an attacker gets back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ....common.records import Undefined, known
from ....study.sequence import SequenceResult, StepFigures
from ...charts.figures import chart_config
from ...charts.lines import Line, lines_figure
from ...charts.requests import InRow, price_figure
from ...reading.store_reader import Column
from ..paint import paint
from ..sentences import title
from .answers import lines_of

__all__ = ["eroded", "recovered", "recovered_slides"]

HOW_ERODED = (
    "Accuracy on test pictures of what no request has named so far. The original is asked the "
    "same, so that each point has its own reference: data change from step to step as more is "
    "forgotten. Erosion is the original's accuracy less a model's after the last request."
)
HOW_RECOVERED = (
    "FM: an affine map from the model's features to the original's, whose head then answers. "
    "Counted are forgotten pictures that the map was not fitted on, of all requests so far. Of one "
    "forgotten class alone it is always nearly 100 %: there is nothing to confuse it with. A "
    "constant answer gets 100 % divided by the number of forgotten classes."
)


def eroded(found: SequenceResult, shown: Sequence[Column]) -> None:
    """Retained test accuracy after every request.

    Args:
        found: the requests in a row.
        shown: the columns.
    """
    title("What was to be kept", HOW_ERODED)
    lines = _lines(found, shown, lambda step: known(step.retained))
    figure = lines_figure(
        lines,
        x_title="requests so far",
        y_title="retained test accuracy, %",
        colors=paint(shown),
        lowest=_lowest(lines),
    )
    figure.update_xaxes(dtick=1)
    st.plotly_chart(figure, config=chart_config("erosion"), key="sequence.eroded")


def recovered(found: SequenceResult, shown: Sequence[Column]) -> None:
    """What FM gets back after every request, and where all was forgotten at once.

    Args:
        found: the requests in a row.
        shown: the columns.
    """
    title("What an attacker gets back", HOW_RECOVERED)
    left, right = st.columns(2)
    with left:
        _after_each(found, shown)
    with right:
        _at_once(found, shown)


def recovered_slides(
    found: SequenceResult, shown: Sequence[Column]
) -> tuple[Callable[[], None], Callable[[], None]]:
    """The same for a hall, a chart a screen."""

    def after_each() -> None:
        title("What an attacker gets back", HOW_RECOVERED)
        _after_each(found, shown)

    def at_once() -> None:
        title("In a row, and at once", HOW_RECOVERED)
        _at_once(found, shown)

    return after_each, at_once


def _after_each(found: SequenceResult, shown: Sequence[Column]) -> None:
    figure = lines_figure(
        _lines(found, shown, lambda step: known(step.recovered)),
        x_title="requests so far",
        y_title="recovered by FM, %",
        colors=paint(shown),
    )
    figure.update_xaxes(dtick=1)
    st.plotly_chart(figure, config=chart_config("recovered"), key="sequence.recovered")


def _at_once(found: SequenceResult, shown: Sequence[Column]) -> None:
    lines = lines_of(found, shown)
    bars = {
        label: InRow(_recovered(line.steps[-1]), _recovered(line.once))
        for label, line in lines.items()
    }
    st.plotly_chart(
        price_figure(bars, colors=paint(shown)), config=chart_config("price"), key="sequence.price"
    )
    st.caption("Plain: all requests in a row. Hatched: the same data forgotten at once.")
    for label, line in lines.items():
        if isinstance(line.once, Undefined):
            st.caption(f"{label}: no figure at once, since {line.once.reason}.")


def _lines(
    found: SequenceResult, shown: Sequence[Column], value: Callable[[StepFigures], float | None]
) -> dict[str, Line]:
    made: dict[str, Line] = {}
    for label, line in lines_of(found, shown).items():
        values = [None if isinstance(step, Undefined) else value(step) for step in line.steps]
        made[label] = (list(range(1, len(values) + 1)), values)
    return made


def _recovered(step: StepFigures | Undefined) -> float | None:
    return None if isinstance(step, Undefined) else known(step.recovered)


def _lowest(lines: dict[str, Line]) -> float:
    """Where the axis begins: at 80 while nothing lies below, else at 0."""
    values = [value for _, line in lines.values() for value in line if value is not None]
    return 80.0 if values and min(values) >= 82 else 0.0
