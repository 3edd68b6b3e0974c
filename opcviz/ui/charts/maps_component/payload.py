"""What the browser is sent: coordinates, answers and thumbnails as compact text."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..theme import SHAPES, class_colors
from .gather import gathered

__all__ = ["Extent", "Panel", "Samples", "Selection", "build_payload", "extent_of"]

Extent = tuple[float, float, float, float]
"""Range of a map: x0, x1, y0, y1."""

TOP_CLASSES = 3  # a sample's most probable classes that are sent


@dataclass(frozen=True, eq=False)
class Samples:
    """The probe set: the same samples in every map.

    Attributes:
        ids: (N,) positions in the data set, unique; they name samples in links and exports.
        labels: (N,) true classes, 0 .. C-1.
        forget: (N,) true for samples to be forgotten.
        class_names: the C names.
        pictures: (N, channels, H, W) or (N, H, W), uint8 or floats in [0, 1]; None for no
            thumbnails.

    Raises:
        ValueError: when lengths or ranges do not fit together.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    forget: NDArray[np.bool_]
    class_names: Sequence[str]
    pictures: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name, kind in (("ids", np.int64), ("labels", np.int64), ("forget", bool)):
            object.__setattr__(self, name, np.asarray(getattr(self, name), kind).reshape(-1))
        n = len(self.ids)
        lengths = {"labels": len(self.labels), "forget": len(self.forget)}
        if self.pictures is not None:
            lengths["pictures"] = len(self.pictures)
        for name, length in lengths.items():
            if length != n:
                raise ValueError(f"Samples: {n} ids but {length} {name}; they must be as many")
        if len(np.unique(self.ids)) != n:
            raise ValueError("Samples: ids repeat; each sample needs its own")
        if n and not 0 <= self.labels.min() <= self.labels.max() < len(self.class_names):
            raise ValueError(
                f"Samples: labels run from {self.labels.min()} to {self.labels.max()}, but there "
                f"are {len(self.class_names)} class names"
            )

    @cached_property
    def forgotten_classes(self) -> frozenset[int]:
        """Classes with no kept sample here; empty when single samples are forgotten."""
        gone = set(self.labels[self.forget].tolist()) - set(self.labels[~self.forget].tolist())
        return frozenset(gone)

    @cached_property
    def _encoded(self) -> dict[str, Any]:
        """The part of the payload that stays the same while maps move."""
        names = list(map(str, self.class_names))
        gone = self.forgotten_classes
        light, dark = (class_colors(len(names), gone, theme) for theme in ("light", "dark"))
        return {
            "ids": _text(self.ids, np.int32),
            "labels": _text(self.labels, np.uint16),
            "forget": _text(self.forget, np.uint8),
            "names": names,
            "colors": {
                "light": {"vivid": light.vivid, "muted": light.muted},
                "dark": {"vivid": dark.vivid, "muted": dark.muted},
            },
            "shapes": [SHAPES[i] for i in light.shape],
            "atlas": None if self.pictures is None or not len(self.ids) else _atlas(self.pictures),
        }


