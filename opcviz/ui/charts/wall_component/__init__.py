"""What several models draw from the same noise, side by side, with a scrubber over its steps.

A Streamlit component (version 2: no iframe, no build step, nothing from the network). Columns are
models; the picture in one place of every column began in the same noise. Scrubbing and playing stay
in the browser: all steps are sent at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ..shared import MOUNT, PICTURES, STEPS, script
from .payload import Drawn, build_payload, kept_place

__all__ = ["Drawn", "picture_wall"]

_HERE = Path(__file__).parent
_HTML = """
<div class="wall" data-testid="picture-wall" data-updates="0">
  <div class="bar" hidden>
    <button class="play" type="button">Play</button>
    <input class="scrub" type="range" min="0" value="0">
    <output class="where"></output>
    <span class="late" hidden>Edges and figures are of the last step.</span>
  </div>
  <div class="columns"></div>
</div>
"""
_mount = st.components.v2.component(
    "opcviz_picture_wall",
    html=_HTML,
    css=script(_HERE / "wall.css"),
    js=script(MOUNT, PICTURES, STEPS, _HERE / "wall.js"),
)


def picture_wall(
    columns: Sequence[Drawn],
    *,
    key: str,
    steps: Sequence[str] = (),
    what: str = "the steps",
    mark: tuple[str, str] = ("#173BCD", "#1ABBF7"),
) -> None:
    """Draw the columns; with the same `key` their pictures change in place.

    Args:
        columns, steps, what, mark: see `payload.build_payload`.
        key: names the component on its page.
    """
    place = f".stApp .st-key-{key.replace('.', '-')}:not(:has([data-drawn]))"
    st.html(f"<style>{kept_place(place, columns, steps=steps)}</style>")
    _mount(key=key, data=build_payload(columns, steps=steps, what=what, mark=mark))
