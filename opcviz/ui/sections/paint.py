"""Which model has which colour: the same in every chart of a page."""

from __future__ import annotations

from collections.abc import Sequence

from ..charts.lines import LINE_COLOURS
from ..reading.store_reader import Column

__all__ = ["paint"]

OF_REFERENCES = {"original": LINE_COLOURS[0], "retrain": LINE_COLOURS[1]}


def paint(shown: Sequence[Column]) -> dict[str, str]:
    """A colour a label: the original's grey and the retrained models' green are nobody else's.

    Of several seeds of a reference the first has its colour, the others have what is left.

    Args:
        shown: the columns, at most as many as there are colours.
    """
    found: dict[str, str] = {}
    for name, colour in OF_REFERENCES.items():
        if first := next((column for column in shown if column.name == name), None):
            found[first.label] = colour
    rest = [column.label for column in shown if column.label not in found]
    free = [colour for colour in LINE_COLOURS if colour not in OF_REFERENCES.values()]
    spare = [colour for colour in OF_REFERENCES.values() if colour not in found.values()]
    return found | dict(zip(rest, [*free, *spare], strict=False))
