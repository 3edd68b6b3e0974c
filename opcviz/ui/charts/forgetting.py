"""Charts of records of earthquakes: residuals, how much was forgotten, and curves of an attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from .drawing import apply_layout, finite_or_none, line_trace
from .theme import ink, scaled, text_size

__all__ = ["Degree", "course_figure", "degree_figure", "residual_figure"]

OVER = 2.0  # F above which a model is over-forgotten
ZONE = "rgba(124, 135, 150, 0.16)"


@dataclass(frozen=True)
class Degree:
    """How much one model forgot, by one measure.

    Attributes:
        index: F; None where it means nothing.
        low, high: ends of its interval.
        words: what is told under the pointer.
    """

    index: float | None
    low: float | None
    high: float | None
    words: str


def residual_figure(
    bars: Mapping[str, Mapping[str, float | None]],
    *,
    colors: Mapping[str, str],
    floor: Mapping[str, float | None] | None = None,
    floor_name: str = "",
    reach: float,
    y_title: str,
    height: int = 250,
) -> go.Figure:
    """Mean residuals, a group of bars a measure, a bar a model.

    Args:
        bars: by model, then by measure.
        colors: by model.
        floor: what cannot be undercut, by measure, drawn as short lines.
        floor_name: what that is.
        reach: of the vertical axis to either side of 0, the same in charts that are compared.
        y_title: of the axis.
        height: pixels.
    """
    figure = go.Figure()
    for name, values in bars.items():
        figure.add_trace(
            go.Bar(
                x=list(values),
                y=[finite_or_none(value) for value in values.values()],
                name=name,
                marker={"color": colors[name]},
                hovertemplate="%{y:+.2f}<extra>" + name + "</extra>",
            )
        )
    if floor:
        figure.add_trace(
            go.Scatter(
                x=list(floor),
                y=[finite_or_none(value) for value in floor.values()],
                name=floor_name,
                mode="markers",
                marker={
                    "symbol": "line-ew-open",
                    "size": scaled(26),
                    "color": ink.reference,
                    "line": {"width": 2},
                },
                hovertemplate="%{y:+.2f}<extra>" + floor_name + "</extra>",
            )
        )
    apply_layout(figure, height)
    figure.update_layout(margin_l=scaled(68))
    figure.add_hline(y=0, line={"color": ink.reference, "width": 1})
    figure.update_yaxes(title_text=y_title, title_standoff=16, range=[-reach, reach], nticks=5)
    figure.update_xaxes(tickangle=0)
    figure.update_layout(barmode="group", bargap=0.25, hovermode="x unified")
    return figure


def degree_figure(
    degrees: Mapping[str, Mapping[str, Degree]],
    *,
    colors: Mapping[str, str],
    height: int = 250,
) -> go.Figure:
    """F of each model, a line of marks a measure, with its interval.

    Args:
        degrees: by model, then by measure.
        colors: by model.
        height: pixels.
    """
    figure = go.Figure()
    measures = list(dict.fromkeys(name for each in degrees.values() for name in each))
    models = list(degrees)
    for place, (model, by) in enumerate(degrees.items()):
        offset = (place - (len(models) - 1) / 2) * 0.62 / max(1, len(models))
        known = [(name, by[name]) for name in measures if name in by]
        known = [(name, each) for name, each in known if each.index is not None]
        figure.add_trace(
            go.Scatter(
                x=[each.index for _, each in known],
                y=[len(measures) - 1 - measures.index(name) - offset for name, _ in known],
                name=model,
                mode="markers",
                marker={"color": colors[model], "size": scaled(10)},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [_gap(each.index, each.high) for _, each in known],
                    "arrayminus": [_gap(each.low, each.index) for _, each in known],
                    "color": colors[model],
                    "thickness": 2,
                    "width": 0,
                },
                customdata=[each.words for _, each in known],
                hovertemplate="%{customdata}<extra>" + model + "</extra>",
            )
        )
    every = [each for by in degrees.values() for each in by.values() if each.index is not None]
    ends = [end for each in every for end in (each.index, each.low, each.high) if end is not None]
    most, least = max([*ends, 2.4]), min([*ends, -0.2])
    apply_layout(figure, height, top=34, bottom=44)
    figure.update_layout(margin_l=scaled(124))
    figure.add_vrect(x0=OVER, x1=most + 0.3, fillcolor=ZONE, line_width=0, layer="below")
    for level in (0, 1):
        figure.add_vline(x=level, line={"color": ink.reference, "dash": "dash", "width": 1.5})
    for at, words, anchor in (
        (0, "knows", "center"),
        (1, "as retrained", "center"),
        (OVER, "over-forgotten →", "left"),
    ):
        figure.add_annotation(
            text=words,
            x=at,
            xref="x",
            y=1,
            yref="y domain",
            yanchor="bottom",
            xanchor=anchor,
            showarrow=False,
            font={"size": text_size()},
        )
    figure.update_yaxes(
        tickvals=list(range(len(measures))),
        ticktext=measures[::-1],
        range=[-0.6, len(measures) - 0.4],
        showgrid=False,
    )
    figure.update_xaxes(title_text="F", range=[least - 0.1, most + 0.3])
    figure.update_layout(hovermode="closest")
    return figure


def _gap(low: float | None, high: float | None) -> float:
    return max(0.0, high - low) if low is not None and high is not None else 0.0


def course_figure(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float | None]]],
    *,
    colors: Mapping[str, str],
    levels: Mapping[str, float | None],
    x_title: str,
    y_title: str,
    dotted: Sequence[str] = (),
    height: int = 270,
) -> go.Figure:
    """A quantity over the steps of an attack, a line a model.

    Args:
        lines: steps and values by model.
        colors: by model.
        levels: what the lines are compared with, by name, dashed.
        x_title, y_title: of the axes.
        dotted: models whose lines are dotted.
        height: pixels.
    """
    figure = go.Figure()
    for name, (x, values) in lines.items():
        trace = line_trace(name, colors.get(name), x, [finite_or_none(v) for v in values])
        if name in dotted:
            trace.line.update(dash="dot")
        figure.add_trace(trace)
    apply_layout(figure, height, right=92)
    figure.update_layout(margin_l=scaled(60))
    for name, value in levels.items():
        if (level := finite_or_none(value)) is None:
            continue
        figure.add_hline(y=level, line={"color": ink.reference, "dash": "dash", "width": 1.5})
        figure.add_annotation(
            text=name,
            x=1,
            xref="x domain",
            xanchor="left",
            xshift=4,
            y=level,
            yref="y",
            showarrow=False,
            font={"size": text_size()},
        )
    figure.update_yaxes(title_text=y_title, title_standoff=16, rangemode="tozero")
    figure.update_xaxes(title_text=x_title)
    figure.update_layout(hovermode="x unified")
    return figure