@dataclass(frozen=True, eq=False)
class Panel:
    """One model's map.

    Attributes:
        title: the model's name.
        points: (N, 2) coordinates, NaN where a sample has none; None for no map.
        probabilities: (N, C) in [0, 1], the model's answers, or None.
        reason: why there is no map, for a person.
        origin: where the origin of feature space lies in the map, marked with a cross; None where
            it has no place (UMAP).
        restored: (N,) the class that an attacker gets for each sample, or None.
        frames: (E, N, 2) the same map at E epochs, which the browser plays, or None.
        epochs: (E,) which epochs these are, increasing.
        groups: (N,) number of each sample's group of coincident samples, −1: alone; of a map with
            frames (E, N). Members are drawn as one mark at their common centroid. None where it is
            not known who coincides.

    Raises:
        ValueError: when there is neither a map nor a reason, or shapes do not fit.
    """

    title: str
    points: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float32] | None = None
    reason: str = ""
    origin: tuple[float, float] | None = None
    restored: NDArray[np.int16] | None = None
    frames: NDArray[np.float32] | None = None
    epochs: Sequence[int] = ()
    groups: NDArray[np.int16] | None = None

    def __post_init__(self) -> None:
        if self.frames is not None and len(self.frames) != len(self.epochs):
            raise ValueError(
                f"Panel '{self.title}': {len(self.frames)} frames of {len(self.epochs)} epochs"
            )
        if self.points is None:
            if not self.reason:
                raise ValueError(f"Panel '{self.title}': without points it needs a reason to show")
            return
        points = np.asarray(self.points, np.float32)
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"Panel '{self.title}': points are {points.shape}, not (N, 2)")
        object.__setattr__(self, "points", points)
        if not np.isfinite(points).all(1).any():
            object.__setattr__(self, "points", None)
            object.__setattr__(self, "reason", self.reason or "no map: no finite coordinates")

    @cached_property
    def gathered(self) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Points and frames with coincident samples at one place; the points must be there."""
        points, frames, groups = self.points, self.frames, self.groups
        if points is None or groups is None:
            return np.asarray(points, np.float32), frames
        if frames is None:
            return gathered(points, groups), None
        moving = [gathered(f, g) for f, g in zip(frames, groups, strict=True)]
        return gathered(points, groups[-1]), np.stack(moving)

    @cached_property
    def answers(self) -> tuple[str, str, int] | None:
        """Most probable classes (N, K) and their shares, encoded, and K."""
        if self.probabilities is None:
            return None
        p = np.nan_to_num(np.asarray(self.probabilities, np.float32))
        top = min(TOP_CLASSES, p.shape[1])
        best = np.argsort(-p, axis=1, kind="stable")[:, :top]
        share = np.take_along_axis(p, best, 1).clip(0, 1) * 10_000
        return _text(best, np.uint16), _text(share.round(), np.uint16), top


@dataclass(frozen=True)
class Selection:
    """What is selected, by sample id and class.

    Attributes:
        sample: the pinned sample, or None.
        samples: a set drawn around with the lasso.
        classes: classes chosen in the legend.
    """

    sample: int | None = None
    samples: tuple[int, ...] = field(default=())
    classes: tuple[int, ...] = field(default=())


def extent_of(*points: NDArray[Any], origin: tuple[float, float] | None = None) -> Extent:
    """The range that holds all finite points (and the origin), never empty.

    Args:
        points: arrays (..., 2): one map, several, or all epochs of a replay.
        origin: a further point to keep in view.
    """
    parts = [np.asarray(p, float).reshape(-1, 2) for p in points]
    if origin is not None:
        parts.append(np.asarray([origin], float))
    flat = np.concatenate(parts) if parts else np.empty((0, 2))
    flat = flat[np.isfinite(flat).all(1)]
    if not len(flat):
        return (-1.0, 1.0, -1.0, 1.0)
    (x0, y0), (x1, y1) = flat.min(0).tolist(), flat.max(0).tolist()
    if max(x1 - x0, y1 - y0) == 0:  # all in one point: any window around it will do
        x0, x1, y0, y1 = x0 - 1, x1 + 1, y0 - 1, y1 + 1
    return (x0, x1, y0, y1)


def build_payload(
    panels: Sequence[Panel],
    samples: Samples,
    *,
    extent: Extent | str = "own",
    **layout: Any,
) -> dict[str, Any]:
    """Everything one row of maps shows, ready for JSON.

    Args:
        panels: one per model; each has as many points as there are samples.
        samples: the probe set.
        extent: `own` range of each map, one `shared` by all, or a fixed range.
        layout: passed on as it is.

    Raises:
        ValueError: when a panel's arrays do not match the samples.
    """
    if extent == "shared":
        drawn = [
            (p.points if p.frames is None else p.frames, p.origin)
            for p in panels
            if p.points is not None
        ]
        origin = next((origin for _, origin in drawn if origin is not None), None)
        extent = extent_of(*(points for points, _ in drawn), origin=origin)
    return {
        **samples._encoded,
        "panels": [_panel(p, samples, extent) for p in panels],
        **layout,
    }


def _panel(panel: Panel, samples: Samples, extent: Extent | str) -> dict[str, Any]:
    n, classes = len(samples.ids), len(samples.class_names)
    for name, array, shape in (
        ("points", panel.points, (n, 2)),
        ("probabilities", panel.probabilities, (n, classes)),
        ("restored", panel.restored, (n,)),
        ("frames", panel.frames, (len(panel.epochs), n, 2)),
        ("groups", panel.groups, (n,) if panel.frames is None else (len(panel.epochs), n)),
    ):
        if array is not None and np.shape(array) != shape:
            raise ValueError(f"Panel '{panel.title}': {name} are {np.shape(array)}, not {shape}")
    if panel.points is None:
        return {"title": panel.title, "reason": panel.reason, "xy": "", "extent": [-1, 1, -1, 1]}
    points, frames = panel.gathered
    moving = points if frames is None else frames
    own = extent_of(moving, origin=panel.origin) if isinstance(extent, str) else extent
    best, share, top = panel.answers or ("", "", 0)
    return {
        "title": panel.title,
        "reason": "",
        "xy": _text(points, np.float32),
        "extent": list(own),
        "origin": panel.origin,
        "best": best,
        "share": share,
        "top": top,
        "restored": "" if panel.restored is None else _text(panel.restored, np.int16),
        "frames": "" if frames is None else _text(_steps(frames, own), np.uint16),
        "epochs": list(panel.epochs),
        "groups": "" if panel.groups is None else _text(panel.groups, np.int16),
    }


def _steps(frames: NDArray[np.float32], extent: Extent) -> NDArray[np.uint16]:
    """Coordinates as whole numbers over an extent, 0 to 65534; 65535 where there is no place."""
    low, high = np.asarray(extent[::2]), np.asarray(extent[1::2])
    share = (np.asarray(frames, float) - low) / np.maximum(high - low, 1e-12)
    there = np.isfinite(share).all(2, keepdims=True)
    steps = np.nan_to_num(share).clip(0, 1) * 65534
    whole: NDArray[np.uint16] = np.where(there, steps.round(), 65535).astype(np.uint16)
    return whole


def _text(array: NDArray[Any], kind: type) -> str:
    """Little-endian bytes as base64, as the browser's typed arrays read them."""
    little = np.ascontiguousarray(array, dtype=np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")


def _atlas(pictures: NDArray[Any]) -> dict[str, Any]:
    """All thumbnails in one PNG, row by row."""
    from PIL import Image

    from ..pictures import to_rgb

    cells = to_rgb(pictures)
    n, height, width, _ = cells.shape
    columns = int(np.ceil(np.sqrt(n)))
    rows = int(np.ceil(n / columns))
    padded = np.zeros((rows * columns, height, width, 3), np.uint8)
    padded[:n] = cells
    sheet = padded.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
    image = Image.fromarray(sheet.reshape(rows * height, columns * width, 3))
    if (np.ptp(cells, axis=3) == 0).all():
        image = image.convert("L")  # grey pictures: a third of the bytes
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"url": url, "width": width, "height": height, "columns": columns}
