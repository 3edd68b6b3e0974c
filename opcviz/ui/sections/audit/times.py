"""When an audit was, and how long it took, as a person says it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

__all__ = ["clock", "lasting"]


def clock(seconds: float) -> str:
    """A moment by the clock of whoever looks, as in "22 Nov 2026, 09:25".

    Args:
        seconds: since 1970.
    """
    zone = _zone()
    found = datetime.fromtimestamp(seconds, zone or UTC)
    return f"{found.day} {found:%b %Y, %H:%M}" + ("" if zone else " UTC")


def _zone() -> tzinfo | None:
    """Where the browser is; None where it does not say, or nobody here knows the place."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ZoneInfoNotFoundError, ValueError):
        return None


def lasting(seconds: float) -> str:
    """As in "42 s", "3 min 5 s" or "2 h 10 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
