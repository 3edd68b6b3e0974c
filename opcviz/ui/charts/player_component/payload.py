"""What the player shows, as plain data for the browser. No Streamlit here."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bands import Band
from ..drawing import finite_or_none
from ..maps_component import Extent, Samples
from ..pictures import to_rgb
from ..theme import SHAPES, class_colors

__all__ = ["Bar", "Film", "Line", "Rebuilt", "build_payload", "frame_of"]

MOST_FRAMES = 41  # of a film; between them points glide
STEPS = 65_534  # of a coordinate in two bytes; one more stands for "no place"
INSIDE = 94.0  # percent of all points of a run that the frame holds at least
ROOM = 0.1  # of its width or height: what it may grow by on each side to hold the others, too
ALIKE = 3.0  # films that differ by more in size have a scale of their own


@dataclass(frozen=True)
class Bar:
    """One number of a model, at every epoch and in the end.

    Attributes:
        name: what it is, as it stands above the bar.
        values: one an epoch, from epoch 0 on; None where there is none. Empty: only the end.
        final: the stored figure, shown at the last epoch in place of the last value.
        none: what is said at the last epoch where there is no figure.
        unit, high: of the axis, which begins at 0.
        band: of the retrained models.
        marks: further levels to compare with, by what they are.
        words: the levels in words, below the bar.
        explain: how to read it; empty where nobody asked.
        digits: after the decimal point.
        on: the pictures of `values` and of `final`, as words beside the name; empty where it is
            the same for both.
        band_now: as `band`, of what `values` are measured on; None: nothing to compare them with.
        words_now: as `words`, while `values` are shown; empty: `words`.
        seeds: lowest and highest `final` of the method over its seeds; None: of one seed alone.
        exactly: what is told under the pointer: the words of the field behind plain ones.
    """

    name: str
    values: Sequence[float | None] = ()
    final: float | None = None
    none: str = ""
    unit: str = " %"
    high: float = 100.0
    band: Band | None = None
    marks: tuple[tuple[str, float], ...] = ()
    words: str = ""
    explain: str = ""
    digits: int = 1
    on: tuple[str, str] = ("", "")
    band_now: Band | None = None
    words_now: str = ""
    seeds: Band | None = None
    exactly: str = ""


@dataclass(frozen=True)
class Line:
    """A curve over the epochs.

    Attributes:
        name: as its key says.
        values: percent, one an epoch from 0 on; None leaves a gap.
        color: of the line.
        dash: of its stroke, as SVG has it; empty: none.
    """

    name: str
    values: Sequence[float | None]
    color: str
    dash: str = ""


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """Reconstructions of the same pictures after every epoch.

    Attributes:
        targets: (P, ...) the true pictures, as `to_rgb` takes them; None where they are not known.
        pictures: (E + 1, P, channels, H, W) bytes.
        psnr: (E + 1, P) dB, NaN where no gradient reaches the body.
    """

    targets: NDArray[Any] | None
    pictures: NDArray[np.uint8]
    psnr: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Film:
    """One model from its first to its last epoch.

    Attributes:
        title: the model's name.
        points: (E + 1, N, 2) coordinates, NaN where a sample has none; None for no film. A run that
            is watched has what it did so far.
        reason: why there is no film, for a person.
        last: the number of the last epoch, E.
        groups: (E + 1, N) number of the group of coincident samples, -1 alone; None: not known.
        chips: words beside the title, as HTML.
        about: what the method does, below the title; empty: nothing.
        bars: below the map.
        lines: of the chart of curves; none: no chart.
        band, marks: levels in that chart.
        rebuilt: below the bars.
        color: the model's own.
        why: what the labels beside the title were decided by.
        why_exactly: the same in the field's own words, under the pointer; empty: nothing.
        drawn_on: the pictures of the curves.
        how: further words below the bars, where explanations are on.
    """

    title: str
    points: NDArray[np.float32] | None = None
    reason: str = ""
    last: int = 0
    groups: NDArray[np.int16] | None = None
    chips: str = ""
    about: str = ""
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    band: Band | None = None
    marks: tuple[tuple[str, float], ...] = ()
    rebuilt: Rebuilt | None = None
    color: str = ""
    why: str = ""
    why_exactly: str = ""
    drawn_on: str = ""
    how: str = ""

    def __post_init__(self) -> None:
        """See that arrays fit together.

        Raises:
            ValueError: when they do not.
        """
        if self.points is None:
            if not self.reason:
                raise ValueError(f"Film '{self.title}': without points it needs a reason to show")
            return
        if self.points.ndim != 3 or self.points.shape[2] != 2 or not len(self.points):
            raise ValueError(f"Film '{self.title}': points are {self.points.shape}, not (F, N, 2)")
        if self.groups is not None and self.groups.shape != self.points.shape[:2]:
            raise ValueError(
                f"Film '{self.title}': groups are {self.groups.shape}, points {self.points.shape}"
            )


def frame_of(points: NDArray[Any]) -> Extent:
    """The range of a whole film: its ends in full, the origin, and nearly all points between.

    A few epochs of some runs throw points many times as far as they ever come to rest; a frame
    around those would show all other epochs as a dot. So it holds everything where that takes
    little room, and else as much as there is room for.

    Args:
        points: (F, N, 2).
    """
    flat = np.asarray(points, float).reshape(-1, 2)
    flat = flat[np.isfinite(flat).all(1)]
    ends = np.concatenate([points[0], points[-1], np.zeros((1, 2))]).astype(float)
    ends = ends[np.isfinite(ends).all(1)]
    if not len(flat):
        return (-1.0, 1.0, -1.0, 1.0)
    rest = (100 - INSIDE) / 2
    low = np.minimum(np.percentile(flat, rest, axis=0), ends.min(0))
    high = np.maximum(np.percentile(flat, 100 - rest, axis=0), ends.max(0))
    room = ROOM * (high - low)
    low = np.maximum(low - room, np.minimum(low, flat.min(0)))
    high = np.minimum(high + room, np.maximum(high, flat.max(0)))
    if float((high - low).max()) == 0:
        low, high = low - 1, high + 1
    return (float(low[0]), float(high[0]), float(low[1]), float(high[1]))


def _size(extent: Extent) -> float:
    return max(extent[1] - extent[0], extent[3] - extent[2])


def _frames(films: Sequence[Film]) -> tuple[list[Extent], bool]:
    """The range of each film, and whether it is the same for all."""
    own = [frame_of(f.points) if f.points is not None else (-1.0, 1.0, -1.0, 1.0) for f in films]
    drawn = [e for e, film in zip(own, films, strict=True) if film.points is not None]
    if not drawn or max(map(_size, drawn)) > ALIKE * min(map(_size, drawn)):
        return own, False
    low, high = np.min(drawn, axis=0), np.max(drawn, axis=0)
    shared = (float(low[0]), float(high[1]), float(low[2]), float(high[3]))
    return [shared] * len(films), True


def build_payload(films: Sequence[Film], samples: Samples, **layout: Any) -> dict[str, Any]:
    """Everything that is played, ready for JSON.

    Args:
        films: two to four models on the same samples.
        samples: the probe set.
        layout: passed on as it is.

    Raises:
        ValueError: when a film has another number of samples.
    """
    for film in films:
        if film.points is not None and film.points.shape[1] != len(samples.ids):
            raise ValueError(
                f"Film '{film.title}': {film.points.shape[1]} points an epoch, but there are "
                f"{len(samples.ids)} samples"
            )
    extents, shared = _frames(films)
    names, gone = list(map(str, samples.class_names)), samples.forgotten_classes
    colors = {theme: class_colors(len(names), gone, theme) for theme in ("light", "dark")}
    return {
        "labels": _text(samples.labels, np.uint16),
        "forget": _text(samples.forget, np.uint8),
        "names": names,
        "gone": sorted(gone),
        "shapes": [SHAPES[i] for i in colors["light"].shape],
        "colors": {t: {"vivid": c.vivid, "muted": c.muted} for t, c in colors.items()},
        "films": [_film(f, e, layout) for f, e in zip(films, extents, strict=True)],
        "shared": shared,
        **layout,
    }


def _film(film: Film, extent: Extent, layout: dict[str, Any]) -> dict[str, Any]:
    count = 0 if film.points is None else len(film.points)
    at = _kept(count, newest=bool(layout.get("live")))
    number, groups = _numbers(film, at), film.groups
    return {
        "title": film.title,
        "reason": film.reason,
        "chips": film.chips,
        "about": film.about,
        "why": film.why,
        "whyExactly": film.why_exactly if film.why_exactly != film.why else "",
        "how": film.how,
        "drawnOn": film.drawn_on,
        "color": film.color,
        "last": film.last,
        "at": at,
        "extent": list(extent),
        **number,
        "groups": "" if groups is None or not at else _text(groups[at], np.int16),
        "bars": [_bar(bar, at) for bar in film.bars],
        "lines": [
            {
                "name": line.name,
                "color": line.color,
                "dash": line.dash,
                "values": [finite_or_none(v) for v in line.values],
            }
            for line in film.lines
        ],
        "band": [film.band.low, film.band.high] if film.band else None,
        "marks": [{"name": name, "value": value} for name, value in film.marks],
        "rebuilt": _rebuilt(film.rebuilt, at) if film.rebuilt and at else None,
    }


def _kept(count: int, *, newest: bool) -> list[int]:
    """The epochs whose points are sent: evenly spaced, the first and the last among them."""
    if newest:
        return [count - 1] if count else []
    return sorted({round(e) for e in np.linspace(0, count - 1, min(count, MOST_FRAMES)).tolist()})


def _numbers(film: Film, at: list[int]) -> dict[str, Any]:
    """Coordinates in two bytes each, and the range that these count in."""
    if film.points is None:
        return {"xy": "", "range": [0.0, 1.0]}
    points = np.asarray(film.points[at], np.float64)
    finite = points[np.isfinite(points)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    width = (high - low) or 1.0
    steps = np.where(np.isfinite(points), np.rint((points - low) / width * STEPS), STEPS + 1)
    return {"xy": _text(steps, np.uint16), "range": [low, low + width]}


def _bar(bar: Bar, at: list[int]) -> dict[str, Any]:
    known = [finite_or_none(v) for v in bar.values]
    return {
        "name": bar.name,
        # of an epoch that the history does not reach there is no figure
        "values": [known[e] if e < len(known) else None for e in at] if known else [],
        "final": finite_or_none(bar.final),
        "none": bar.none,
        "unit": bar.unit,
        "high": bar.high,
        "band": [bar.band.low, bar.band.high] if bar.band else None,
        "marks": [{"name": name, "value": value} for name, value in bar.marks],
        "seeds": [bar.seeds.low, bar.seeds.high] if bar.seeds else None,
        "bandNow": [bar.band_now.low, bar.band_now.high] if bar.band_now else None,
        "words": bar.words,
        "wordsNow": bar.words_now or bar.words,
        "explain": bar.explain,
        "exactly": bar.exactly,
        "digits": bar.digits,
        "on": list(bar.on),
    }


def _rebuilt(made: Rebuilt, at: list[int]) -> dict[str, Any] | None:
    """One sheet of pictures, a row an epoch, and how close each came."""
    pictures = made.pictures[at]
    frames, count = pictures.shape[:2]
    cells = to_rgb(pictures.reshape(-1, *pictures.shape[2:]))
    height, width = cells.shape[1:3]
    return {
        "sheet": _sheet(cells, count),
        "targets": None if made.targets is None else _sheet(to_rgb(made.targets), count),
        "frames": frames,
        "count": count,
        "width": width,
        "height": height,
        "psnr": [[finite_or_none(float(v)) for v in row] for row in made.psnr[at]],
    }


def _sheet(cells: NDArray[np.uint8], columns: int) -> str:
    """Pictures (n, H, W, 3) in rows of so many, as the address of one PNG."""
    from PIL import Image

    n, height, width, _ = cells.shape
    sheet = cells.reshape(n // columns, columns, height, width, 3).swapaxes(1, 2)
    image = Image.fromarray(np.ascontiguousarray(sheet).reshape(-1, columns * width, 3))
    if (np.ptp(cells, axis=3) == 0).all():
        image = image.convert("L")  # grey pictures: a third of the bytes
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _text(array: NDArray[Any], kind: type) -> str:
    """Little-endian bytes as base64, as the browser's typed arrays read them."""
    little = np.ascontiguousarray(array).astype(np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")
