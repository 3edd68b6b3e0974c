"""The table of measures of generators: what they draw, and how well what they should keep."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ....study import StudyResult
from ...reading.store_reader import Column
from ..measures_table import table
from ..sentences import title

__all__ = ["measured"]

HOW = (
    "Every figure has its baseline: the original above, and the retrained model, which never saw "
    "the forgotten class. The goal is to be like the retrained model in what was forgotten, and "
    "like the original in what is kept."
)


def measured(study: StudyResult, shown: Sequence[Column]) -> None:
    """The table.

    Args:
        study: on the page.
        shown: its columns.
    """
    title("In figures", HOW)
    table(study, shown)
    st.caption(
        "The judge is a classifier of the same data with an answer for what is no class at all. "
        "*Genuine* is what it judges to be of the class and what lies among that class's real "
        "pictures, too: a judge alone would name noise, and be wrong."
    )
