"""Which model has which colour: its method's own, the same in every chart of every page."""

from __future__ import annotations

from collections.abc import Sequence

from ..charts.palette import shades
from ..reading.store_reader import Column

__all__ = ["paint"]


def paint(shown: Sequence[Column]) -> dict[str, str]:
    """A colour a label; several seeds of one method have shades of its colour.

    Args:
        shown: the columns.
    """
    return shades((column.label, column.name) for column in shown)
