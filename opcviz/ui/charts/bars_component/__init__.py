"""Bars of recovery attacks, one chart a model, on the page that everybody opens first.

Plotly's code in the browser is 4.7 MB, more than all the rest that a first visitor loads and runs,
and this page needs a dozen bars of it. A Streamlit component (version 2: no iframe, no build step,
nothing from the network) draws the same in a few kilobytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ..shared import MOUNT, script
from .payload import Bars, build_payload

__all__ = ["Bars", "recovery_bars"]

_HERE = Path(__file__).parent
_HTML = '<div class="row" data-testid="recovery-bars"></div>'
_mount = st.components.v2.component(
    "opcviz_recovery_bars",
    html=_HTML,
    css=script(_HERE / "bars.css"),
    js=script(MOUNT, _HERE / "bars.js"),
)


def recovery_bars(charts: Sequence[Bars], *, key: str, height: int = 190) -> None:
    """Draw a row of bar charts. Columns and gaps are those of `st.columns(len(charts))`.

    Args:
        charts: one a model.
        key: names the component on its page.
        height: of each chart, pixels, beside text of usual size.
    """
    _mount(key=key, data=build_payload(charts, height=height))
