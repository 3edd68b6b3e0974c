"""What a table looks like, as plain data for the browser. No Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Cell", "Head", "TableRow", "build_payload"]


@dataclass(frozen=True)
class Head:
    """A column's head.

    Attributes:
        key: names it when it is pressed.
        text: its name.
        sign: an arrow beside it.
        help: what is told of it under the pointer, a paragraph each.
        group: columns side by side with the same one stand under its name.
        words: whether its cells are words, which stand at the left.
        sorts: whether pressing it sorts.
    """

    key: str
    text: str
    sign: str = ""
    help: tuple[str, ...] = ()
    group: str = ""
    words: bool = False
    sorts: bool = True


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what stands in it.
        below: a second, quieter line.
        heat: −1 to 1; its background: none at 0.
        help: what is told of it under the pointer.
        colour: of a mark before the text.
    """

    text: str
    below: str = ""
    heat: float = 0.0
    help: str = ""
    colour: str = ""


@dataclass(frozen=True)
class TableRow:
    """One row.

    Attributes:
        key: names it when it is opened or ticked.
        head: its first cell, which stays in sight.
        cells: one a column.
        fixed: whether it belongs to those at the top, below which a line is drawn.
        ticked: whether its box is; None where it has none.
        opens: whether it can be opened.
        marked: whether it has an edge of its own colour, so that it is found.
    """

    key: str
    head: Cell
    cells: tuple[Cell, ...]
    fixed: bool = False
    ticked: bool | None = None
    opens: bool = False
    marked: bool = False


def build_payload(
    heads: Sequence[Head],
    rows: Sequence[TableRow],
    *,
    corner: Head,
    sort: str = "",
    down: bool = False,
    label: str = "",
    empty: str = "",
) -> dict[str, Any]:
    """A table, ready for JSON; what is empty is left out.

    Args:
        heads: of the columns after the first.
        rows: in the order in which they stand.
        corner: head of the first column.
        sort, down: key of the column that they are sorted by, and whether the greatest comes first.
        label: what the table is, for those who do not see it.
        empty: what stands below where there are no rows but fixed ones.

    Raises:
        ValueError: when a row has not one cell a column.
    """
    for row in rows:
        if len(row.cells) != len(heads):
            raise ValueError(f"row '{row.key}' has {len(row.cells)} cells, not {len(heads)}")
    groups: list[dict[str, Any]] = []
    for head in heads:
        if groups and groups[-1]["name"] == head.group:
            groups[-1]["span"] += 1
        else:
            groups.append({"name": head.group, "span": 1})
    return {
        "corner": _filled(corner),
        "groups": groups if any(group["name"] for group in groups) else [],
        "heads": [_filled(head) for head in heads],
        "rows": [
            {
                "key": row.key,
                "fixed": row.fixed,
                "ticked": row.ticked,
                "opens": row.opens,
                "marked": row.marked,
                "cells": [_filled(cell) for cell in (row.head, *row.cells)],
            }
            for row in rows
        ],
        "sort": sort,
        "down": down,
        "label": label,
        "empty": "" if any(not row.fixed for row in rows) else empty,
    }


def _filled(part: Head | Cell) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(part).items() if v}
