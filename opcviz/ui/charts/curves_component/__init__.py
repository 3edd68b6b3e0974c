"""Curves of a run, drawn anew in place with every epoch.

`st.plotly_chart` makes a new element of each new figure: a chart that changes three times a second
would vanish and come back each time. This component (version 2: no iframe, no build step, nothing
from the network) keeps its picture and only moves the lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ..shared import MOUNT, script
from ..theme import scaled, text_size
from .payload import CURVES, DASHED, DOTTED, Curve, Level, build_payload

__all__ = ["CURVES", "DASHED", "DOTTED", "Curve", "Level", "run_curves"]

_HERE = Path(__file__).parent
_HTML = """
<div class="curves" data-testid="run-curves" data-updates="0" data-epochs="0">
  <svg role="img" xmlns="http://www.w3.org/2000/svg"></svg>
  <button class="save" type="button" title="Save as SVG" aria-label="Save as SVG">⤓</button>
  <div class="tip" role="tooltip" hidden></div>
</div>
"""
_mount = st.components.v2.component(
    "opcviz_run_curves",
    html=_HTML,
    css=script(_HERE / "curves.css"),
    js=script(MOUNT, _HERE / "curves.js"),
)


def run_curves(
    history: Sequence[Mapping[str, Any]],
    *,
    key: str,
    losses: Sequence[tuple[float, float | None]] = (),
    epochs: int | None = None,
    charts: Sequence[str] = ("loss", "norm", "accuracy"),
    levels: Sequence[Level] = (),
    height: int = 290,
) -> None:
    """What a run did so far; with the same `key` the chart stays and its lines grow.

    Args:
        history, losses, epochs, charts, levels: see `payload.build_payload`.
        key: names the component on its page.
        height: pixels, beside text of usual size.
    """
    payload = build_payload(history, losses=losses, epochs=epochs, charts=charts, levels=levels)
    look = {"height": scaled(height), "text": text_size()}
    _mount(key=key, data={**payload, **look, "file": key})
