"""The rows of the page Generators, from what is drawn to what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ....study import StudyResult
from ...charts.theme import projected
from ...reading import state
from ...reading import store_reader as library
from ...reading.generated import Gone
from ...reading.store_reader import Column
from ..page_rows import Row
from .address import inverted
from .drawn import asked, unconditional
from .measures import measured
from .returned import doses, regrown, relearned, with_doses
from .trunk import trunk

__all__ = ["rows"]

PARTS = ("curves", "pictures")
"""Of a row that is taller than a wall."""


def rows(study: StudyResult, view: state.View, shown: Sequence[Column]) -> list[Row]:
    """The rows of the page.

    Args:
        study: that is shown.
        view: what is selected.
        shown: its columns.
    """
    gone = Gone.of(library.samples(study)[1])
    made = [
        Row(
            "asked",
            lambda: asked(shown, gone),
            "The same noise becomes a picture in every model; the edge says whether it is still "
            "what was to be forgotten. A model can look as if it had forgotten and still know.",
        ),
        Row(
            "null",
            lambda: unconditional(shown, gone),
            "Nobody asked for anything here. What a model draws of its own accord it has not "
            "forgotten.",
        ),
        Row(
            "regrown",
            lambda: regrown(study, shown, gone),
            "An attacker trains on with pictures of the other classes. If the forgotten class "
            "comes back without one picture of it, it was never gone.",
            slides=[partial(regrown, study, shown, gone, part) for part in PARTS],
        ),
        Row(
            "doses",
            lambda: doses(shown, gone),
            "Each cell is an amount of unlearning and an amount of attack. Stopped as soon as it "
            "looks forgotten, nearly every method can be undone; unlearned for longer, few can.",
            slides=[partial(doses, shown, gone, only=each) for each in with_doses(shown)],
        ),
        Row(
            "inverted",
            lambda: inverted(study, shown, gone),
            "The name of the class was taken away; an attacker looks for another one that draws "
            "it. Above the retrained model it was in the network all the time.",
            slides=[partial(inverted, study, shown, gone, part) for part in PARTS],
        ),
        Row(
            "relearned",
            lambda: relearned(study, shown, gone),
            "A few pictures of the class are given back. Sooner than the retrained model is "
            "memory; later is a trace, too.",
        ),
        Row(
            "trunk",
            lambda: trunk(study, view, shown),
            "Each point is a real picture, where the middle of the network sees it. A forgotten "
            "class that still lies apart is still told apart; a class may lie apart here and "
            "still not be drawn.",
        ),
        Row(
            "measures",
            lambda: measured(study, shown),
            "Every figure of every model. A figure speaks only beside that of the retrained model.",
        ),
    ]
    # a wall has no room for a table that long; what decides stands below the pictures
    return [row for row in made if not (projected() and row.key == "measures")]
