"""Brings the beginning of the page into sight, once for each reason."""

from __future__ import annotations

import streamlit as st

__all__ = ["scroll_up"]

_JS = """
export default function () {
  document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0, behavior: "instant" });
}
"""
_mount = st.components.v2.component("opcviz_scroll_up", html="<span></span>", js=_JS)


def scroll_up(reason: str) -> None:
    """Scroll the page to its beginning when the browser gets to draw this.

    Args:
        reason: what is to be seen there; names the component.
    """
    _mount(key=f"scroll.{reason}", data={}, height=1)
