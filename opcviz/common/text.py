"""Numbers and words as text, the same on screen and on the command line."""

from __future__ import annotations

__all__ = ["capital", "percent"]


def capital(text: str) -> str:
    """The same, begun with a capital letter; unlike `str.capitalize` the rest stays as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def percent(value: float | None, digits: int = 1) -> str:
    """`99.1 %`, `100 %`, or a dash.

    Args:
        value: in percent; None where there is no number.
        digits: after the point, but for a whole number.
    """
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return f"{text.removesuffix('.0')} %"
