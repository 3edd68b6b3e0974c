"""Lines of up to six models, labelled where they end, with what they are compared with."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from .bands import FLOOR_DASHES, RETRAINED, Band, add_band, band_name
from .drawing import apply_layout, finite_or_none, label_ends, line_trace
from .theme import ink, projected, text_size

__all__ = ["LINE_COLOURS", "Beside", "Line", "colours", "lines_figure"]

LINE_COLOURS = ("#A09098", "#387010", "#885820", "#E00038", "#688078", "#80A000")
"""Colours of up to six lines that nobody gave one, legible on both backgrounds (contrast at least
3). None is a method's, a class's or an ink: each lies at least 10 (CIEDE2000) from all of these."""

LETTER_WIDTH = 7  # pixels that a letter of a name takes, at most on average
LINE_HEIGHT = 1.36  # of a name by the size of its letters, with the air between two of them
TURNED_LETTER = 0.56  # width of a letter of a title by its size
TITLE_LETTERS = 18  # of a line of a title in a hall
DASHES = {"color": ink.reference, "dash": "dash", "width": 1.5}

Line = tuple[Sequence[float | str], Sequence[float | None]]
"""Places on the horizontal axis and the values there."""


@dataclass(frozen=True, eq=False)
class Beside:
    """What lines are drawn beside.

    Attributes:
        places: on the horizontal axis.
        bands: of the retrained models, one a place; None leaves a gap.
        floors: by name, one value a place, drawn dotted.
        words: what is told under the pointer at each place, by the name of a line or of a floor,
            and of the band as "retrained"; the values where there are none.
    """

    places: Sequence[str]
    bands: Sequence[Band | None] = ()
    floors: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)


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
    beside: Beside | None = None,
    markers: bool = True,
    lowest: float = 0.0,
    height: int = 280,
) -> go.Figure:
    """Percentages, one line a model, on an axis from 0 to 100.

    Args:
        lines: by name, which stands at the line's end. None and what is not finite leave a gap.
        x_title, y_title: of the axes.
        reference: a level to compare with (dashed), named `reference_label`.
        colors: by name; those of `LINE_COLOURS` in order where there are none.
        ends: where names stand, 0 to 100; at the last values where there are none.
        beside: the band of retrained models and the floors, drawn below the lines.
        markers: whether each value has a dot.
        lowest: where the axis begins.
        height: pixels.

    Raises:
        ValueError: when a line has not one value for each of its places.
    """
    paint = {**colours(lines), **(colors or {})}
    figure = go.Figure()
    names = _draw_beside(figure, beside, y_title) if beside else []
    for name, (x, values) in lines.items():
        if len(x) != len(values):
            raise ValueError(f"{y_title}: '{name}' has {len(values)} numbers, not {len(x)}")
        y = [finite_or_none(value) for value in values]
        trace = line_trace(name, paint.get(name), x, y, markers=markers)
        figure.add_trace(_worded(trace, beside.words.get(name) if beside else None))
        known = [value for value in y if value is not None]
        if known:
            names.append((name, (ends or {}).get(name, known[-1]), paint.get(name)))
    level = finite_or_none(reference)
    if level is not None:
        figure.add_hline(y=level, line=DASHES)
        names.append((reference_label, level, None))
    room = 1 - lowest / 100
    names = [(_named(name, colour), height, None) for name, height, colour in names]
    longest = max((len(_read(name)) for name, _, _ in names), default=0)
    apply_layout(figure, height, right=max(96, LETTER_WIDTH * longest + 12))
    apart, axis = LINE_HEIGHT * text_size(), _axis_height(figure, len(names), y_title)
    label_ends(figure, names, gap=106 * room * apart / axis, low=lowest)
    figure.update_yaxes(
        range=[lowest - 3 * room, 100 + 3 * room],
        tickvals=[lowest + room * tick for tick in (0, 25, 50, 75, 100)],
    )
    figure.update_xaxes(title_text=x_title)
    figure.update_layout(hovermode="x unified")
    return figure


def _named(name: str, colour: str | None) -> str:
    """A name behind a dot in its line's colour: letters in it would be too pale to read."""
    return f'<span style="color:{colour}">●</span> {name}' if colour else name


def _read(name: str) -> str:
    """A name as it is read, without what gives its dot a colour."""
    return re.sub(r"<[^>]+>", "", name)


def _axis_height(figure: go.Figure, names: int, y_title: str) -> float:
    """Pixels of the vertical axis, after the chart has become as high as its words need it.

    A hall's large title is broken into lines.
    """
    margin, size = figure.layout.margin, text_size()
    lines = textwrap.wrap(y_title, TITLE_LETTERS) if projected() else [y_title]
    figure.update_yaxes(title_text="<br>".join(lines))
    words = TURNED_LETTER * size * max(map(len, lines)) if projected() else 0.0
    axis = max(figure.layout.height - margin.t - margin.b, LINE_HEIGHT * size * names, words)
    figure.update_layout(
        height=math.ceil(axis + margin.t + margin.b),
        margin_l=margin.l + round(LINE_HEIGHT * size * (len(lines) - 1)),
    )
    return float(axis)


def _draw_beside(
    figure: go.Figure, beside: Beside, y_title: str
) -> list[tuple[str, float, str | None]]:
    """Draw band and floors; their names as `label_ends` takes them.

    Raises:
        ValueError: when one of them has not one value for each place.
    """
    names: list[tuple[str, float, str | None]] = []
    for name, found in {**beside.floors, "the band": beside.bands or beside.places}.items():
        if len(found) != len(beside.places):
            raise ValueError(f"{y_title}: '{name}' has {len(found)}, not {len(beside.places)}")
    known = [band for band in beside.bands if band]
    if known:
        words = beside.words.get("retrained") or [b.words() if b else "" for b in beside.bands]
        add_band(figure, beside.places, beside.bands, words)
        names.append((band_name(known[-1].models), known[-1].middle, RETRAINED))
    for (name, values), dash in zip(beside.floors.items(), FLOOR_DASHES, strict=False):
        y = [finite_or_none(value) for value in values]
        trace = line_trace(name, ink.reference, beside.places, y, markers=False)
        trace.line.update(dash=dash, width=1.8)
        figure.add_trace(_worded(trace, beside.words.get(name)))
        heights = [value for value in y if value is not None]
        if heights:
            names.append((name, heights[-1], None))
    return names


def _worded(trace: go.Scatter, words: Sequence[str] | None) -> go.Scatter:
    """A line with a sentence under the pointer in place of the bare value."""
    if words is not None:
        trace.customdata = list(words)
        trace.hovertemplate = "%{customdata}<extra>" + trace.name + "</extra>"
    return trace
