"""Lines of up to six models, labelled where they end, with what they are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import plotly.graph_objects as go

from .drawing import apply_layout, finite_or_none, label_ends, line_trace
from .theme import ink

__all__ = ["LINE_COLOURS", "Line", "colours", "lines_figure"]

LINE_COLOURS = ("#7C8796", "#1E9273", "#D9541E", "#2B86C9", "#A65FA8", "#A07A12")
"""Colours of up to six models, legible on both backgrounds (contrast at least 3)."""

LETTER_WIDTH = 7  # pixels that a letter of a name takes, at most on average
DASHES = {"color": ink.reference, "dash": "dash", "width": 1.5}

Line = tuple[Sequence[float | str], Sequence[float | None]]
"""Places on the horizontal axis and the values there."""


def colours(labels: Iterable[str]) -> dict[str, str]:
    """A colour a label; given all models shown, one model has one colour in every chart."""
    return dict(zip(labels, LINE_COLOURS, strict=False))


def lines_figure(
    lines: Mapping[str, Line],
    *,
    x_title: str,
    y_title: str,
    reference: float | None = None,
    reference_label: str = "constant",
    colors: Mapping[str, str] | None = None,
    ends: Mapping[str, float] | None = None,
    markers: bool = True,
    height: int = 280,
) -> go.Figure:
    """Percentages, one line a model, on an axis from 0 to 100.

    Args:
        lines: by name, which stands at the line's end. None and what is not finite leave a gap.
        x_title, y_title: of the axes.
        reference: a level to compare with (dashed), named `reference_label`.
        colors: by name; those of `LINE_COLOURS` in order where there are none.
        ends: where names stand, 0 to 100; at the last values where there are none.
        markers: whether each value has a dot.
        height: pixels.

    Raises:
        ValueError: when a line has not one value for each of its places.
    """
    paint = {**colours(lines), **(colors or {})}
    figure, names = go.Figure(), []
    for name, (x, values) in lines.items():
        if len(x) != len(values):
            raise ValueError(f"{y_title}: '{name}' has {len(values)} numbers, not {len(x)}")
        y = [finite_or_none(value) for value in values]
        figure.add_trace(line_trace(name, paint.get(name), x, y, markers=markers))
        known = [value for value in y if value is not None]
        if known:
            names.append((name, (ends or {}).get(name, known[-1]), paint.get(name)))
    level = finite_or_none(reference)
    if level is not None:
        figure.add_hline(y=level, line=DASHES)
        names.append((reference_label, level, ink.reference))
    label_ends(figure, names, gap=1900 / height)  # about 13 pixels
    longest = max((len(name) for name, _, _ in names), default=0)
    apply_layout(figure, height, right=max(96, LETTER_WIDTH * longest + 12))
    figure.update_yaxes(range=[-3, 103], title=y_title, tickvals=[0, 25, 50, 75, 100])
    figure.update_xaxes(title=x_title)
    figure.update_layout(hovermode="x unified")
    return figure
