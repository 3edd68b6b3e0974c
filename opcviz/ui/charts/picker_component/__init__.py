"""Thumbnails by class, some of which are chosen by a click.

A Streamlit component (version 2: no iframe, no build step, nothing from the network): a button a
picture, so that a hundred of them cost one element of the page and the keyboard reaches each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ..shared import MOUNT, PICTURES, script
from .payload import Shelf, build_payload

__all__ = ["Shelf", "pick_pictures"]

_HERE = Path(__file__).parent
_HTML = '<div class="picker" data-testid="picture-picker"></div>'
_mount = st.components.v2.component(
    "opcviz_picture_picker",
    html=_HTML,
    css=script(_HERE / "picker.css"),
    js=script(MOUNT, PICTURES, _HERE / "picker.js"),
)


def pick_pictures(
    shelves: Sequence[Shelf],
    chosen: Sequence[int],
    *,
    key: str,
    on_pick: Callable[[tuple[int, ...]], None],
    height: int = 230,
) -> None:
    """Draw the pictures to choose from.

    Args:
        shelves: one a class.
        chosen: ids of the pictures that are chosen, in their order, kept by the caller.
        key: names the component on its page.
        on_pick: called with the chosen ids before the rerun that a click causes.
        height: after so many pixels it scrolls.
    """

    def picked() -> None:
        sent = _stored(key).get("ids")
        if sent is not None:
            on_pick(tuple(int(i) for i in sent))

    data = build_payload(shelves, chosen, height=height, seq=int(_stored(key).get("seq", 0)))
    _mount(key=key, data=data, on_chosen_change=picked)


def _stored(key: str) -> dict[str, Any]:
    """What the browser last sent under this key, if anything."""
    state = st.session_state.get(key)
    return (state.get("chosen") if state else None) or {}
