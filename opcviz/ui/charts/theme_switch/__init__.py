"""A button that turns the app light or dark, whatever the computer is set to.

Streamlit keeps a visitor's theme in the browser, by the address that the app was opened at, and
reads it once when it starts; its own switch stands in a menu that is hidden here. So the button
writes it for every page and loads the page again: all that was chosen is in the address.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

__all__ = ["theme_switch"]

_HERE = Path(__file__).parent
_HTML = '<button type="button" data-testid="theme-switch" aria-label="Light or dark"></button>'
_mount = st.components.v2.component(
    "opcviz_theme_switch",
    html=_HTML,
    css=(_HERE / "switch.css").read_text(encoding="utf-8"),
    js=(_HERE / "switch.js").read_text(encoding="utf-8"),
)


def theme_switch(*, small: bool = False) -> None:
    """Draw the button; the browser does the rest.

    Args:
        small: the icon alone.
    """
    _mount(key="theme.switch", data={"small": small}, width="content")
