"""Whose a colour is, below charts that stand far from the columns' names."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ...reading.store_reader import Column
from ..generators.returned import RETRAINED
from ..paint import paint

__all__ = ["legend"]


def legend(shown: Sequence[Column], *, without: bool = False) -> None:
    """A line of dots and names.

    Args:
        shown: the columns.
        without: whether a retrained model is drawn that is none of them.
    """
    colours = paint(shown)
    dot = "width:.7rem;height:.7rem;border-radius:50%;background:{}"
    marks = [(column.label, dot.format(colours[column.label])) for column in shown]
    if without:
        marks.append((RETRAINED, "width:1.3rem;border-top:3px dotted;vertical-align:.25rem"))
    dots = "".join(
        f'<span style="white-space:nowrap"><i style="display:inline-block;{mark};'
        f'margin-right:.35rem"></i>{html.escape(name)}</span>'
        for name, mark in marks
    )
    size = "max(.9rem,var(--least-text,0px))"
    st.html(
        '<div data-testid="colours" style="display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;'
        f'font-size:{size}">{dots}</div>'
    )
