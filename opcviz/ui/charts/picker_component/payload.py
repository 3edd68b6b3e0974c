"""Thumbnails by class as plain data for the browser."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Shelf", "build_payload"]


@dataclass(frozen=True, eq=False)
class Shelf:
    """The pictures of one class.

    Attributes:
        label: the class.
        ids: of its N pictures.
        forget: (N,) whether each is forgotten data.
        pictures: (N, C, H, W) uint8.
        left_out: how many more there are.
    """

    label: str
    ids: Sequence[int]
    forget: Sequence[bool]
    pictures: NDArray[np.uint8]
    left_out: int = 0


def build_payload(
    shelves: Sequence[Shelf], chosen: Sequence[int], *, height: int, seq: int
) -> dict[str, Any]:
    """The shelves for the browser.

    Args:
        shelves: one a class.
        chosen: ids of the chosen pictures.
        height: after so many pixels it scrolls.
        seq: of the last choice that the browser sent.

    Raises:
        ValueError: for ids, marks and pictures that are not equally many.
    """
    for shelf in shelves:
        if not len(shelf.ids) == len(shelf.forget) == len(shelf.pictures):
            raise ValueError(
                f"class {shelf.label}: {len(shelf.ids)} ids, {len(shelf.forget)} marks and "
                f"{len(shelf.pictures)} pictures"
            )
    shapes = {shelf.pictures.shape[1:] for shelf in shelves}
    if len(shapes) > 1:
        raise ValueError(f"pictures of several shapes: {sorted(shapes)}")
    return {
        "shape": list(next(iter(shapes), (1, 1, 1))),
        "height": height,
        "seq": seq,
        "chosen": [int(i) for i in chosen],
        "shelves": [
            {
                "label": shelf.label,
                "ids": [int(i) for i in shelf.ids],
                "forget": [bool(each) for each in shelf.forget],
                "more": shelf.left_out,
                "pictures": base64.b64encode(np.ascontiguousarray(shelf.pictures).tobytes()).decode(
                    "ascii"
                ),
            }
            for shelf in shelves
        ],
    }
