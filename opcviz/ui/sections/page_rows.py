"""A page is rows of evidence, one below the other."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from ..charts.scroll_up import scroll_to_row
from ..reading import state
from .presentation import presenting, turner

__all__ = ["Row", "explained", "show_rows"]

EXPLAINED = (
    "margin:.2rem 0 .6rem;padding:.15rem 0 .15rem .8rem;max-width:62em;line-height:1.5;"
    "border-left:3px solid var(--st-primary-color,#2B86C9);"
    "font-size:max(16px,var(--least-text,0px))"
)


@dataclass(frozen=True)
class Row:
    """One kind of evidence.

    Attributes:
        key: names it on its page: a word of letters and dashes.
        draw: draws it, its heading included.
        explain: one plain sentence on how to read it, shown where explanations are on, and in a
            presentation.
        slides: what a presentation draws instead, one part of it a screen, where all of it would
            be taller than one.
        slides_explain: a sentence for each of these screens, where they show different things;
            without them each has `explain`.
    """

    key: str
    draw: Callable[[], object]
    explain: str = ""
    slides: Sequence[Callable[[], object]] = ()
    slides_explain: Sequence[str] = ()

    def for_a_hall(self) -> list[Row]:
        """The same row, a screen each."""
        if not self.slides:
            return [self]
        told = self.slides_explain or [self.explain] * len(self.slides)
        return [
            replace(self, draw=draw, explain=words, slides=(), slides_explain=())
            for draw, words in zip(self.slides, told, strict=True)
        ]


def show_rows(rows: Sequence[Row]) -> None:
    """Draw the rows of a page, each in a container `row-KEY`.

    A presentation shows one of them, and nothing that the page has below its rows: it ends here.

    Args:
        rows: from top to bottom.
    """
    explains = state.option("explain") == "on"
    shown = list(rows)
    if presenting() and shown:
        shown = [slide for row in rows for slide in row.for_a_hall()]
        at = turner(len(shown))
        shown, explains = shown[at : at + 1], True
    for row in shown:
        with st.container(key=f"row-{row.key}"):
            row.draw()
            if explains and row.explain:
                explained(row.explain)
    if presenting():
        st.stop()
    at = int(state.option("row") or 0)
    if state.option("tour") and 1 <= at <= len(rows):  # a chapter's link names what it is about
        scroll_to_row(rows[at - 1].key)


def explained(text: str) -> None:
    """A sentence on how to read what stands above it."""
    st.html(f'<p data-testid="explain" style="{EXPLAINED}">{html.escape(text)}</p>')
