"""Scenarios that bound conditions: a region, or magnitudes, of records of earthquakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..common.config import ConfigError
from .base import Data, DataError
from .scenario_text import BOUNDED, EXAMPLES

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Box", "box_of", "check_bounds", "within"]

Box = tuple[tuple[int, float, float], ...]
"""Columns of a condition with their bounds, both of which lie inside."""


def check_bounds(kind: str, bounds: Sequence[float]) -> None:
    """See that bounds are pairs in ascending order, as many as the kind wants.

    Raises:
        ConfigError: when they are not.
    """
    wanted = 2 * len(BOUNDED[kind])
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    if len(bounds) != wanted or any(not low < high for low, high in pairs):
        raise ConfigError(
            f"Scenario.bounds: {kind} wants {wanted} numbers, of each two the first below the "
            f"second, as in {EXAMPLES[kind]}; got {', '.join(map(str, bounds)) or 'none'}"
        )


def box_of(kind: str, bounds: Sequence[float]) -> Box:
    """The bounds by the columns that a kind of scenario bounds."""
    return tuple(zip(BOUNDED[kind], bounds[::2], bounds[1::2], strict=True))


def within(data: Data, box: Box, called: str) -> tuple[np.ndarray, np.ndarray]:
    """Which train and which test records have conditions in the box, bool each.

    Raises:
        DataError: for data that are no records of earthquakes.
    """
    if not hasattr(data, "onset"):
        raise DataError(f"{called} forgets records of earthquakes, and {data.name} has none")

    def inside(y: Tensor) -> np.ndarray:
        asked = y.cpu().numpy()
        found: np.ndarray = np.all(
            [(asked[:, at] >= low) & (asked[:, at] <= high) for at, low, high in box], axis=0
        )
        return found

    return inside(data.y_train), inside(data.y_test)
