"""The rows of the page Clients that leave."""

from __future__ import annotations

from collections.abc import Sequence

from ....common.records import defined
from ....results import ClientsResult
from ....study import StudyResult
from ...reading import state
from ...reading.store_reader import Column
from ..page_rows import Row
from .rounds import curves, placed
from .shares import shares
from .work import work

__all__ = ["rows"]


def rows(study: StudyResult, view: state.View, shown: Sequence[Column]) -> list[Row]:
    """The rows of the page.

    Args:
        study: that is shown.
        view: what is selected.
        shown: its columns.
    """
    measured = (model.results.get(ClientsResult) for model in study.models)
    found = next((each for each in measured if defined(each)), None)
    return [
        Row(
            "shares",
            lambda: shares(study, found),
            "Nobody sees all the data. What one client taught is in the average, and it cannot be "
            "taken out by leaving that client out from now on.",
        ),
        Row(
            "curves",
            lambda: curves(study, shown),
            "The patch is a test that cannot lie: nothing else teaches it. Going on without the "
            "client wears it down, and does not remove it.",
        ),
        Row(
            "maps",
            lambda: placed(study, view, shown),
            "The leaver's clean pictures look like everybody's; only the patched ones had a place "
            "of their own.",
        ),
        Row(
            "work",
            lambda: work(study, shown),
            "Who must still be there, and what is sent, decides which method can be used at all. "
            "A method that passes today's test may still give the trigger back to a few pictures.",
        ),
    ]
