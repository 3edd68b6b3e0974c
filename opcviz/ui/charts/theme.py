"""Colours with a meaning, the same on every page, in light and dark.

Forgotten classes are saturated, kept ones muted, so that the eye finds what the study is about.
The first three saturated colours are Okabe and Ito's; the others were chosen greedily to be as far
as possible (CIEDE2000) from all before them, for normal vision and for simulated deuteranopia,
protanopia and tritanopia (Machado et al. 2009), at a contrast of at least 3 with the background.
Each forgotten class has a shape too, so no reading rests on colour alone.
"""

from __future__ import annotations

import colorsys
from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["BACKGROUND", "FORGET", "SHAPES", "STAGES", "ClassColors", "Ink", "class_colors", "ink"]

BACKGROUND = {"light": "#FFFFFF", "dark": "#11151C"}
"""Page background by theme, as in `.streamlit/config.toml`."""

# five a row, as a palette is read
FORGET = {
    "light": (
        "#0072B2", "#D55E00", "#009E73", "#611203", "#1E2A6C",
        "#A70D4A", "#9A7BFF", "#0035C3", "#704F01", "#A2487E",
    ),
    "dark": (
        "#4DA6E8", "#FF8A3D", "#2CC79A", "#AC5B97", "#008966",
        "#DC3B00", "#4267FF", "#C5EF9D", "#39F9FF", "#E7EB0E",
    ),
}  # fmt: skip
"""Saturated colours of forgotten classes, in order, by theme."""

SHAPES = ("circle", "triangle", "square", "diamond", "cross")
"""Marks of forgotten classes, in order; kept classes are small circles."""


@dataclass(frozen=True)
class Ink:
    """Chart colours that mean something and read on both backgrounds (contrast at least 3).

    Attributes:
        before, fm, hr: the three bars of a recovery figure.
        forget, retain, test: what an accuracy is measured on.
        reference: lines to compare with.
        loss, norm: the other live curves.
    """

    before: str = "#7C8796"
    fm: str = "#2B86C9"
    hr: str = "#C9690F"
    forget: str = "#D9541E"
    retain: str = "#1E9273"
    test: str = "#8070D6"
    reference: str = "#7C8796"
    loss: str = "#2B86C9"
    norm: str = "#A65FA8"


ink = Ink()
STAGES = {"before": ink.before, "FM": ink.fm, "HR": ink.hr}
"""Bar colours of a recovery figure by stage."""


@dataclass(frozen=True)
class ClassColors:
    """How the points of each of C classes are drawn in one theme.

    Attributes:
        vivid: (C,) colour of a forgotten sample of the class.
        muted: (C,) colour of a kept sample of the class.
        shape: (C,) index into `SHAPES` of a forgotten sample of the class.
    """

    vivid: tuple[str, ...]
    muted: tuple[str, ...]
    shape: tuple[int, ...]


def class_colors(classes: int, forgotten: Collection[int], theme: str) -> ClassColors:
    """Colours and shapes of every class.

    Args:
        classes: the number of classes C.
        forgotten: the forgotten classes; they take the first colours of the palette, in order.
            Empty when single samples are forgotten: then classes take them by number.
        theme: `light` or `dark`.

    Raises:
        KeyError: for another theme.
    """
    palette = FORGET[theme]
    order = sorted(forgotten) + [c for c in range(classes) if c not in forgotten]
    rank = {c: i for i, c in enumerate(order)}
    count = len(palette)
    return ClassColors(
        vivid=tuple(palette[rank[c] % count] for c in range(classes)),
        muted=tuple(_muted(c, classes, theme) for c in range(classes)),
        # a second round through the palette starts at another shape: 50 distinct marks
        shape=tuple((rank[c] + rank[c] // count) % len(SHAPES) for c in range(classes)),
    )


def _muted(index: int, classes: int, theme: str) -> str:
    """A greyed tint: hues around the circle, two lightness steps so that neighbours differ."""
    step = index % 2
    if theme == "light":
        lightness, saturation = (0.76, 0.66)[step], 0.16
    else:
        lightness, saturation = (0.36, 0.46)[step], 0.12
    red, green, blue = colorsys.hls_to_rgb(index / max(classes, 1), lightness, saturation)
    return f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"
