"""What a report shows to the eye: rebuilt pictures, and maps of the features."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..common.json_types import Json
from ..common.records import defined
from ..results import InversionSummary
from ..study import ModelResult, StoreError, StudyResult
from .charts import scatters
from .figures import Cast

__all__ = ["Row", "feature_map", "png", "rebuilt"]

MOST_PICTURES = 8  # side by side on paper
LEAST_SIDE = 64  # pixels that a small picture is enlarged to, without blur
MOST_SIDE = 192  # pixels that a large one is reduced to: three for each on paper


@dataclass(frozen=True)
class Row:
    """A row of pictures.

    Attributes:
        name: whose they are.
        pictures: data addresses; None where nothing was found.
        says: below each picture.
    """

    name: str
    pictures: tuple[str | None, ...]
    says: tuple[str, ...]


def png(picture: np.ndarray) -> str:
    """A picture as a data address.

    Args:
        picture: (channels, H, W) uint8, of 1 or 3 channels.

    Raises:
        ValueError: for another shape or type.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[0] not in (1, 3):
        raise ValueError(f"a picture has 1 or 3 channels of bytes, not {picture.shape}")
    image = Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0))
    if max(image.size) > MOST_SIDE:
        image.thumbnail((MOST_SIDE, MOST_SIDE))
    scale = max(1, round(LEAST_SIDE / max(image.size)))
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def rebuilt(cast: Cast) -> tuple[Row, ...]:
    """The true pictures, and what was found of them in the original, a retrained and the audited
    model; empty where none was searched for."""
    arrays = cast.audited.arrays("inversion", "inversion.npz")
    if "pictures" not in arrays:
        return ()
    true = arrays["pictures"][:MOST_PICTURES]
    names = [_class(cast, each) for each in _labels(cast.audited)[: len(true)]]
    says = tuple(names) if len(names) == len(true) else ("",) * len(true)
    rows = [Row("true pictures", tuple(png(each) for each in true), says)]
    whose = [
        ("original", cast.original),
        ("retrained", next(iter(cast.retrained), None)),
        ("audited", cast.audited),
    ]
    rows += [row for name, model in whose if model and (row := _found(name, model, arrays["ids"]))]
    return tuple(rows)


def _labels(model: ModelResult) -> list[int]:
    about = model.results.get(InversionSummary)
    return list(about.per_picture.label) if defined(about) else []


def _class(cast: Cast, label: int) -> str:
    names = cast.data.class_names
    return names[label] if label < len(names) else str(label)


def _found(name: str, model: ModelResult, ids: np.ndarray) -> Row | None:
    """What one model gave away of the same pictures."""
    arrays = model.arrays("inversion", "inversion.npz")
    if not {"reconstructions", "found", "ids"} <= arrays.keys():
        return None
    if not np.array_equal(arrays["ids"], ids):
        return None
    about = model.results.get(InversionSummary)
    psnr = about.per_picture.psnr if defined(about) else ()
    pictures, says = [], []
    for i, picture in enumerate(arrays["reconstructions"][:MOST_PICTURES]):
        there = bool(arrays["found"][i])
        value = psnr[i] if i < len(psnr) else None
        pictures.append(png(picture) if there else None)
        says.append(f"{value:.1f} dB" if there and value is not None else "no gradient")
    return Row(name, tuple(pictures), tuple(says))


def feature_map(study: StudyResult, cast: Cast, kind: str) -> Json | None:
    """The map of the original, the first retrained and the audited model; None where there is
    none of the audited one."""
    try:
        probe, about = study.probe()
    except StoreError:
        return None
    panels = {}
    for name, model in (
        ("original", cast.original),
        ("retrained", next(iter(cast.retrained), None)),
        ("audited", cast.audited),
    ):
        points = model.arrays("maps", "maps.npz").get(kind) if model else None
        if points is not None and points.shape == (len(probe["ids"]), 2):
            panels[name] = points
    if "audited" not in panels:
        return None
    return scatters(panels, probe["labels"], probe["forget"], about.class_names, probe["ids"])
