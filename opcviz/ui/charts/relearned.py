"""Bars of what relearning gets back, by pictures given and by blocks that start afresh."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .bands import RETRAINED, Band, band_name, band_shape, level_shape
from .drawing import apply_layout
from .lines import DASHES, LETTER_WIDTH
from .theme import ink, projected, text_size

__all__ = ["Way", "Ways", "relearned_figure"]

HALF = 0.42  # of the room of a group of bars that the band and the floor span, either side
DOTS = {"color": ink.reference, "dash": "dot", "width": 1.8}

Way = tuple[int, int]
"""Forgotten pictures given of each class (0: retained data alone), and last blocks afresh."""


@dataclass(frozen=True, eq=False)
class Ways:
    """What relearning gets back, by way.

    Attributes:
        bars: of each model percent, None where there is none.
        words: of each model what is told under the pointer.
        bands: of the retrained models.
        floors: percent of the untrained network.
    """

    bars: Mapping[str, Mapping[Way, float | None]]
    words: Mapping[str, Mapping[Way, str]]
    bands: Mapping[Way, Band] = field(default_factory=dict)
    floors: Mapping[Way, float] = field(default_factory=dict)

    @property
    def groups(self) -> dict[int, list[Way]]:
        """The ways by pictures given, both ascending."""
        ways = sorted({way for found in self.bars.values() for way in found})
        return {shots: [way for way in ways if way[0] == shots] for shots, _ in ways}


def relearned_figure(
    ways: Ways,
    *,
    constant: float | None = None,
    colors: Mapping[str, str] | None = None,
    height: int = 320,
) -> go.Figure:
    """A panel for each number of pictures given; in it a group of bars for each depth.

    Args:
        ways: the bars, the band and the floor.
        constant: percent that the best constant answer scores (dashed).
        colors: by model.
        height: pixels.

    Raises:
        ValueError: for no way at all.
    """
    groups = ways.groups
    if not groups:
        raise ValueError("relearned_figure: there is nothing to draw")
    figure = make_subplots(
        cols=len(groups),
        shared_yaxes=True,
        horizontal_spacing=0.02,
        column_widths=[max(len(group), 1.4) for group in groups.values()],
        subplot_titles=[_title(shots) for shots in groups],
    )
    figure.update_annotations(font_size=text_size() + 1)
    shapes: list[dict[str, Any]] = []  # set at once: Plotly checks all of them at each addition
    for col, (shots, group) in enumerate(groups.items(), 1):
        for name, bars in ways.bars.items():
            figure.add_trace(
                go.Bar(
                    x=list(range(len(group))),
                    y=[bars.get(way) for way in group],
                    name=name,
                    marker={"color": (colors or {}).get(name), "line": {"width": 0}},
                    customdata=[ways.words[name].get(way, "") for way in group],
                    hovertemplate=f"<b>{name}</b><br>%{{customdata}}<extra></extra>",
                    legendgroup=name,
                    showlegend=col == 1,
                    offsetgroup=name,
                    meta=shots,
                ),
                row=1,
                col=col,
            )
        shapes += _beside(ways, group, constant, col)
        figure.update_xaxes(
            tickvals=list(range(len(group))),
            ticktext=[str(anew) for _, anew in group],
            range=[-0.5, len(group) - 0.5],
            title_text="last blocks afresh",
            showgrid=False,
            col=col,
        )
    _name_the_rest(figure, ways, constant)
    longest = max(len(str(trace.name)) for trace in figure.data)
    apply_layout(figure, height, top=68 if projected() else 34, right=LETTER_WIDTH * longest + 56)
    figure.update_yaxes(range=[0, 103], tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(title_text="unseen forgotten pictures (%)", col=1)
    return figure.update_layout(
        shapes=shapes,
        barmode="group",
        bargap=0.24,
        showlegend=True,
        legend={"font": {"size": text_size()}, "itemclick": False, "itemdoubleclick": False},
    )


def _beside(
    ways: Ways, group: Sequence[Way], constant: float | None, panel: int
) -> Iterator[dict[str, Any]]:
    """Band and floor of every group of bars in one panel, and the constant answer across it."""
    for at, way in enumerate(group):
        ends = (at - HALF, at + HALF)
        if band := ways.bands.get(way):
            yield band_shape(band, ends, panel)
        if (floor := ways.floors.get(way)) is not None:
            yield level_shape("untrained", floor, ends, DOTS, panel)
    if constant is not None:
        yield level_shape("constant", constant, (-0.5, len(group) - 0.5), DASHES, panel)


def _name_the_rest(figure: go.Figure, ways: Ways, constant: float | None) -> None:
    """Names of band and lines below those of the models: strokes without a point."""
    seeds = max((band.models for band in ways.bands.values()), default=0)
    strokes = [
        (seeds > 0, band_name(seeds), {"color": RETRAINED, "width": 6}),
        (bool(ways.floors), "untrained", DOTS),
        (constant is not None, "constant", DASHES),
    ]
    for drawn, name, line in strokes:
        if drawn:
            nothing = {"x": [None], "y": [None], "mode": "lines", "hoverinfo": "skip"}
            figure.add_trace(go.Scatter(name=name, line=line, **nothing), row=1, col=1)


def _title(shots: int) -> str:
    if shots == 0:
        title = "retained data alone"
    else:
        title = f"{shots} forgotten picture{'' if shots == 1 else 's'} a class"
    return "<br>".join(textwrap.wrap(title, 14)) if projected() else title
