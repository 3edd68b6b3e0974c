"""A page is rows of evidence, one below the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

__all__ = ["Row", "show_rows"]


@dataclass(frozen=True)
class Row:
    """One kind of evidence.

    Attributes:
        key: names it on its page: a word of letters and dashes.
        draw: draws it, its heading included.
        explain: one plain sentence on how to read it, shown where explanations are on.
    """

    key: str
    draw: Callable[[], object]
    explain: str = ""


def show_rows(rows: Sequence[Row]) -> None:
    """Draw the rows of a page, each in a container `row-KEY`.

    Args:
        rows: from top to bottom.
    """
    for row in rows:
        with st.container(key=f"row-{row.key}"):
            row.draw()
