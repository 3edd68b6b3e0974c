"""Charts: numbers in, Plotly figure out. No Streamlit here.

Figures leave text colours to Streamlit's theme and have clear backgrounds, so one figure serves
light and dark. Lines are labelled where they end instead of in a legend.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .drawing import SMALL, finish, label_ends, number, say, trace
from .theme import STAGES, ink

__all__ = [
    "CURVES",
    "Curve",
    "chart_config",
    "curves_figure",
    "recovery_figure",
    "ridge_figure",
]


@dataclass(frozen=True)
class Curve:
    """How one number of a run is drawn.

    Attributes:
        label: at the line's end.
        chart: which chart it belongs to: `accuracy` or `norm`.
        color: of the line.
    """

    label: str
    chart: str
    color: str


CURVES = {
    "norm_ratio": Curve("norm ratio", "norm", ink.norm),
    "forget_accuracy": Curve("forget", "accuracy", ink.forget),
    "retain_accuracy": Curve("retain", "accuracy", ink.retain),
    "test_accuracy": Curve("test", "accuracy", ink.test),
    "fm_accuracy": Curve("forget after FM", "accuracy", ink.fm),
    "hr_accuracy": Curve("forget after HR", "accuracy", ink.hr),
}
"""The live numbers that `curves_figure` knows, by their name in `Epoch.values`."""

# Accuracy stands last: its labels use the figure's right margin.
_CHARTS = {
    "loss": "Loss",
    "norm": "Feature norm, forget ÷ retain",
    "accuracy": "Accuracy (%)",
}


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
    constant: float | None = None,
    retrained: Mapping[str, float | None] | None = None,
    reason: str = "",
    height: int = 190,
) -> go.Figure:
    """Forget accuracy of one model before and after each recovery attack.

    Args:
        forget_accuracy: percent by stage, in order: `before`, `FM`, `HR`. None where there is none.
        constant: percent that answering one forgotten class for everything scores (dashed).
        retrained: the retrained model's percent by stage (dotted).
        reason: shown in place of bars when no stage has a number.
        height: pixels.
    """
    stages = list(forget_accuracy)
    values = [number(forget_accuracy[s]) for s in stages]
    figure = go.Figure(
        go.Bar(
            x=list(range(len(stages))),
            y=values,
            width=0.62,
            marker={
                "color": [STAGES.get(s, ink.before) for s in stages],
                "line": {"width": 0},
            },
            text=["" if v is None else "100" if v > 99.95 else f"{v:.1f}" for v in values],
            textposition="outside",
            constraintext="none",
            textfont={"size": SMALL},
            cliponaxis=False,
            hovertemplate="%{customdata}: %{y:.1f} %<extra></extra>",
            customdata=[s if s == "before" else f"after {s}" for s in stages],
        )
    )
    _references(figure, stages, number(constant), retrained or {})
    if all(v is None for v in values):
        say(figure, reason or "not computed")
    finish(figure, height, right=66, bottom=26)
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
        title_font_size=SMALL,
        fixedrange=True,
    )
    return figure


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
            type="line", x0=-0.5, x1=len(stages) - 0.5, y0=constant, y1=constant,
            line={"color": ink.reference, "dash": "dash", "width": 1.5},
        )  # fmt: skip
        labels.append(("constant", constant, ink.reference))
    known = {i: v for i, s in enumerate(stages) if (v := number(retrained.get(s))) is not None}
    for i, value in known.items():
        figure.add_shape(
            type="line", x0=i - 0.45, x1=i + 0.45, y0=value, y1=value,
            line={"color": ink.retain, "dash": "dot", "width": 2.5},
        )  # fmt: skip
    if known:
        labels.append(("retrained", known[max(known)], ink.retain))
    label_ends(figure, labels, gap=11)


def curves_figure(
    history: Sequence[Mapping[str, Any]],
    *,
    losses: Sequence[tuple[float, float | None]] = (),
    epochs: int | None = None,
    references: Mapping[str, float] | None = None,
    height: int = 230,
) -> go.Figure:
    """What a run did so far: loss, feature norm ratio, accuracies with live recovery.

    Args:
        history: one mapping per epoch: `epoch` and any numbers of `CURVES` (percent, ratios).
            Missing ones and None leave a gap; charts without any number are left out.
        losses: (epochs done, as a fraction; loss there) at any number of steps.
        epochs: how many the run will have, to fix the axis from the start.
        references: further horizontal lines in the accuracy chart, label to percent.
        height: pixels.
    """
    lines: dict[str, list[go.Scatter]] = {chart: [] for chart in _CHARTS}
    if losses:
        x, y = zip(*losses, strict=True)
        lines["loss"].append(trace("loss", ink.loss, x, [number(v) for v in y], markers=False))
    for name, curve in CURVES.items():
        y = [number(row.get(name)) for row in history]
        if curve.chart == "norm":
            y = [v or None for v in y]  # exactly 0 has no place on a log axis
        if any(v is not None for v in y):
            line = trace(curve.label, curve.color, [row["epoch"] for row in history], y)
            lines[curve.chart].append(line)
    charts = [chart for chart in _CHARTS if lines[chart]]
    if not charts:
        return say(finish(go.Figure(), height), "waiting for the first epoch")
    figure = make_subplots(
        cols=len(charts),
        horizontal_spacing=0.09,
        column_widths=[1.5 if chart == "accuracy" else 1 for chart in charts],
        subplot_titles=[_CHARTS[chart] for chart in charts],
    )
    figure.update_annotations(font_size=SMALL + 1)
    for col, chart in enumerate(charts, 1):
        figure.add_traces(lines[chart], rows=1, cols=col)
        if chart == "norm":
            figure.update_yaxes(type="log", dtick=1, tickformat="~g", row=1, col=col)
        if chart == "accuracy":
            _finish_accuracy(figure, lines[chart], references or {}, col)
    finish(figure, height, right=112 if "accuracy" in charts else 16, top=30)
    reached = max(max(line.x) for chart in charts for line in lines[chart])
    figure.update_xaxes(title="epoch", range=[-0.2, max(reached, epochs or 0, 1) + 0.2])
    figure.update_layout(hovermode="x unified", uirevision="live")
    return figure


def _finish_accuracy(
    figure: go.Figure, lines: Sequence[go.Scatter], references: Mapping[str, float], col: int
) -> None:
    ends = [
        (line.name, next(v for v in reversed(line.y) if v is not None), line.line.color)
        for line in lines
    ]
    ends += [(label, value, ink.reference) for label, value in references.items()]
    for value in references.values():
        dashes = {"color": ink.reference, "dash": "dash", "width": 1.2}
        figure.add_hline(y=value, row=1, col=col, line=dashes)
    figure.update_yaxes(range=[-3, 103], tickvals=[0, 25, 50, 75, 100], row=1, col=col)
    label_ends(figure, ends, gap=10, axis=col)


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
        colors: by curve; the theme's colours in order where missing.
        height: pixels.

    Raises:
        ValueError: when a curve has not one number per ridge.
    """
    for name, values in curves.items():
        if len(values) != len(ridges):
            raise ValueError(f"ridge_figure: '{name}' has {len(values)} numbers, not {len(ridges)}")
    positive = [r for r in ridges if r > 0]
    zero = min(positive) / 10 if positive else 1.0
    x = [r if r > 0 else zero for r in ridges]
    figure = go.Figure()
    ends = []
    for name, values in curves.items():
        y = [number(v) for v in values]
        figure.add_trace(trace(name, (colors or {}).get(name), x, y))
        known = [v for v in y if v is not None]
        if known:
            ends.append((name, known[-1], (colors or {}).get(name)))
    if number(constant) is not None:
        figure.add_hline(y=constant, line={"color": ink.reference, "dash": "dash", "width": 1.5})
        ends.append(("constant", float(constant), ink.reference))
    if chosen is not None:
        figure.add_vline(x=chosen or zero, line={"color": ink.reference, "width": 1, "dash": "dot"})
    label_ends(figure, ends, gap=7)
    finish(figure, height, right=96)
    decades = range(math.ceil(math.log10(zero) - 1e-9), math.floor(math.log10(max(x)) + 1e-9) + 1)
    step = max(1, len(decades) // 6)
    ticks = [10.0**d for d in decades][::step]
    zeroed = any(r == 0 for r in ridges)
    figure.update_xaxes(
        type="log",
        title="ridge of the attack",
        tickvals=ticks,
        ticktext=["0" if zeroed and math.isclose(t, zero) else f"{t:g}" for t in ticks],
    )
    figure.update_yaxes(range=[-3, 103], title="forget accuracy (%)", tickvals=[0, 25, 50, 75, 100])
    figure.update_layout(hovermode="x unified")
    return figure
