"""A training in three dimensions: two of the map, and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from .theme import class_colors, text_size

__all__ = ["Stack", "space_figure"]

MAX_LINES = 1500  # samples drawn; of more evenly many


@dataclass(frozen=True, eq=False)
class Stack:
    """The maps of all epochs.

    Attributes:
        points: (E, N, 2) coordinates; not finite where a sample has none.
        labels: (N,) true classes.
        forget: (N,) true for samples to be forgotten.
        class_names: by class.
    """

    points: NDArray[np.float32]
    labels: NDArray[np.int64]
    forget: NDArray[np.bool_]
    class_names: Sequence[str]


def space_figure(
    stack: Stack,
    chosen: NDArray[np.int64] | None = None,
    *,
    theme: str = "light",
    height: int = 460,
) -> go.Figure:
    """One line a sample from the first epoch up to the last, and a mark at its end.

    Args:
        stack: the maps.
        chosen: positions of the samples to draw; None for all.
        theme: `light` or `dark`.
        height: pixels.
    """
    where = np.arange(len(stack.labels)) if chosen is None else chosen
    if len(where) > MAX_LINES:
        where = where[np.linspace(0, len(where) - 1, MAX_LINES).astype(int)]
    gone = set(stack.labels[stack.forget].tolist())
    colors = class_colors(len(stack.class_names), gone, theme)
    figure = go.Figure()
    for forget in (False, True):
        part = where[stack.forget[where] == forget]
        for label in np.unique(stack.labels[part]).tolist():
            rows = part[stack.labels[part] == label]
            color = (colors.vivid if forget else colors.muted)[label]
            name = f"{stack.class_names[label]}{' (forget)' if forget else ''}"
            _lines(figure, stack, rows, color, name, 2.5 if forget else 1.2)
    grid = "rgba(128,128,128,.35)"
    axis = {"showbackground": False, "gridcolor": grid, "zerolinecolor": grid}
    flat = {**axis, "showticklabels": False}
    words = {"size": max(14, text_size())}
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        legend={"itemsizing": "constant", "font": words, "bgcolor": "rgba(0,0,0,0)"},
        scene={
            "xaxis": {**flat, "title": {"text": "direction 1", "font": words}},
            "yaxis": {**flat, "title": {"text": "direction 2", "font": words}},
            "zaxis": {
                **axis,
                "title": {"text": "epoch", "font": words},
                "tickfont": {"size": max(12, text_size())},
            },
            "camera": {"eye": {"x": 2.0, "y": -2.1, "z": 0.95}, "center": {"x": -0.12, "y": -0.12}},
            "aspectmode": "manual",
            "aspectratio": {"x": 1, "y": 1, "z": 1},
        },
    )
    return figure


def _lines(
    figure: go.Figure,
    stack: Stack,
    rows: NDArray[np.int64],
    color: str,
    name: str,
    width: float,
) -> None:
    """The samples of one class: a gap ends a line, so that all are one trace."""
    epochs, count = len(stack.points), len(rows)
    padded = np.full((count, epochs + 1, 3), np.nan)
    padded[:, :epochs, :2] = stack.points[:, rows].transpose(1, 0, 2)
    padded[:, :epochs, 2] = np.arange(epochs)
    x, y, z = padded.reshape(-1, 3).round(4).T
    figure.add_trace(
        go.Scatter3d(
            x=x, y=y, z=z, mode="lines", name=name, legendgroup=name,
            line={"color": color, "width": width}, opacity=0.45, hoverinfo="skip",
            showlegend=False,
        )
    )  # fmt: skip
    ends = stack.points[-1, rows]
    figure.add_trace(
        go.Scatter3d(
            x=ends[:, 0], y=ends[:, 1], z=np.full(count, epochs - 1), mode="markers", name=name,
            legendgroup=name, marker={"size": 3.4, "color": color},
            hovertemplate=f"class {name}<extra></extra>",
        )
    )  # fmt: skip
