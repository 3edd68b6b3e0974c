"""Charts of a report as plain Plotly JSON, drawn by the reader's browser.

Names come from outside, and Plotly reads a little HTML in its labels: every text is escaped.
Colours of text and grid are left to the page's style sheet, which knows light, dark and paper.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np

from ..common.json_types import Json
from .records import Figure

__all__ = ["AUDITED", "ORIGINAL", "RETRAINED", "WIDTH", "Line", "dots", "lines", "scatters"]

WIDTH = 680
"""Pixels: as wide as A4 within the margins of the style sheet."""
AUDITED, ORIGINAL, RETRAINED = "#D9541E", "#7C8796", "#1E9273"
FLOOR = "#8A6FB0"
BAND = "rgba(30, 146, 115, 0.32)"
ROW, LINE = 25, 13  # pixels a row of a dot chart, and of each further line of its label
SIZE = 12  # of text
MOST_LISTED = 12  # forgotten classes that a map's legend names; beyond, pointing at a dot tells
CLASSES = (
    "#4C78A8", "#F58518", "#54A24B", "#B279A2", "#E45756",
    "#72B7B2", "#EECA3B", "#9D755D", "#FF9DA6", "#79706E",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One curve over shared places.

    Attributes:
        name: in the legend.
        values: None where there is none.
        colour: `#RRGGBB`.
        dash: as Plotly calls it.
        high: with it, `values` is the lower end of a band.
    """

    name: str
    values: Sequence[float | None]
    colour: str
    dash: str = "solid"
    high: Sequence[float | None] | None = None


def plain(text: str) -> str:
    """Text that Plotly shows as it stands."""
    return html.escape(text, quote=False)


def dots(figures: Sequence[Figure], *, title: str, span: tuple[float, float] | None) -> Json:
    """A row a figure: the audited model, the original, the retrained band and the floor.

    Args:
        figures: of one unit, at least one; the first is at the top.
        title: of the axis.
        span: of the axis; None for what the figures need.
    """
    rows = list(range(len(figures)))
    traces = [
        _band_bars(figures, rows),
        _marks(
            figures, rows, "floor: without the model", FLOOR, "line-ns", lambda each: each.floor
        ),
        _marks(figures, rows, "original", ORIGINAL, "diamond-open", lambda each: each.original),
        _audited(figures, rows),
    ]
    labels = [_label(each.name) for each in figures]
    breaks = max(label.count("<br>") for label in labels)
    layout = _layout(90 + (ROW + LINE * breaks) * len(labels))
    layout["margin"] |= {"l": 250}
    layout["xaxis"] |= {"title": {"text": plain(title)}, **({"range": list(span)} if span else {})}
    layout["yaxis"] |= {
        "tickvals": rows,
        "ticktext": labels,
        "automargin": False,
        "range": [len(figures) - 0.4, -0.6],
        "showgrid": False,
        "zeroline": False,
    }
    return {"data": [trace for trace in traces if trace], "layout": layout}


def _label(name: str) -> str:
    """On lines of a length that the margin holds."""
    return "<br>".join(plain(line) for line in wrap(name, 36, max_lines=3, placeholder=" …"))


def _band_bars(figures: Sequence[Figure], rows: Sequence[int]) -> Json | None:
    found = [(r, f.retrained) for r, f in zip(rows, figures, strict=True) if f.retrained]
    if not found:
        return None
    return {
        "type": "bar",
        "orientation": "h",
        "name": "retrained, least to greatest",
        "y": [row for row, _ in found],
        "base": [band.low for _, band in found],
        "x": [band.high - band.low for _, band in found],
        "width": 0.62,
        "marker": {"color": BAND, "line": {"color": RETRAINED, "width": 1.5}},
        "text": [f"{band.low:.4g} to {band.high:.4g}" for _, band in found],
        "textposition": "none",
        "hovertemplate": "retrained %{text}<extra></extra>",
    }


def _marks(
    figures: Sequence[Figure], rows: Sequence[int], name: str, colour: str, symbol: str, of: Any
) -> Json | None:
    found = [(r, v) for r, f in zip(rows, figures, strict=True) if (v := of(f)) is not None]
    if not found:
        return None
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "y": [row for row, _ in found],
        "x": [value for _, value in found],
        "marker": {
            "color": colour,
            "symbol": symbol,
            "size": 11,
            "line": {"width": 2.5, "color": colour},
        },
        "cliponaxis": False,
        "hovertemplate": name + " %{x:.4g}<extra></extra>",
    }


def _audited(figures: Sequence[Figure], rows: Sequence[int]) -> Json:
    ends = [f.interval or (f.value, f.value) for f in figures]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "audited model, 95 %",
        "y": list(rows),
        "x": [f.value for f in figures],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - f.value for f, (_, high) in zip(figures, ends, strict=True)],
            "arrayminus": [f.value - low for f, (low, _) in zip(figures, ends, strict=True)],
            "color": AUDITED,
            "thickness": 1.8,
            "width": 4,
        },
        "marker": {"color": AUDITED, "size": 10},
        "cliponaxis": False,
        "hovertemplate": "audited %{x:.4g}<extra></extra>",
    }


