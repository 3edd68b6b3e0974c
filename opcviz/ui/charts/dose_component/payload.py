"""Dose maps as plain data for the browser. No Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..wall_component.payload import packed

__all__ = ["DoseMap", "DoseRow", "build_payload"]


@dataclass(frozen=True, eq=False)
class DoseRow:
    """One amount of unlearning, attacked for longer and longer.

    Attributes:
        label: how much was unlearned, in words.
        judged, genuine: percent at each amount of attack.
        pictures: (A, N, C, H, W) uint8 drawn at each; None where none were kept.
        marks: (A, N) as in `wall_component.Drawn`; empty: not judged one by one.
    """

    label: str
    judged: Sequence[float]
    genuine: Sequence[float]
    pictures: NDArray[np.uint8] | None = None
    marks: NDArray[np.int_] = field(default_factory=lambda: np.empty((0, 0), int))


@dataclass(frozen=True, eq=False)
class DoseMap:
    """The map of one model.

    Attributes:
        label: the model's name.
        color: of the model.
        steps: of the attack, by column.
        rows: by amount of unlearning.
        told: a sentence below it.
        reason: why there is no map.
    """

    label: str
    color: str
    steps: Sequence[int] = ()
    rows: Sequence[DoseRow] = ()
    told: str = ""
    reason: str = ""


def build_payload(
    maps: Sequence[DoseMap], *, mark: tuple[str, str] = ("#173BCD", "#1ABBF7")
) -> dict[str, Any]:
    """The maps for the browser.

    Args:
        maps: one a model.
        mark: colour of what came back, on light and on dark ground.

    Raises:
        ValueError: for a row that has not one figure, or one group of pictures, a column.
    """
    rows = [row for each in maps for row in each.rows if row.pictures is not None]
    shapes = {row.pictures.shape[2:] for row in rows if row.pictures is not None}
    if len(shapes) > 1:
        raise ValueError(f"pictures of one shape are wanted, not {sorted(shapes)}")
    return {
        "shape": [int(side) for side in next(iter(shapes), (1, 1, 1))],
        "mark": list(mark),
        "maps": [
            {
                "label": each.label,
                "color": each.color,
                "steps": [int(step) for step in each.steps],
                "rows": [_row(each, row) for row in each.rows],
                "told": each.told,
                "reason": each.reason,
            }
            for each in maps
        ],
    }


def _row(of: DoseMap, row: DoseRow) -> dict[str, Any]:
    wanted = len(of.steps)
    for name, count in (
        ("judged", len(row.judged)),
        ("genuine", len(row.genuine)),
        ("pictures", wanted if row.pictures is None else len(row.pictures)),
        ("marks", len(row.marks) or wanted),
    ):
        if count != wanted:
            raise ValueError(f"{of.label}, {row.label}: {count} {name}, not {wanted}")
    return {
        "label": row.label,
        "judged": [round(float(value), 1) for value in row.judged],
        "genuine": [round(float(value), 1) for value in row.genuine],
        "pictures": "" if row.pictures is None else packed(row.pictures),
        "count": 0 if row.pictures is None else int(row.pictures.shape[1]),
        "marks": row.marks.tolist(),
    }
