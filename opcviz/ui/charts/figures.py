"""Charts: numbers in, Plotly figure out. No Streamlit here.

Figures leave text colours to Streamlit's theme and have clear backgrounds, so one figure serves
light and dark. Lines are labelled where they end instead of in a legend.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from .bands import Band, band_shape, level_shape, line_names
from .drawing import (
    Interval,
    apply_layout,
    axis_title,
    bar_number,
    bar_words,
    empty_chart_note,
    finite_or_none,
    label_ends,
)
from .lines import lines_figure
from .theme import STAGES, ink, text_size

__all__ = [
    "chart_config",
    "recovery_figure",
    "ridge_figure",
]


def chart_config(filename: str) -> dict[str, Any]:
    """Plotly settings for `st.plotly_chart`: the one button saves the chart as SVG."""
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "svg", "filename": filename},
    }


def recovery_figure(
    forget_accuracy: Mapping[str, float | None],
    *,
    intervals: Mapping[str, Interval | None] | None = None,
    constant: float | None = None,
    retrained: Mapping[str, Band] | None = None,
    floor: float | None = None,
    in_sample: bool = False,
    reason: str = "",
    height: int = 190,
) -> go.Figure:
    """Forget accuracy of one model before and after each recovery attack.

    Args:
        forget_accuracy: percent by stage, in order: `before`, `FM`, `HR`. None where there is none.
        intervals: (low, high) in percent by stage, drawn as whiskers where known.
        constant: percent that answering one forgotten class for everything scores (dashed).
        retrained: the retrained models' lowest and highest percent by stage (shaded).
        floor: percent that the best map gets from raw pixels, beside the attacks (dotted).
        in_sample: whether the attacks are scored on what they were fitted on, which the axis says.
        reason: shown in place of bars when no stage has a number.
        height: pixels.
    """
    stages = list(forget_accuracy)
    values = [finite_or_none(forget_accuracy[s]) for s in stages]
    spans = [
        None if value is None else (intervals or {}).get(stage)
        for stage, value in zip(stages, values, strict=True)
    ]
    bands = [(retrained or {}).get(stage) for stage in stages]
    figure = go.Figure(
        go.Bar(
            x=list(range(len(stages))),
            y=values,
            width=0.62,
            marker={
                "color": [STAGES.get(s, ink.before) for s in stages],
                "line": {"width": 0},
            },
            error_y=_whiskers(values, spans),
            hovertemplate="%{customdata}<extra></extra>",
            customdata=[
                bar_words(stage, value, span, band.words() if band else "")
                for stage, value, span, band in zip(stages, values, spans, bands, strict=True)
            ],
        )
    )
    figure.add_trace(  # above the whiskers, where a bar's own text would be crossed by them
        go.Scatter(
            x=list(range(len(stages))),
            y=[s[1] if s else v for v, s in zip(values, spans, strict=True)],
            text=[bar_number(value) for value in values],
            mode="text",
            textposition="top center",
            textfont={"size": text_size()},
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    _references(figure, finite_or_none(constant), finite_or_none(floor), bands)
    if all(v is None for v in values):
        empty_chart_note(figure, reason or "not computed")
    apply_layout(figure, height, right=66, bottom=26)
    figure.update_xaxes(
        tickvals=list(range(len(stages))),
        ticktext=stages,
        tickangle=0,
        range=[-0.55, len(stages) - 0.45],
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[0, 108],
        tickvals=[0, 50, 100],
        title_text=axis_title(in_sample),
        title_font_size=text_size(),
        fixedrange=True,
    )
    return figure


def _whiskers(values: list[float | None], spans: list[Interval | None]) -> dict[str, Any]:
    """Plotly's error bars; none where there is no interval."""
    lengths = [  # below and above each value
        (None, None) if v is None else (v - s[0], s[1] - v) if s else (0.0, 0.0)
        for v, s in zip(values, spans, strict=True)
    ]
    return {
        "type": "data",
        "symmetric": False,
        "array": [above for _, above in lengths],
        "arrayminus": [below for below, _ in lengths],
        "visible": any(spans),
        "color": ink.reference,
        "thickness": 1.5,
        "width": 4,
    }


def _references(
    figure: go.Figure, constant: float | None, floor: float | None, bands: Sequence[Band | None]
) -> None:
    """The band over each bar, the lines across them, and their names at the right."""
    last = len(bands) - 0.5
    shapes: list[dict[str, Any]] = []
    for name, height, first, dash in (
        ("constant", constant, -0.5, "dash"),
        ("pixels", floor, 0.5, "dot"),
    ):
        if height is not None:
            stroke = {"color": ink.reference, "dash": dash, "width": 1.5}
            shapes.append(level_shape(name, height, (first, last), stroke))
    shapes += [band_shape(b, (i - 0.45, i + 0.45)) for i, b in enumerate(bands) if b]
    figure.update_layout(shapes=shapes)
    label_ends(figure, line_names(constant, floor, bands), gap=11)


def ridge_figure(
    ridges: Sequence[float],
    curves: Mapping[str, Sequence[float | None]],
    *,
    constant: float | None = None,
    chosen: float | None = None,
    colors: Mapping[str, str] | None = None,
    height: int = 260,
) -> go.Figure:
    """Recovered forget accuracy against the ridge of the recovery attack.

    Args:
        ridges: the sweep, ascending; 0 is drawn one decade below the smallest other value.
        curves: percent per ridge, by model or attack.
        constant: percent of the constant predictor (dashed).
        chosen: the ridge whose numbers stand elsewhere on the page (a vertical line).
        colors: by curve; those of the models in order where missing.
        height: pixels.

    Raises:
        ValueError: when a curve has not one number per ridge.
    """
    positive = [r for r in ridges if r > 0]
    zero = min(positive) / 10 if positive else 1.0
    x = [r if r > 0 else zero for r in ridges]
    figure = lines_figure(
        {name: (x, values) for name, values in curves.items()},
        x_title="ridge of the attack",
        y_title="forget accuracy (%)",
        reference=constant,
        colors=colors,
        height=height,
    )
    if chosen is not None:
        figure.add_vline(x=chosen or zero, line={"color": ink.reference, "width": 1, "dash": "dot"})
    decades = range(math.ceil(math.log10(zero) - 1e-9), math.floor(math.log10(max(x)) + 1e-9) + 1)
    step = max(1, len(decades) // 6)
    ticks = [10.0**d for d in decades][::step]
    zeroed = any(r == 0 for r in ridges)
    figure.update_xaxes(
        type="log",
        tickvals=ticks,
        ticktext=["0" if zeroed and math.isclose(t, zero) else f"{t:g}" for t in ticks],
    )
    return figure
