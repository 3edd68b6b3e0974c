"""The evidence of a chapter: the very rows of the other pages, on what the chapter is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....study import StudyResult
from ...reading.references import References
from ...reading.state import View
from ...reading.store_reader import Column
from .. import side_by_side
from ..entropy_panels import entropy
from ..inversion_row import inversion
from ..recovery_row import recovery
from ..worst_case import worst_case
from .norm import norm

__all__ = ["EVIDENCE"]

Draw = Callable[[StudyResult, View, Sequence[Column]], None]

EVIDENCE: dict[str, Draw] = {
    "recovery": lambda study, view, shown: recovery(shown, References.of(study)),
    "maps": side_by_side.maps,
    "worst_case": lambda study, view, shown: worst_case(shown, References.of(study)),
    "norm": lambda study, view, shown: norm(study, shown),
    "entropy": lambda study, view, shown: entropy(shown),
    "inversion": lambda study, view, shown: inversion(study, shown),
}
"""Rows by the names that chapters call them."""
