"""A button that copies the address of the page: study, models and all that a link keeps.

Streamlit has none. A component (version 2: no iframe) runs in the page itself and knows its address
as it is now, which the server learns later or, of a hash, never.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

__all__ = ["copy_link"]

_HERE = Path(__file__).parent
_HTML = """
<div class="copy">
  <button type="button" data-testid="copy-link" aria-label="Copy link" title="Copy link"></button>
  <span role="status" aria-live="polite"></span>
</div>
"""


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "opcviz_copy_link", html=_HTML, css=_read("copy.css"), js=_read("copy.js")
)


def copy_link(*, key: str, small: bool = False) -> None:
    """Draw the button; what came of pressing it stands beside it in words.

    Args:
        key: names the component on its page.
        small: the icon alone.
    """
    _mount(key=key, data={"small": small}, width="content")
