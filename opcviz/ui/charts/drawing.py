"""Common strokes of all charts: lines, labels at their ends, margins."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import plotly.graph_objects as go

from .theme import projected, scaled, text_size

__all__ = [
    "Interval",
    "apply_layout",
    "axis_title",
    "bar_number",
    "bar_words",
    "empty_chart_note",
    "finite_or_none",
    "label_ends",
    "line_trace",
    "spread_labels",
]

TALLER = 1.3  # a chart in a hall, where a whole row has to stand on one screen

Interval = tuple[float, float]
"""Low and high, percent."""


def line_trace(
    label: str,
    color: str | None,
    x: Sequence[float | str],
    y: Sequence[float | None],
    *,
    markers: bool = True,
) -> go.Scatter:
    """A line named `label`; None as colour takes the theme's next one."""
    return go.Scatter(
        x=list(x),
        y=list(y),
        name=label,
        mode="lines+markers" if markers else "lines",
        line={"color": color, "width": 2.2},
        marker={"size": 4},
        hovertemplate="%{y:.4g}<extra>" + label + "</extra>",
    )


def spread_labels(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels: as near their values as possible, in order, at least `gap` apart.

    Labels that would touch are merged into a block around their mean, and blocks are merged until
    none touch (pool adjacent violators), then kept inside [low, high].
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    blocks: list[list[float]] = []  # sum of the first label's wish, number of labels
    for rank, i in enumerate(order):
        blocks.append([values[i] - rank * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    wishes = [total / count for total, count in blocks for _ in range(int(count))]
    room = high - gap * (len(values) - 1)
    places = [0.0] * len(values)
    for rank, i in enumerate(order):
        places[i] = min(max(wishes[rank], low), max(room, low)) + rank * gap
    return places


def label_ends(
    figure: go.Figure,
    labels: Sequence[tuple[str, float, str | None]],
    *,
    gap: float,
    low: float = 0.0,
) -> None:
    """Names of lines at the right edge of an axis from `low` to 100, none on top of another."""
    places = spread_labels([value for _, value, _ in labels], gap, low, 102 - low / 50)
    for (text, _, color), place in zip(labels, places, strict=True):
        figure.add_annotation(
            text=text,
            x=1,
            xref="x domain",
            xanchor="left",
            xshift=4,
            y=place,
            yref="y",
            yanchor="middle",
            showarrow=False,
            font={"size": text_size(), "color": color},
        )


def empty_chart_note(figure: go.Figure, text: str) -> go.Figure:
    """A sentence where the chart would be."""
    figure.add_annotation(
        text="<br>".join(textwrap.wrap(text, 22)),
        x=0.5,
        y=0.5,
        xref="x domain",
        yref="y domain",
        showarrow=False,
        font={"size": text_size() + 1},
    )
    return figure


def apply_layout(
    figure: go.Figure, height: int, *, right: int = 16, top: int = 12, bottom: int = 48
) -> go.Figure:
    """Height, margins (pixels beside text of usual size) and clear backgrounds."""
    margin = {"l": 48, "r": right, "t": top, "b": bottom}
    figure.update_layout(
        height=round(height * (TALLER if projected() else 1)),
        margin={side: scaled(pixels) for side, pixels in margin.items()},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        bargap=0.3,
        hoverlabel={"font": {"size": text_size()}},
    )
    axes = {"zeroline": False, "automargin": False, "tickfont_size": text_size()}
    if projected():  # else the page's theme decides
        axes["title_font_size"] = text_size()
    figure.update_yaxes(title_standoff=4, **axes)
    figure.update_xaxes(title_standoff=10, **axes)
    return figure


def finite_or_none(value: float | None) -> float | None:
    """A finite float, or None."""
    return float(value) if value is not None and math.isfinite(value) else None


def bar_number(value: float | None) -> str:
    """What stands above a bar; 100 without a decimal, which would not fit."""
    return "" if value is None else "100" if value > 99.95 else f"{value:.1f}"


def bar_words(stage: str, value: float | None, span: Interval | None, beside: str = "") -> str:
    """What is told of a bar under the pointer: stage, value, interval in percent, and its band."""
    name = stage if stage == "before" else f"after {stage}"
    if value is None:
        return name
    interval = f", 95 %: {span[0]:.1f} to {span[1]:.1f}" if span else ""
    return f"{name}: {value:.1f} %{interval}" + (f"; {beside}" if beside else "")


def axis_title(in_sample: bool) -> str:
    """What the bars of a recovery figure count: an accuracy on what was fitted on says so."""
    return "in-sample accuracy (%)" if in_sample else "forget accuracy (%)"
