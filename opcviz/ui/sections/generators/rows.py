"""The rows of the page Generators, from what is drawn to what comes back."""

from __future__ import annotations

from collections.abc import Sequence

from ....study import StudyResult
from ...reading import store_reader as library
from ...reading.generated import Gone
from ...reading.store_reader import Column
from ..page_rows import Row
from .address import inverted
from .drawn import asked, unconditional
from .measures import measured
from .returned import doses, regrown, relearned

__all__ = ["rows"]


def rows(study: StudyResult, shown: Sequence[Column]) -> list[Row]:
    """The rows of the page.

    Args:
        study: that is shown.
        shown: its columns.
    """
    gone = Gone.of(library.samples(study)[1])
    return [
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
        ),
        Row(
            "doses",
            lambda: doses(shown, gone),
            "Each cell is an amount of unlearning and an amount of attack. Stopped as soon as it "
            "looks forgotten, nearly every method can be undone; unlearned for longer, few can.",
        ),
        Row(
            "inverted",
            lambda: inverted(study, shown, gone),
            "The name of the class was taken away; an attacker looks for another one that draws "
            "it. Above the retrained model it was in the network all the time.",
        ),
        Row(
            "relearned",
            lambda: relearned(study, shown, gone),
            "A few pictures of the class are given back. A network that knew it learns it sooner "
            "than one that never did.",
        ),
        Row(
            "measures",
            lambda: measured(study, shown),
            "Every figure of every model. A figure speaks only beside that of the retrained model.",
        ),
    ]
