"""Any two measures against each other: methods as points, and those that no other one beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from .bands import BAND_FILL, Band
from .drawing import apply_layout
from .theme import ink

__all__ = ["Axis", "Point", "front", "pareto_figure", "place_names"]

NAME_SIZE = 14  # px, of names beside points and of axis titles
LETTER, LINE = 0.56, 1.25  # width and height of a letter by its size
WIDTH, HEIGHT, AIR = 900.0, 460, 5.0  # px, of what names are placed in, and around a name
OFFSETS = ((0, -16), (0, 16), (12, 0), (-12, 0), (12, -16), (-12, -16), (12, 16), (-12, 16))
FAR = (1, 2, 3.2)  # multiples of these, the nearest first


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
        """How bad a value is: less is better, whatever the direction."""
        if self.better == "more":
            return -value
        if self.better == "less" or self.band is None:
            return value
        return max(self.band.low - value, value - self.band.high, 0.0)


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
    """

    name: str
    x: float
    y: float
    sd: tuple[float | None, float | None]
    colour: str
    compared: bool = True
    words: str = ""


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


def pareto_figure(points: Sequence[Point], x: Axis, y: Axis) -> go.Figure:
    """Methods as points with whiskers, the front as a line, the retrained models as a cross of bands.

    Args:
        points: methods and references.
        x, y: the measures.
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
    for (name, dx, dy), point in place_names(points, best):
        figure.add_annotation(
            x=point.x,
            y=point.y,
            text=f"<b>{name}</b>" if point in best else name,
            ax=dx,
            ay=dy,
            axref="pixel",
            ayref="pixel",
            showarrow=abs(dx) + abs(dy) > 30,
            arrowwidth=1,
            arrowhead=0,
            arrowcolor=ink.reference,
            standoff=6,
            font={"size": NAME_SIZE},
        )
    apply_layout(figure, HEIGHT, right=24, top=18, bottom=56)
    for axis, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
        update(title=axis.title, title_font_size=NAME_SIZE, showgrid=True)
    figure.update_layout(margin_l=72, hoverlabel={"font": {"size": NAME_SIZE}})
    return figure


def _shade(figure: go.Figure, band: Band, across: str) -> None:
    other = "y" if across == "x" else "x"
    box = {f"{across}0": band.low, f"{across}1": band.high, f"{other}0": 0, f"{other}1": 1}
    refs = {f"{across}ref": across, f"{other}ref": f"{other} domain"}
    edge = {"color": ink.retain, "width": 1}
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
    points: Sequence[Point], best: Sequence[Point]
) -> list[tuple[tuple[str, float, float], Point]]:
    """Where names stand beside their points, none on another one or on a point.

    Names of the front all stand, further away if need be; others only where there is room near.

    Args:
        points: all that are drawn.
        best: those of the front.

    Returns:
        Name and offset in pixels, to the right and down, with the point.
    """
    if not points:
        return []
    xs, ys = [p.x for p in points], [p.y for p in points]
    spans = (max(xs) - min(xs) or 1.0, max(ys) - min(ys) or 1.0)

    def spot(p: Point) -> tuple[float, float]:
        return ((p.x - min(xs)) / spans[0] * WIDTH, (max(ys) - p.y) / spans[1] * (HEIGHT - 100))

    taken = [(u - 6, v - 6, u + 6, v + 6) for u, v in map(spot, points)]
    found = []
    order = [*best, *(p for p in points if not p.compared), *points]
    for point in dict.fromkeys(order):
        u, v = spot(point)
        half = len(point.name) * NAME_SIZE * LETTER / 2
        tall = NAME_SIZE * LINE / 2
        distances = FAR if point in best else FAR[:1]
        for dx, dy in ((dx * far, dy * far) for far in distances for dx, dy in OFFSETS):
            # Plotly centres a text on its offset: beside the point it has to make room for itself
            right = dx + (half if dx > 0 else -half if dx < 0 else 0)
            box = (u + right - half, v + dy - tall, u + right + half, v + dy + tall)
            if -60 < box[0] and box[2] < WIDTH + 20 and not any(_meet(box, each) for each in taken):
                taken.append(box)
                found.append(((point.name, right, dy), point))
                break
    return found


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] + AIR and b[0] < a[2] + AIR and a[1] < b[3] and b[1] < a[3]