def lines(
    places: Sequence[str] | Sequence[float],
    curves: Iterable[Line],
    *,
    title: str,
    span: tuple[float, float] | None,
    along: str = "",
    height: int = 330,
) -> Json:
    """Curves over places or steps; a curve with `high` is a band.

    Args:
        places: of every curve, in order; words or numbers.
        curves: drawn in this order.
        title: of the axis upwards.
        span: of that axis.
        along: title of the other axis.
        height: pixels.
    """
    x = [plain(each) if isinstance(each, str) else each for each in places]
    traces: list[Json] = []
    for line in curves:
        style = {"color": line.colour, "dash": line.dash, "width": 2.5}
        shared = {"type": "scatter", "x": x, "connectgaps": True}
        if line.high is None:
            traces.append(
                {
                    **shared,
                    "y": list(line.values),
                    "name": plain(line.name),
                    "mode": "lines+markers",
                    "line": style,
                    "marker": {"size": 7},
                    "hovertemplate": "%{y:.4g}<extra>" + plain(line.name) + "</extra>",
                }
            )
            continue
        edge = {"color": line.colour, "width": 1}
        low = {"y": list(line.values), "line": edge, "mode": "lines", "showlegend": False}
        high = {"y": list(line.high), "line": edge, "mode": "lines", "name": plain(line.name)}
        skip = {"hoverinfo": "skip"}
        traces += [
            {**shared, **low, **skip},
            {**shared, **high, **skip, "fill": "tonexty", "fillcolor": BAND},
        ]
    layout = _layout(height)
    layout["xaxis"] |= {"title": {"text": plain(along)}}
    layout["yaxis"] |= {"title": {"text": plain(title)}, **({"range": list(span)} if span else {})}
    if places and isinstance(places[0], str):
        layout["xaxis"] |= {"type": "category"}
    return {"data": traces, "layout": layout}


def scatters(
    panels: Mapping[str, np.ndarray],
    labels: np.ndarray,
    forget: np.ndarray,
    names: Sequence[str],
    ids: np.ndarray,
) -> Json:
    """Maps beside each other: forgotten samples filled, retained ones small and faint.

    Args:
        panels: title to coordinates (N, 2), at most three.
        labels, forget, ids: of the N samples: class, whether forgotten, number.
        names: of the classes.
    """
    layout = _layout(300)
    layout["margin"] = {"l": 6, "r": 6, "t": 26, "b": 60}
    layout["legend"] |= {"y": 0, "yanchor": "bottom", "itemsizing": "constant"}
    traces: list[Json] = []
    count, listed = len(panels), len(np.unique(labels[forget])) <= MOST_LISTED
    for i, (title, points) in enumerate(panels.items()):
        axis = "" if i == 0 else str(i + 1)
        low, high = i / count + 0.01, (i + 1) / count - 0.01
        bare = {"visible": True, "showgrid": False, "zeroline": False, "showticklabels": False,
                "ticks": "", "mirror": True, "showline": True, "linecolor": ORIGINAL}  # fmt: skip
        layout[f"xaxis{axis}"] = {**bare, "domain": [low, high], "anchor": f"y{axis}"}
        layout[f"yaxis{axis}"] = {**bare, "anchor": f"x{axis}"}
        layout.setdefault("annotations", []).append(
            {
                "text": plain(title), "x": (low + high) / 2, "y": 1.01, "xref": "paper",
                "yref": "paper", "xanchor": "center", "yanchor": "bottom", "showarrow": False,
                "font": {"size": SIZE + 1},
            }
        )  # fmt: skip
        for gone in (False, True):
            for label in np.unique(labels[forget == gone]).tolist():
                chosen = (labels == label) & (forget == gone)
                name = names[label] if label < len(names) else str(label)
                traces.append(
                    _cloud(points[chosen], plain(name), label, gone, ids[chosen])
                    | {
                        "xaxis": f"x{axis}",
                        "yaxis": f"y{axis}",
                        "showlegend": i == 0 and gone and listed,
                    }
                )
    return {"data": traces, "layout": layout}


def _cloud(points: np.ndarray, name: str, label: int, gone: bool, ids: np.ndarray) -> Json:
    colour = CLASSES[label % len(CLASSES)]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{name}, forgotten",
        "legendgroup": f"{label} {gone}",
        "x": np.round(points[:, 0].astype(float), 4).tolist(),
        "y": np.round(points[:, 1].astype(float), 4).tolist(),
        "marker": {"color": colour, "size": 7 if gone else 4, "opacity": 0.9 if gone else 0.35},
        "text": [str(each) for each in ids.tolist()],
        "hovertemplate": f"sample %{{text}}, class {name.replace('%', '&#37;')}<extra></extra>",
    }


def _layout(height: int) -> Json:
    clear = "rgba(0, 0, 0, 0)"
    axis = {"gridcolor": "#ccc", "zeroline": False, "automargin": True, "fixedrange": True}
    return {
        "width": WIDTH,
        "height": height,
        "paper_bgcolor": clear,
        "plot_bgcolor": clear,
        "font": {"size": SIZE, "family": "system-ui, sans-serif"},
        "margin": {"l": 56, "r": 20, "t": 40, "b": 44},
        "legend": {
            "orientation": "h",
            "xref": "container",
            "yref": "container",
            "x": 0,
            "y": 1,
            "xanchor": "left",
            "yanchor": "top",
        },
        "showlegend": True,
        "barmode": "overlay",
        "hovermode": "closest",
        "dragmode": False,
        "xaxis": dict(axis),
        "yaxis": dict(axis),
    }
