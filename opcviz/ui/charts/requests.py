"""Charts of requests in a row: what is still answered of each, and what an attacker gets back."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from .drawing import apply_layout, bar_number, finite_or_none
from .theme import ink, scaled, text_size

__all__ = ["InRow", "heat_figure", "price_figure"]

ANSWERED = ((0.0, "rgba(200, 105, 0, 0.03)"), (1.0, "rgba(200, 105, 0, 0.62)"))
"""Of a cell by its share of right answers; letters on it are readable in both themes."""


@dataclass(frozen=True)
class InRow:
    """What an attacker gets back of one method's model, in percent.

    Attributes:
        sequence: after all requests, one after the other.
        once: where the same data were forgotten at once.
    """

    sequence: float | None
    once: float | None


def heat_figure(
    answered: Sequence[Sequence[float | None]],
    requests: Sequence[str],
    *,
    height: int = 246,
) -> go.Figure:
    """Accuracy on each request (a row) before the first and after every request (a column).

    The cells just right of the line were forgotten a moment ago; what rises again to the right of
    them came back.

    Args:
        answered: by request, then by step, the first being the original; None where a request was
            not made yet or nothing is known.
        requests: what each asked, short.
        height: pixels.
    """
    count = len(requests)
    steps = ["before", *(f"after {number}" for number in range(1, count + 1))]
    values = [[finite_or_none(value) for value in row] for row in answered]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(count + 1)),
            y=list(range(count)),
            customdata=[steps for _ in requests],
            hovertemplate="%{customdata}: %{z:.1f} % answered<extra></extra>",
            colorscale=[list(stop) for stop in ANSWERED],
            zmin=0,
            zmax=100,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
        )
    )
    known = [(x, y, v) for y, row in enumerate(values) for x, v in enumerate(row) if v is not None]
    figure.add_trace(  # in the theme's colour: a heat map chooses its own for opaque cells only
        go.Scatter(
            x=[x for x, _, _ in known],
            y=[y for _, y, _ in known],
            text=[f"{value:.0f}" for _, _, value in known],
            mode="text",
            textfont={"size": text_size()},
            hoverinfo="skip",
        )
    )
    for row in range(count):  # the staircase: below it nothing was asked yet
        line = {"color": ink.reference, "width": 1.5}
        figure.add_shape(
            type="line", x0=row + 0.5, x1=row + 0.5, y0=row - 0.5, y1=row + 0.5, line=line
        )
    apply_layout(figure, height, right=8, top=8, bottom=50)
    figure.update_layout(margin_l=scaled(66))
    figure.update_xaxes(
        tickvals=list(range(count + 1)),
        ticktext=["0", *(str(number) for number in range(1, count + 1))],
        title_text="requests so far",
        range=[-0.5, count + 0.5],
        showgrid=False,
    )
    figure.update_yaxes(
        tickvals=list(range(count)),
        ticktext=list(requests),
        range=[count - 0.5, -0.5],  # the first request above
        showgrid=False,
    )
    return figure


def price_figure(
    bars: Mapping[str, InRow], *, colors: Mapping[str, str], height: int = 280
) -> go.Figure:
    """What is recovered after all requests in a row, beside the same data forgotten at once.

    Args:
        bars: by model.
        colors: by model.
        height: pixels.
    """
    names = list(bars)
    wrapped = ["<br>".join(textwrap.wrap(name, 10)) for name in names]
    figure = go.Figure()
    parts = (
        ("in a row", [bars[name].sequence for name in names], ""),
        ("at once", [bars[name].once for name in names], "/"),
    )
    for words, values, pattern in parts:
        figure.add_trace(
            go.Bar(
                x=wrapped,
                y=[finite_or_none(value) for value in values],
                name=words,
                marker={
                    "color": [colors[name] for name in names],
                    "pattern": {"shape": pattern, "fgopacity": 0.6},
                },
                text=[bar_number(finite_or_none(value)) for value in values],
                textfont={"size": text_size()},
                constraintext="none",  # a hall reads it, however narrow the bar is
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y:.1f} %<extra>%{x}, " + words + "</extra>",
            )
        )
    apply_layout(figure, height, top=22, bottom=60)
    figure.update_xaxes(tickangle=0)
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_yaxes(title_text="recovered by FM, %", range=[0, 108], tickvals=[0, 50, 100])
    return figure
