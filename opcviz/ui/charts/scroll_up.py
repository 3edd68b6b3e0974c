"""Brings the beginning of the page, or one of its rows, into sight, once for each reason."""

from __future__ import annotations

import streamlit as st

__all__ = ["scroll_to_row", "scroll_up"]

_JS = """
export default function () {
  document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0, behavior: "instant" });
}
"""
_TO_ROW = """
export default function ({ data, parentElement }) {
  if (parentElement.followed) return; // once, not with every run of the page
  parentElement.followed = true;
  // rows above are still being drawn, and push this one down: follow it until a person moves
  const began = performance.now();
  const stop = new AbortController();
  for (const act of ["wheel", "touchstart", "keydown", "pointerdown"])
    window.addEventListener(act, () => stop.abort(), { signal: stop.signal, passive: true });
  const follow = () => {
    const late = performance.now() - began > 4000;
    if (stop.signal.aborted || !parentElement.isConnected || late) return stop.abort();
    const row = document.querySelector(`.st-key-row-${data.row}`);
    if (row) row.style.scrollMarginTop = "7rem"; // the navigation and the models' names stay
    row?.scrollIntoView({ behavior: "instant" });
    setTimeout(follow, 200);
  };
  follow();
}
"""
_mount = st.components.v2.component("opcviz_scroll_up", html="<span></span>", js=_JS)


def scroll_up(reason: str) -> None:
    """Scroll the page to its beginning when the browser gets to draw this.

    Args:
        reason: what is to be seen there; names the component.
    """
    _mount(key=f"scroll.{reason}", data={}, height=1)


_to_row = st.components.v2.component("opcviz_to_row", html="<span></span>", js=_TO_ROW)


def scroll_to_row(row: str) -> None:
    """Bring a row of the page into sight when the browser gets to draw this.

    Args:
        row: its key.
    """
    _to_row(key=f"scroll.row.{row}", data={"row": row}, height=1)
