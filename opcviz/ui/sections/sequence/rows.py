"""The rows of the page Requests in a row, from what is answered to what it all came to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ....study import StudyResult
from ...reading import state
from ...reading.requests import sequence_shown
from ...reading.store_reader import Column
from ..page_rows import Row
from .answers import answers
from .curves import eroded, recovered, recovered_slides
from .steps import maps, opened
from .summary import summary

__all__ = ["rows"]


def rows(study: StudyResult, view: state.View, shown: Sequence[Column]) -> list[Row]:
    """The rows of the page.

    Args:
        study: that is shown, one step of the requests.
        view: what is selected.
        shown: its columns.
    """
    found = sequence_shown(study)
    # the original was asked nothing; in a hall each of the others has a screen
    asked = [c for c in shown if c.model.method.info.name != "original"] or shown
    return [
        Row(
            "answers",
            lambda: answers(found, shown),
            "Each row is a request, each column a moment. A row should turn pale at its own "
            "request and stay so: what is dark again further right came back.",
            slides=tuple(partial(answers, found, [column]) for column in asked),
        ),
        Row(
            "eroded",
            lambda: eroded(found, shown),
            "What nobody asked to forget should stay. A line that falls request by request wears "
            "the model down; the retrained model says what is possible.",
        ),
        Row(
            "recovered",
            lambda: recovered(found, shown),
            "An attacker maps the features back to the original's. What he gets after many "
            "requests and not after one large one is the price of having been asked in a row.",
            slides=recovered_slides(found, shown),
        ),
        Row(
            "maps",
            lambda: maps(found, view, shown),
            "Move through the requests and watch where each class goes, and whether it stays.",
        ),
        Row(
            "summary",
            lambda: summary(found),
            "Three figures a method: what was lost, what came back, what asking in a row cost.",
        ),
        Row("opened", lambda: opened(found)),
    ]
