"""The names of the columns, which stay in sight while the page is scrolled."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ..reading.store_reader import Column
from .paint import paint
from .verdicts import chip

__all__ = ["names"]


def names(shown: Sequence[Column]) -> None:
    """A strip with each model's name in its own colour and what is gone, above its column.

    Args:
        shown: the columns.
    """
    colours = paint(shown)
    with st.container(key="names"):
        for place, column in zip(st.columns(len(shown)), shown, strict=True):
            place.html(
                f'<div data-testid="name" style="border-left:.35rem solid {colours[column.label]};'
                'padding:.1rem 0 .1rem .5rem;line-height:1.3">'
                f'<span style="font-weight:650">{html.escape(column.label)}</span> '
                f"{chip(column.verdict)}</div>"
            )
