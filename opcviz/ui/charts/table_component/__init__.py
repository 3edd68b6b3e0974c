"""A table that is read like a sheet: head and first column stay in sight, every head sorts.

`st.dataframe` draws its cells on a canvas: no second line in a cell, no head that says more under
the pointer than one plain text, nothing that a screen reader or a test can read, and no Enter that
opens a row. A Streamlit component (version 2: no iframe, no build step, nothing from the network)
is a plain HTML table. It sorts nothing itself: Python is told what was pressed and sends the rows
in another order, so that links and downloads have the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ..shared import MOUNT, script
from .payload import Cell, Head, TableRow, build_payload

__all__ = ["Cell", "Head", "TableRow", "table"]

_HERE = Path(__file__).parent
_HTML = """
<div class="board" data-testid="table">
  <div class="wrap"><table role="grid"><thead></thead><tbody></tbody></table></div>
  <div class="tip" id="tip" role="tooltip" hidden></div>
</div>
"""
_mount = st.components.v2.component(
    "opcviz_table",
    html=_HTML,
    css=script(_HERE / "table.css"),
    js=script(MOUNT, _HERE / "table.js"),
)


def table(
    heads: Sequence[Head],
    rows: Sequence[TableRow],
    *,
    key: str,
    corner: Head,
    sort: str = "",
    down: bool = False,
    label: str = "",
    empty: str = "",
    on_sort: Callable[[str], None] | None = None,
    on_open: Callable[[str], None] | None = None,
    on_tick: Callable[[str], None] | None = None,
) -> None:
    """Draw a table.

    Args:
        heads, rows, corner, sort, down, label, empty: see `payload.build_payload`.
        key: names the component on its page.
        on_sort, on_open, on_tick: called with the key of the column, or row, before the rerun that
            a press causes.
    """
    payload = build_payload(
        heads, rows, corner=corner, sort=sort, down=down, label=label, empty=empty
    )

    def told(name: str, act: Callable[[str], None] | None) -> Callable[[], None]:
        def call() -> None:
            sent: Any = (st.session_state.get(key) or {}).get(name)
            if act is not None and isinstance(sent, str):
                act(sent)

        return call

    _mount(
        key=key,
        data=payload,
        on_sort_change=told("sort", on_sort),
        on_open_change=told("open", on_open),
        on_tick_change=told("tick", on_tick),
    )
