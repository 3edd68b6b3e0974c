"""Keys that work anywhere on a page, as a Streamlit component (version 2) that draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

__all__ = ["listen"]

_mount = st.components.v2.component(
    "opcviz_keys",
    html='<span class="keys" data-testid="keys" hidden></span>',
    js=(Path(__file__).parent / "keys.js").read_text(encoding="utf-8"),
)


def listen(
    keys: Sequence[str],
    on_press: Callable[[str], None],
    *,
    key: str,
    at: str = "",
    scrolls: bool = False,
) -> None:
    """Call a function when one of the keys is pressed and nobody else wants it.

    Args:
        keys: as browsers call them: `p`, `Escape`, `ArrowRight`.
        on_press: told the key, before the rerun that it causes.
        key: names the component on its page.
        at: what is shown now; when it changes the page is scrolled to its top.
        scrolls: whether the arrows up and down and the space bar scroll the page, wherever the
            reader clicked last; where it is as high as its window they scroll its table.
    """

    def pressed() -> None:
        name = st.session_state[key].get("pressed")
        if name:
            on_press(name)

    # a tuple: of a list it is asked whether it is a table, for which pandas would be imported
    data = {"keys": tuple(keys), "at": at, "scrolls": scrolls}
    _mount(key=key, data=data, on_pressed_change=pressed)
