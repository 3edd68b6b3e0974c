"""Steps of unlearning against steps of the attack: a table a model, and the pictures of a cell.

A Streamlit component (version 2: no iframe, no build step, nothing from the network). A press on a
cell shows what is drawn there, in every model at once: all pictures are in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ..shared import MOUNT, PICTURES, script
from .payload import DoseMap, DoseRow, build_payload

__all__ = ["DoseMap", "DoseRow", "dose_maps"]

_HERE = Path(__file__).parent
_HTML = '<div class="doses" data-testid="dose-maps" data-updates="0"></div>'
_mount = st.components.v2.component(
    "opcviz_dose_maps",
    html=_HTML,
    css=script(_HERE / "dose.css"),
    js=script(MOUNT, PICTURES, _HERE / "dose.js"),
)


def dose_maps(
    maps: Sequence[DoseMap],
    *,
    key: str,
    mark: tuple[str, str] = ("#173BCD", "#1ABBF7"),
) -> None:
    """Draw the maps; with the same `key` the chosen cell stays chosen.

    Args:
        maps, mark: see `payload.build_payload`.
        key: names the component on its page.
    """
    _mount(key=key, data=build_payload(maps, mark=mark))
