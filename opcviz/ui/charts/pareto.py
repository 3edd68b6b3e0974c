"""Any two measures against each other: methods as points, and those that no other one beats."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import plotly.graph_objects as go

from .bands import BAND_FILL, RETRAINED, Band
from .drawing import apply_layout
from .theme import ink, scaled, text_size

__all__ = ["HEIGHT", "Axis", "Point", "front", "pareto_figure", "place_names"]

Range: TypeAlias = "tuple[float, float]"
Box: TypeAlias = "tuple[float, float, float, float]"  # left, top, right, bottom

NAME_SIZE = 14  # px, of names beside points and of axis titles, unless for a hall
LETTER, TALL = 0.58, 9.0  # width of a letter by its size; half the height of a line, px
NARROW = 0.8  # times that, where letters are narrow: a name must be its own point's then, too
HEIGHT, TOP, BOTTOM, LEFT, RIGHT = 480, 18, 56, 72, 24  # px
WIDTH = 760.0  # px, of the axes on the narrowest screen
WIDER = (1.0, 1.2, 1.45, 1.75, 2.3)  # times that: a name must be its own point's on these, too
AIR = 5.0  # px between a name and what is beside it
NEARER = 6.0  # px that a name is nearer to its own point than to any other one
GAP = 16.0  # px from the middle of a point to its name: room for a stroke that joins them
SIDES = ((0, -1), (0, 1), (1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1))
FAR = (1.0, 1.8, 2.8)  # times the gap, the nearest first


@dataclass(frozen=True)
class Axis:
    """One measure.

    Attributes:
        title: in words, with the good direction.
        better: `less`, `more` or `same`: as near the band as possible.
        band: of the retrained models.
    """

    title: str
    better: str
    band: Band | None = None

    def loss(self, value: float) -> float:
        """How bad a value is: less is better, whatever the direction.

        All values inside the band are equally good: retrained models differ by as much.
        """
        band = self.band
        if self.better == "same" and band is not None:
            return max(band.low - value, value - band.high, 0.0)
        more = self.better == "more"
        if band is not None and band.low <= value <= band.high:
            value = band.high if more else band.low
        return -value if more else value


@dataclass(frozen=True)
class Point:
    """One method.

    Attributes:
        name: on screen.
        x, y: means over seeds.
        sd: deviations over seeds, None of a single one.
        colour: its own.
        compared: whether it can be on the front; references cannot.
        words: what is told of it under the pointer.
        sought: whether its name stands before those of others, where there is little room.
    """

    name: str
    x: float
    y: float
    sd: tuple[float | None, float | None]
    colour: str
    compared: bool = True
    words: str = ""
    sought: bool = False


def front(points: Sequence[Point], x: Axis, y: Axis) -> list[Point]:
    """The points that no other one equals in one measure and beats in the other, or beats in both.

    Args:
        points: those that are not compared neither beat nor are chosen.
        x, y: the measures.
    """
    losses = [(x.loss(p.x), y.loss(p.y), p) for p in points if p.compared]
    best = [
        (a, b, p)
        for a, b, p in losses
        if not any(c <= a and d <= b and (c, d) != (a, b) for c, d, _ in losses)
    ]
    return [p for _, _, p in sorted(best, key=lambda each: each[:2])]


def pareto_figure(points: Sequence[Point], x: Axis, y: Axis, *, height: int = HEIGHT) -> go.Figure:
    """Methods as points with whiskers, their front as a line, retrained models as bands.

    Args:
        points: methods and references.
        x, y: the measures.
        height: pixels, whatever is drawn for.
    """
    best = front(points, x, y)
    figure = go.Figure()
    for axis, across in ((x, "x"), (y, "y")):
        if axis.band:
            _shade(figure, axis.band, across)
    if x.better != "same" and y.better != "same" and len(best) > 1:
        line = {"color": ink.reference, "width": 2, "dash": "dot", "shape": "hv"}
        xs, ys = [p.x for p in best], [p.y for p in best]
        figure.add_trace(
            go.Scatter(x=xs, y=ys, mode="lines", line=line, name="front", hoverinfo="skip")
        )
    for point in points:
        figure.add_trace(_trace(point, on_front=point in best))
    ranges = (
        _range([p.x for p in points], [p.sd[0] for p in points]),
        _range([p.y for p in points], [p.sd[1] for p in points]),
    )
    axes_height = height - scaled(TOP) - scaled(BOTTOM)
    for point, right, down in place_names(points, best, ranges, axes_height):
        figure.add_annotation(
            x=point.x,
            y=point.y,
            text=f"<b>{point.name}</b>" if point in best else point.name,
            ax=right,
            ay=down,
            arrowhead=0,
            arrowwidth=1.6,
            arrowcolor=point.colour,
            standoff=7,
            borderpad=0,
            font={"size": _name_size()},
        )
    apply_layout(figure, HEIGHT, right=RIGHT, top=TOP, bottom=BOTTOM)
    figure.update_xaxes(title_text=x.title, title_font_size=_name_size(), range=ranges[0])
    figure.update_yaxes(title_text=y.title, title_font_size=_name_size(), range=ranges[1])
    hover = {"font": {"size": _name_size()}}
    figure.update_layout(height=height, margin_l=scaled(LEFT), hoverlabel=hover)
    return figure


def _shade(figure: go.Figure, band: Band, across: str) -> None:
    other = "y" if across == "x" else "x"
    box = {f"{across}0": band.low, f"{across}1": band.high, f"{other}0": 0, f"{other}1": 1}
    refs = {f"{across}ref": across, f"{other}ref": f"{other} domain"}
    edge = {"color": RETRAINED, "width": 1}
    figure.add_shape(
        type="rect", **box, **refs, fillcolor=BAND_FILL, line=edge, layer="below", name="retrained"
    )


def _trace(point: Point, *, on_front: bool) -> go.Scatter:
    bars = {
        f"error_{axis}": {
            "type": "data",
            "array": [sd],
            "color": point.colour,
            "thickness": 1.5,
            "width": 4,
            "visible": sd is not None,
        }
        for axis, sd in zip("xy", point.sd, strict=True)
    }
    return go.Scatter(
        x=[point.x],
        y=[point.y],
        name=point.name,
        mode="markers",
        marker={
            "color": point.colour,
            "size": 14 if on_front else 10,
            "symbol": "circle" if point.compared else "diamond-open",
            "line": {"width": 2 if not point.compared else 0, "color": point.colour},
        },
        hovertemplate="%{customdata}<extra></extra>",
        customdata=[point.words],
        **bars,
    )


def place_names(
    points: Sequence[Point],
    best: Sequence[Point],
    ranges: tuple[Range, Range],
    axes_height: float = HEIGHT - TOP - BOTTOM,
) -> list[tuple[Point, float, float]]:
    """Where names stand beside their points, none on another one, a point or a whisker.

    A name stands only where its own point is the nearest one, on wider screens, too; those for
    which there is no such place are left out. Those of the front are placed first, then references
    and those that are sought.

    Args:
        points: all that are drawn.
        best: those of the front.
        ranges: of both axes.
        axes_height: pixels.

    Returns:
        The point and the offset of its name's middle, pixels to the right and down.
    """
    (x0, x1), (y0, y1) = ranges
    across, up = WIDTH / (x1 - x0), axes_height / (y1 - y0)
    spots = {p: ((p.x - x0) * across, (y1 - p.y) * up) for p in points}
    taken = [(u - 7, v - 7, u + 7, v + 7) for u, v in spots.values()]
    for point, (u, v) in spots.items():
        wide, tall = (point.sd[0] or 0) * across, (point.sd[1] or 0) * up
        taken += [(u - wide, v - 2, u + wide, v + 2), (u - 2, v - tall, u + 2, v + tall)]
    found: list[tuple[Point, float, float]] = []
    size = _name_size()
    high = TALL * size / NAME_SIZE
    order = [*best, *(p for p in points if not p.compared or p.sought), *points]
    for point in dict.fromkeys(order):
        (u, v), half = spots[point], len(point.name) * size * LETTER / 2
        others = [(a - u, b - v) for p, (a, b) in spots.items() if p is not point]
        for right, down in _offsets(half, high):
            off = (right - half, down - high, right + half, down + high)
            box = (u + off[0], v + off[1], u + off[2], v + off[3])
            inside = box[0] >= 0 and box[2] <= WIDTH and box[1] >= 0 and box[3] <= axes_height
            if inside and _its_own(off, others) and not any(_meet(box, each) for each in taken):
                stroke = (u + min(right, 0) / 2, v + min(down, 0) / 2)
                taken += [box, (*stroke, u + max(right, 0) / 2, v + max(down, 0) / 2)]
                found.append((point, right, down))
                break
    return found


def _offsets(half: float, high: float) -> Iterator[tuple[float, float]]:
    """Middles of a name around its point, pixels to the right and down, the nearest first."""
    for far in FAR:
        for right, down in SIDES:
            gap = GAP * far * (0.75 if right and down else 1.0)
            yield right * (gap + half), down * (gap + high)


def _its_own(name: Box, others: Sequence[tuple[float, float]]) -> bool:
    """Whether a name is nearer to its point, at (0, 0), than to the others on every screen."""
    middle = (name[0] + name[2]) / 2, (name[1] + name[3]) / 2
    half = (name[2] - name[0]) / 2, (name[3] - name[1]) / 2
    for part in (1.0, NARROW):
        wide, high = part * half[0], part * half[1]
        box = (middle[0] - wide, middle[1] - high, middle[0] + wide, middle[1] + high)
        own = _apart(box, 0.0, 0.0) + NEARER
        if not all(_apart(box, u * wider, v) > own for wider in WIDER for u, v in others):
            return False
    return True


def _apart(box: Box, u: float, v: float) -> float:
    return math.hypot(max(box[0] - u, u - box[2], 0.0), max(box[1] - v, v - box[3], 0.0))


def _name_size() -> int:
    return max(NAME_SIZE, text_size())


def _range(values: Sequence[float], sds: Sequence[float | None]) -> Range:
    """Of an axis: all points, with room for their names; whiskers that leave it are cut."""
    span = max(values) - min(values) or abs(values[0]) or 1.0
    reach = [sd or 0.0 for sd in sds]
    low = min(v - min(sd, span / 2) for v, sd in zip(values, reach, strict=True))
    high = max(v + min(sd, span / 2) for v, sd in zip(values, reach, strict=True))
    return low - 0.06 * span, high + 0.06 * span


def _meet(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[0] < b[2] + AIR and b[0] < a[2] + AIR and a[1] < b[3] and b[1] < a[3]
