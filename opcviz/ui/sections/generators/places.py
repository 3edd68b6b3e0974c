"""The names of the columns, with where each model's forgetting lives."""

from __future__ import annotations

from collections.abc import Sequence

from ....study import StudyResult
from ...reading.store_reader import Column
from ..names import names

__all__ = ["places"]


def places(study: StudyResult, shown: Sequence[Column]) -> None:
    """A strip of names above the columns.

    Args:
        study: on the page.
        shown: its columns.
    """
    names(shown)
