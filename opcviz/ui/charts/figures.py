"""Charts: numbers in, Plotly figure out. No Streamlit here.

Figures leave text colours to Streamlit's theme and have clear backgrounds, so one figure serves
light and dark. Lines are labelled where they end instead of in a legend.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from .drawing import (
    TEXT_SIZE,
    Interval,
    apply_layout,
    bar_number,
    bar_words,
    empty_chart_note,
    finite_or_none,
    label_ends,
)
from .lines import lines_figure
from .theme import STAGES, ink

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
    retrained: Mapping[str, float | None] | None = None,
    reason: str = "",
    height: int = 190,
) -> go.Figure:
    """Forget accuracy of one model before and after each recovery attack.

    Args:
        forget_accuracy: percent by stage, in order: `before`, `FM`, `HR`. None where there is none.
        intervals: (low, high) in percent by stage, drawn as whiskers where known.
        constant: percent that answering one forgotten class for everything scores (dashed).
        retrained: the retrained model's percent by stage (dotted).
        reason: shown in place of bars when no stage has a number.
        height: pixels.
    """
    stages = list(forget_accuracy)
    values = [finite_or_none(forget_accuracy[s]) for s in stages]
    spans = [
        None if value is None else (intervals or {}).get(stage)
        for stage, value in zip(stages, values, strict=True)
    ]
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
            customdata=[bar_words(*each) for each in zip(stages, values, spans, strict=True)],
        )
    )
    figure.add_trace(  # above the whiskers, where a bar's own text would be crossed by them
        go.Scatter(
            x=list(range(len(stages))),
            y=[s[1] if s else v for v, s in zip(values, spans, strict=True)],
            text=[bar_number(value) for value in values],
            mode="text",
            textposition="top center",
            textfont={"size": TEXT_SIZE},
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    _references(figure, stages, finite_or_none(constant), retrained or {})
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
        title="forget accuracy (%)",
        title_font_size=TEXT_SIZE,
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
    figure: go.Figure,
    stages: Sequence[str],
    constant: float | None,
    retrained: Mapping[str, float | None],
) -> None:
    """The dashed line across all stages and a dotted one over each, named at the right."""
    labels: list[tuple[str, float, str | None]] = []
    if constant is not None:
        figure.add_shape(
            type="line",
            x0=-0.5,
            x1=len(stages) - 0.5,
            y0=constant,
            y1=constant,
            line={"color": ink.reference, "dash": "dash", "width": 1.5},
        )
        labels.append(("constant", constant, ink.reference))
    known = {
        i: v for i, s in enumerate(stages) if (v := finite_or_none(retrained.get(s))) is not None
    }
    for i, value in known.items():
        figure.add_shape(
            type="line",
            x0=i - 0.45,
            x1=i + 0.45,
            y0=value,
            y1=value,
            line={"color": ink.retain, "dash": "dot", "width": 2.5},
        )
    if known:
        labels.append(("retrained", known[max(known)], ink.retain))
    label_ends(figure, labels, gap=11)


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
