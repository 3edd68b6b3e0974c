"""Who may see the pages at all: everybody, or those whom the operator's provider lets in."""

from __future__ import annotations

import os

import streamlit as st

__all__ = ["gate"]

WANTED = "OPCVIZ_LOGIN"


def gate() -> None:
    """Stop here until the visitor has logged in, where the operator wants that.

    `OPCVIZ_LOGIN=1` asks for it; Streamlit's own login does it (`[auth]` in its secrets, see
    `docs/shared-server.md`). Without a provider nobody is let in.
    """
    if os.environ.get(WANTED, "0") in ("", "0"):
        return
    known = st.user.to_dict()
    if known.get("is_logged_in"):
        return
    st.title("opcviz")
    if "is_logged_in" not in known:
        st.error(
            f"{WANTED} is set, but this server has no provider to log in with. Whoever runs it "
            "names one under [auth] in .streamlit/secrets.toml, and installs Authlib; "
            "docs/shared-server.md says how."
        )
    else:
        st.markdown("This server asks who you are before it shows anything.")
        st.button("Log in", type="primary", on_click=st.login, key="login")
    st.stop()
