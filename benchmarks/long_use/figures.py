"""What a part of the benchmark found: rows of a table, printed and written into the document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Row", "table"]


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        what: was counted or measured.
        found: the figure, in words.
        asked: what it is to be, in words; empty where nothing is asked of it.
        met: whether it is so; None where nothing is asked.
    """

    what: str
    found: str
    asked: str = ""
    met: bool | None = None


def table(rows: Iterable[Row]) -> str:
    """A Markdown table; what is not as asked stands out."""
    lines = ["| what | found | asked |", "|---|---|---|"]
    for row in rows:
        missed = " **not met**" if row.met is False else ""
        lines.append(f"| {row.what} | {row.found}{missed} | {row.asked or '–'} |")
    return "\n".join(lines)
