"""Pictures that generators drew, as they are kept beside the figures, and the words for these."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.text import percent
from ...results import DataResult, DrawnPictures, Regrowth

__all__ = ["FILE", "Gone", "Kept", "drawn_words", "kept_pictures", "regrown_words"]

FILE = "pictures.npz"
"""What every kind of artefact about generators keeps its pictures in."""

JUDGED, GENUINE = 1, 2

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Gone:
    """What the generators of a study were to forget.

    Attributes:
        labels: of the forgotten classes.
        names: of these.
    """

    labels: tuple[int, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, about: DataResult) -> Gone:
        """As the study's probe set says."""
        labels = tuple(about.forget_classes)
        return cls(labels, tuple(about.class_names[label] for label in labels))

    @property
    def words(self) -> str:
        """The names, as a sentence has them."""
        *most, last = self.names or ("what was forgotten",)
        return f"{', '.join(most)} or {last}" if most else last


@dataclass(frozen=True, eq=False)
class Kept:
    """Pictures as they were kept.

    Attributes:
        pictures: (..., N, C, H, W) uint8.
        marks: (..., N) 0: not of a forgotten class, 1: judged to be, 2: genuine; or of the last of
            several steps alone, (N,); empty where nobody judged them one by one.
    """

    pictures: NDArray[np.uint8]
    marks: NDArray[np.int_] = field(default_factory=lambda: np.empty(0, int))


def kept_pictures(
    arrays: Arrays, name: str, axes: int, gone: Gone, *, judged: str = "", most: int | None = None
) -> Kept | None:
    """Pictures of one name with what the judge says of each; None where there are none.

    Args:
        arrays: of the file.
        name: of the pictures.
        axes: before those of a single picture: 1 for a row of them, 2 for rows by step.
        gone: what was to be forgotten.
        judged: what stands before `judged` and `genuine` in the names of their arrays.
        most: as many pictures of a row.
    """
    found = arrays.get(name)
    if found is None or found.dtype != np.uint8 or found.ndim != axes + 3 or not found.size:
        return None
    if found.shape[-3] not in (1, 3):
        return None
    pictures = found[(..., slice(most), *3 * (slice(None),))]
    row = pictures.shape[: axes - 1], pictures.shape[axes - 1]
    said, real = (arrays.get(f"{judged}{word}") for word in ("judged", "genuine"))
    if said is None or real is None or said.shape != real.shape:
        return Kept(pictures)
    marks = _marks(said, real, gone.labels)[..., :most]
    if marks.shape not in ((*row[0], row[1]), (row[1],)):
        return Kept(pictures)
    return Kept(pictures, marks)


def _marks(
    judged: NDArray[Any], genuine: NDArray[Any], labels: Collection[int]
) -> NDArray[np.int_]:
    ours = np.isin(judged, list(labels))
    return np.where(ours & genuine.astype(bool), GENUINE, np.where(ours, JUDGED, 0)).astype(int)


def drawn_words(drawn: DrawnPictures, gone: Gone) -> str:
    """How many of some pictures are of a forgotten class, in a line."""
    none = f", {percent(drawn.none)} no class at all" if drawn.none >= 1 else ""
    return f"{_both(drawn.judged, drawn.genuine, gone)}{none}"


def regrown_words(curve: Sequence[Regrowth], gone: Gone) -> list[str]:
    """The same at each point of an attack."""
    return [_both(point.judged, point.genuine, gone) for point in curve]


def _both(judged: float, genuine: float, gone: Gone) -> str:
    return f"{percent(judged)} judged {gone.words}, {percent(genuine)} genuine"
