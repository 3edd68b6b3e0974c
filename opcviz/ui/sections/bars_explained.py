"""How to read the bars of films: once for all of them, since it is the same for each."""

from __future__ import annotations

from collections.abc import Sequence

from ..charts.player_component import Film
from .films import EXPLAIN, NO_GRADIENT
from .films_rebuilt import BEGUN, WHY_CLOSER
from .page_rows import explained

__all__ = ["bars_explained"]


def bars_explained(films: Sequence[Film]) -> None:
    """A sentence on each kind of bar that is drawn.

    Args:
        films: that stand beside each other.
    """
    bars = [bar for film in films for bar in film.bars]
    names = dict.fromkeys(bar.name for bar in bars)
    told = [f"{name}: {EXPLAIN[name]}" for name in names if name in EXPLAIN]
    if any("no gradient" in bar.none for bar in bars):
        told.append(NO_GRADIENT)
    if any(BEGUN in bar.words for bar in bars):
        told.append(WHY_CLOSER)
    if told:
        explained(" ".join(told))
