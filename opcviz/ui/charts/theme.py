"""Colours with a meaning, the same on every page, in light and dark.

Forgotten classes are saturated, kept ones muted, so that the eye finds what the study is about.
Saturated colours were sought by their distances (CIEDE2000): each lies at least 10 from the
colour of every method (`palette.METHOD_COLOURS`), for both stand on one page. Among those they lie
as far from each other as could be found, the first three farthest, for normal vision and for
simulated deuteranopia, protanopia and tritanopia (Machado et al. 2009), at a contrast of at least
3 with the background. Each forgotten class has a shape too, so no reading rests on colour alone.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Collection
from dataclasses import dataclass

__all__ = [
    "BACKGROUND",
    "FORGET",
    "PROJECTED_TEXT_SIZE",
    "SHAPES",
    "STAGES",
    "TEXT_SIZE",
    "ClassColors",
    "Ink",
    "ask_whether_projected",
    "class_colors",
    "ink",
    "projected",
    "scaled",
    "text_size",
]

TEXT_SIZE, PROJECTED_TEXT_SIZE = 12, 18
"""Text inside a chart, pixels: on a desk, and on the wall of a lecture hall."""

_asked: list[Callable[[], bool]] = []


def ask_whether_projected(ask: Callable[[], bool]) -> None:
    """Tell the charts whom to ask; a chart drawn outside the app is for a desk.

    Args:
        ask: whether what is drawn now is for a hall; each visitor has an answer of their own.
    """
    _asked[:] = [ask]


def projected() -> bool:
    """Whether what is drawn now is for a hall, with large text and strong colours."""
    return any(ask() for ask in _asked)


def text_size() -> int:
    """Pixels of the text inside a chart that is drawn now."""
    return PROJECTED_TEXT_SIZE if projected() else TEXT_SIZE


def scaled(pixels: float) -> int:
    """A length that goes with the text: a height, a margin."""
    return round(pixels * text_size() / TEXT_SIZE)


BACKGROUND = {"light": "#FFFFFF", "dark": "#11151C"}
"""Page background by theme, as in `.streamlit/config.toml`."""

# five a row, as a palette is read
FORGET = {
    "light": (
        "#173BCD", "#BD8A0C", "#05480A", "#179DC6", "#470E45",
        "#087869", "#8A7C4C", "#66466F", "#16138E", "#8A0942",
    ),
    "dark": (
        "#1ABBF7", "#F68908", "#C5FAA3", "#E0FD26", "#53FBEE",
        "#DE9CB6", "#AEC474", "#81B48F", "#8FE0AD", "#BC8356",
    ),
}  # fmt: skip
"""Saturated colours of forgotten classes, in order, by theme."""

MUTED = {
    ("light", False): ((0.76, 0.66), 0.16),
    ("dark", False): ((0.36, 0.46), 0.12),
    ("light", True): ((0.52, 0.42), 0.14),
    ("dark", True): ((0.48, 0.58), 0.12),
}
"""Lightness steps and saturation of kept classes, by theme and whether it is for a hall."""

SHAPES = ("circle", "triangle", "square", "diamond", "cross")
"""Marks of forgotten classes, in order; kept classes are small circles."""


@dataclass(frozen=True)
class Ink:
    """Chart colours that mean something and read on both backgrounds (contrast at least 3).

    A colour of a method is nobody else's: each lies at least 10 (CIEDE2000) from every method's and
    every forgotten class's. Those of one chart's bars and curves lie as far apart for simulated
    deuteranopia, protanopia and tritanopia, too. None has contrast enough for letters on both
    backgrounds, so words are in the colour of text, or mixed with it.

    Attributes:
        before, fm, hr: the three bars of a recovery figure; an attack has no method's colour.
        forget, retain, test: what an accuracy is measured on.
        reference: lines to compare with.
        loss, norm: the other live curves.
    """

    before: str = "#739B9B"
    fm: str = "#875564"
    hr: str = "#A0917D"
    forget: str = "#C86900"
    retain: str = "#556491"
    test: str = "#00A0AA"
    reference: str = "#6E6E69"
    loss: str = "#6E6E69"
    norm: str = "#876E8C"


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
    """A greyed tint: hues around the circle, two lightness steps so that neighbours differ.

    In a hall the contrast with the background is at least 3, which a pale projector leaves visible.
    """
    steps, saturation = MUTED[theme, projected()]
    lightness = steps[index % len(steps)]
    red, green, blue = colorsys.hls_to_rgb(index / max(classes, 1), lightness, saturation)
    return f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"
