"""The evidence of a chapter: the very rows of the other pages, on what the chapter is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ....study import StudyResult
from ...reading import store_reader as library
from ...reading.generated import Gone
from ...reading.references import References
from ...reading.state import View
from ...reading.store_reader import Column
from .. import side_by_side
from ..entropy_panels import entropy
from ..generators.address import inverted
from ..inversion_row import inversion
from ..recovery_row import recovery
from ..worst_case import worst_case
from .norm import norm

__all__ = ["EVIDENCE", "Evidence"]

Draw = Callable[[StudyResult, View, Sequence[Column]], None]


@dataclass(frozen=True)
class Evidence:
    """A row as a chapter shows it.

    Attributes:
        draw: draws it.
        columns: whether it has a column a model, so that their names belong above it; else it
            names its models itself.
        explain: how to read it, in a hall, where captions are not shown.
    """

    draw: Draw
    columns: bool = False
    explain: str = ""


EVIDENCE: dict[str, Evidence] = {
    "recovery": Evidence(
        lambda study, view, shown: recovery(shown, References.of(study)),
        columns=True,
        explain="How many forgotten pictures are named right: by the network itself (before), "
        "and by an attacker's linear map on its features, read by the original's last layer (FM) "
        "or answering by itself (HR). Green: networks that never saw these pictures. Dotted: a map "
        "of the bare pixels. Dashed: one answer for all.",
    ),
    "maps": Evidence(
        side_by_side.maps,
        columns=True,
        explain="Each mark is one picture, placed by what the network computes of it. What was to "
        "be forgotten is in strong colours.",
    ),
    "worst_case": Evidence(
        lambda study, view, shown: worst_case(shown, References.of(study)),
        explain="The most that any map gets right at each place, from the input to the output. "
        "Green band: networks that never saw the data. Dotted: the bare pixels. Dash-dotted: "
        "networks that nobody trained. Dashed: one answer for all.",
    ),
    "norm": Evidence(
        lambda study, view, shown: norm(study, shown),
        explain="The slider makes all scores of both answers smaller together: the first class "
        "stays first, but the shares of all classes come closer.",
    ),
    "entropy": Evidence(
        lambda study, view, shown: entropy(shown),
        explain="Each point is a picture: orange to be forgotten, green kept. To the left the "
        "scores are small, and upwards the network is less sure of its answer. Dashed: the least "
        "doubt that scores of this norm leave.",
    ),
    "inverted": Evidence(
        lambda study, view, shown: inverted(
            study, shown, Gone.of(library.samples(study)[1]), "pictures"
        ),
        explain="What each network draws under the condition that the attacker has found so far. "
        "A solid edge: genuine; a dashed one: judged so, but unlike real pictures.",
    ),
    "inversion": Evidence(
        lambda study, view, shown: inversion(study, shown),
        explain="At the top the true pictures, below them what the search found in each network, "
        "at the bottom the average picture of the class, which needs no network.",
    ),
}
"""Rows by the names that chapters call them."""
