"""Pictures and what was rebuilt of them in one grid, which plays the search in the browser.

A Streamlit component (version 2: no iframe, no build step, nothing from the network). Columns are
the true pictures, rows what was found of them: a reconstruction always stands below its target.
Playing and scrubbing stay in the browser; only where the slider comes to rest is told to Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ..shared import MOUNT, PICTURES, STEPS, script
from .payload import Track, build_payload

__all__ = ["Track", "picture_grid"]

_HERE = Path(__file__).parent
_HTML = """
<div class="search" data-testid="picture-grid" data-updates="0">
  <div class="bar" hidden>
    <button class="play" type="button">Play</button>
    <input class="scrub" type="range" min="0" value="0">
    <output class="where"></output>
  </div>
  <div class="grids"></div>
</div>
"""
_mount = st.components.v2.component(
    "opcviz_picture_grid",
    html=_HTML,
    css=script(_HERE / "grid.css"),
    js=script(MOUNT, PICTURES, STEPS, _HERE / "grid.js"),
)


def picture_grid(
    targets: NDArray[np.uint8],
    captions: Sequence[str],
    tracks: Sequence[Track],
    *,
    key: str,
    at: int | None = None,
    on_step: Callable[[int | None], None] | None = None,
    title: str = "True pictures",
) -> None:
    """Draw the grid; with the same `key` its pictures change in place.

    Args:
        targets, captions, tracks, title: see `payload.build_payload`.
        key: names the component on its page.
        at: the step to show, kept by the caller from `on_step`; None: the last.
        on_step: called with the step at which the slider came to rest; None: the last.
    """

    def moved() -> None:
        sent = (st.session_state.get(key) or {}).get("step")
        if on_step is not None and sent is not None:
            on_step(None if sent < 0 else int(sent))

    data = build_payload(targets, captions, tracks, at=at, title=title)
    _mount(key=key, data=data, on_step_change=moved)
