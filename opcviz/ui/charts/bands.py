"""What models are drawn beside: the retrained models of all seeds as a band, and the floors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from .drawing import finite_or_none
from .palette import METHOD_COLOURS

__all__ = [
    "BAND_FILL",
    "FLOOR_DASHES",
    "RETRAINED",
    "Band",
    "add_band",
    "band_name",
    "band_shape",
    "level_shape",
    "line_names",
]

RETRAINED = METHOD_COLOURS["retrain"]
BAND_FILL = "rgba(30,146,115,0.2)"  # the same, see-through
FLOOR_DASHES = ("dot", "dashdot", "longdashdot")
"""Strokes of floors, in order; dashes are left to the constant answer."""


@dataclass(frozen=True)
class Band:
    """Lowest and highest of several models' figures.

    Attributes:
        low, high: in the unit of the figure.
        models: how many there are.
    """

    low: float
    high: float
    models: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Band | None:
        """The band of the models that have a figure; None where none has."""
        known = [v for value in values if (v := finite_or_none(value)) is not None]
        return cls(min(known), max(known), len(known)) if known else None

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return (self.low + self.high) / 2

    def words(self, unit: str = " %", digits: int = 1) -> str:
        """As in "3 retrained models 0.9 to 6.5 %"."""
        who = "1 retrained model" if self.models == 1 else f"{self.models} retrained models"
        low, high = f"{self.low:.{digits}f}", f"{self.high:.{digits}f}"
        return f"{who} {low if low == high else f'{low} to {high}'}{unit}"


def band_name(seeds: int) -> str:
    """As in "retrained (3 seeds)"."""
    return f"retrained ({seeds} seed{'' if seeds == 1 else 's'})"


def line_names(
    constant: float | None, floor: float | None, bands: Sequence[Band | None]
) -> list[tuple[str, float, str | None]]:
    """Names, heights and colours of the lines beside a model's bars, for a narrow margin.

    The band's name takes two lines, the lower one first.

    Args:
        constant, floor: percent of the constant answer, and of the raw pixels.
        bands: of the retrained models, one a bar; named at the height of the last there is.
    """
    names: list[tuple[str, float, str | None]] = []
    if constant is not None:
        names.append(("constant", constant, None))
    if floor is not None:
        names.append(("pixels", floor, None))
    if last := next((band for band in reversed(bands) if band), None):
        seeds = band_name(last.models).removeprefix("retrained ")
        names += [(seeds, last.middle, RETRAINED), ("retrained", last.middle, RETRAINED)]
    return names


def add_band(
    figure: go.Figure, x: Sequence[float | str], bands: Sequence[Band | None], words: Sequence[str]
) -> None:
    """Shade between lowest and highest over the horizontal axis; of one model a line is left.

    Args:
        figure: to draw in.
        x: places.
        bands: one a place; None leaves a gap.
        words: what is told of each place under the pointer.
    """
    edge = {"color": RETRAINED, "width": 1}
    for name, heights in (
        ("retrained, lowest", [band.low if band else None for band in bands]),
        ("retrained, highest", [band.high if band else None for band in bands]),
    ):
        top = name.endswith("highest")
        figure.add_trace(
            go.Scatter(
                x=list(x),
                y=heights,
                name=name,
                mode="lines",
                line=edge,
                fill="tonexty" if top else None,
                fillcolor=BAND_FILL,
                customdata=list(words),
                hovertemplate="%{customdata}<extra>retrained</extra>" if top else None,
                hoverinfo=None if top else "skip",
            )
        )


def band_shape(band: Band, x: tuple[float, float], panel: int = 1) -> dict[str, Any]:
    """The band over a stretch of the horizontal axis, above bars; of one model a line is left.

    Args:
        band: in the axis' unit.
        x: where it begins and ends.
        panel: of the figure, counted from 1.
    """
    edge = {"color": RETRAINED, "width": 1.5}
    box = {"type": "rect", "x0": x[0], "x1": x[1], "y0": band.low, "y1": band.high}
    return {**box, **_on(panel), "fillcolor": BAND_FILL, "line": edge, "name": "retrained"}


def level_shape(
    name: str, height: float, x: tuple[float, float], line: Mapping[str, Any], panel: int = 1
) -> dict[str, Any]:
    """A straight line across a stretch of the horizontal axis.

    Args:
        name: of what it stands for.
        height: in the axis' unit.
        x: where it begins and ends.
        line: its stroke.
        panel: of the figure, counted from 1.
    """
    ends = {"type": "line", "x0": x[0], "x1": x[1], "y0": height, "y1": height}
    return {**ends, **_on(panel), "line": dict(line), "name": name}


def _on(panel: int) -> dict[str, str]:
    """The axes of a panel, as Plotly calls them."""
    number = "" if panel == 1 else str(panel)
    return {"xref": f"x{number}", "yref": f"y{number}"}
