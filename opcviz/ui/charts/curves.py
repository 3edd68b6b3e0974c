"""Curves of attacks: relearning by training on, and membership."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from ...common.records import Undefined
from ...results import LiraResult, RocCurve, RocReport
from .lines import DASHES, Line, colours, lines_figure

__all__ = ["Roc", "relearning_figure", "roc_figure"]

MIN_RATE = 0.1  # least rate of an ROC curve, percent; what the field draws


@dataclass(frozen=True)
class Roc:
    """A ROC curve to draw.

    Attributes:
        auc: 0..1.
        curve: its points.
    """

    auc: float
    curve: RocCurve

    @classmethod
    def of(cls, found: RocReport | LiraResult) -> Roc | None:
        """The curve of a membership attack; None where none was kept."""
        if found.roc is None or isinstance(found.auc, Undefined):
            return None
        return cls(found.auc, found.roc)


def relearning_figure(
    curves: Mapping[str, Line],
    *,
    constant: float | None = None,
    colors: Mapping[str, str] | None = None,
    height: int = 250,
) -> go.Figure:
    """Forget accuracy against training steps, one line a model.

    Args:
        curves: steps and percentages by model.
        constant: percent that one constant answer scores (dashed).
        colors: by model.
        height: pixels.
    """
    return lines_figure(
        curves,
        x_title="steps of further training",
        y_title="forget accuracy (%)",
        reference=constant,
        colors=colors,
        height=height,
    )


def roc_figure(
    curves: Mapping[str, Roc],
    *,
    colors: Mapping[str, str] | None = None,
    height: int = 330,
) -> go.Figure:
    """ROC curves of one membership attack on logarithmic axes, where rare false alarms are seen.

    Args:
        curves: by model. A rate of 0 has no place.
        colors: by model.
        height: pixels.
    """
    lines: dict[str, Line] = {}
    paint: dict[str, str] = {}
    ends: dict[str, float] = {}
    known = colors or colours(curves)
    for name, one in curves.items():
        points = zip(one.curve.fpr, one.curve.tpr, strict=True)
        kept = [(100 * x, 100 * y) for x, y in points if x > 0 and y > 0]
        label = f"{name}: {one.auc:.2f}"
        lines[label] = ([x for x, _ in kept], [y for _, y in kept])
        if name in known:
            paint[label] = known[name]
        ends[label] = 100 * one.auc
    figure = lines_figure(
        lines,
        x_title="false positive rate (%)",
        y_title="true positive rate (%)",
        colors=paint,
        ends=ends,
        markers=False,
        height=height,
    )
    # names stand by AUC beside the chart: all curves end in one corner
    figure.for_each_annotation(lambda name: name.update(y=name.y / 102, yref="y domain"))
    figure.add_scatter(
        x=[MIN_RATE, 100], y=[MIN_RATE, 100], mode="lines", line=DASHES, hoverinfo="skip"
    )
    ticks = {"tickvals": [0.1, 1, 10, 100], "ticktext": ["0.1", "1", "10", "100"]}
    figure.update_yaxes(type="log", range=[-1, 2.03], **ticks)
    return figure.update_xaxes(type="log", range=[-1, 2], **ticks)
