"""The rows of Side by side: columns are models, each row is one kind of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ...study import StudyResult
from ..charts.theme import projected
from ..reading import state
from ..reading import store_reader as library
from ..reading.references import References
from ..reading.selected import Chosen
from ..reading.store_reader import Column
from . import cards, depth, followed
from .folded import folded
from .inversion_row import inversion
from .page_rows import Row
from .recovery_row import recovery
from .selection_panel import panel, selection_row
from .side_by_side import maps

__all__ = ["rows"]

HOW_INVERTED = (
    "Someone who holds a forgotten picture tries to rebuild it from the gradient, the direction in "
    "which it would move the weights. "
)
DEEP = {
    "recovered": "How deep does it go? What the same attack gets at every block",
    "separable": "How deep does it go? What stands out at every block",
}
"""The title of each chart where it has a screen of its own."""


def rows(study: StudyResult, view: state.View, shown: Sequence[Column]) -> list[Row]:
    """The rows of the page, from the answers to the pictures rebuilt.

    Args:
        study: that is shown.
        view: what is selected.
        shown: its columns.
    """
    chosen = Chosen.of(study, library.samples(study)[0], shown, view.selection)
    follow = followed.follows(view)
    made = [
        Row(
            "answers",
            lambda: cards.headlines(shown, References.of(study)),
            "What each network answers, and what the strongest attackers tried here get back. A "
            "network that no longer answers may still know: the coloured words say which.",
        ),
        Row(
            "maps",
            lambda: maps(study, view, shown),
            "Each mark is one picture, placed by what the network computes of it; nearby marks "
            "look alike to the network. What was to be forgotten is in strong colours.",
        ),
        Row(
            "selection",
            lambda: selection_row(view, chosen, lambda: panel(study, shown, key="rows.panel")),
            "What you pick on the maps, by a click, the lasso or a class of the legend, is listed "
            "here with what each network answers.",
        ),
        Row(
            "recovery",
            lambda: followed.recovery(chosen) if follow else recovery(shown, References.of(study)),
            "How many forgotten pictures are named rightly: by the network itself (before), and "
            "after an attacker put one linear map on its last features. Only what stands above "
            "the green retrained networks, which never saw these pictures, and above the dotted "
            "pixels, which need no unlearned network, speaks of memory.",
        ),
        Row(
            "depth",
            lambda: _deep(study, shown),
            depth.explain(study, shown),
            slides=[partial(_deep, study, shown, name) for name in depth.MEASURES],
            slides_explain=[depth.explain(study, shown, name) for name in depth.MEASURES],
        ),
        Row(
            "inversion",
            lambda: followed.inversion(chosen, shown) if follow else inversion(study, shown),
            ("" if projected() else HOW_INVERTED)
            + "A sharp picture shows that a gradient flows, not that the picture was remembered: "
            "compare with the retrained network, which never saw it.",
        ),
    ]
    # nobody selects in a hall, and an empty panel is no screen
    return [row for row in made if not (projected() and row.key == "selection")]


def _deep(study: StudyResult, shown: Sequence[Column], only: str = "") -> None:
    folded(
        DEEP.get(only, "How deep does it go? The same attack at every block"),
        lambda: depth.depth(study, shown, only),
        key="rows.deep",
    )
