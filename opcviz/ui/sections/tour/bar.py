"""The slim bar on a page that was opened from the tour: where it left off, and the way back."""

from __future__ import annotations

import streamlit as st

from ...charts.theme import projected
from ...reading import state
from .titles import TITLES

__all__ = ["tour_bar"]


def tour_bar(view: state.View) -> bool:
    """Draw the bar where the address says that the page was opened from a chapter.

    Args:
        view: of this run.

    Returns:
        Whether it is drawn.
    """
    if view.option("chapter"):  # belongs to the page of the tour alone
        state.choose(chapter="")
    at = int(view.option("tour") or 0)
    if not 1 <= at <= len(TITLES):
        return False
    hall = projected()  # the buttons that turn rows stand in the same line
    with st.container(
        key="tour-bar", horizontal=True, vertical_alignment="center", gap="medium", border=not hall
    ):
        for label, icon, to in (
            ("Back to the tour", "arrow_back", at),
            ("Next chapter", "arrow_forward", at + 1),
        ):
            if to <= len(TITLES):
                st.page_link(
                    "pages/learn.py",
                    label=label,
                    icon=f":material/{icon}:",
                    query_params={"chapter": str(to)},
                    width="content",
                )
        if hall:
            return True
        st.markdown(f"**Chapter {at} of {len(TITLES)}:** {TITLES[at - 1]}", width="content")
        st.button(
            "End the tour",
            key="tour.end",
            type="tertiary",
            on_click=lambda: state.choose(tour=""),
        )
    return True
