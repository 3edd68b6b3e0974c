"""A map of each model's trunk: where real pictures lie in the middle of the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....study import StudyResult
from ...charts.maps_component import Panel, linked_maps
from ...charts.theme import projected
from ...reading import state
from ...reading import store_reader as library
from ...reading.store_reader import Column
from ..sentences import title

__all__ = ["trunk"]

HOW = (
    "Real pictures, lightly noised and without a condition, as the middle of each network sees "
    "them: two straight directions (PCA) from the origin, the cross. The same picture is marked "
    "in every map. Where the forgotten class still has a place of its own, the trunk can tell it "
    "apart. A class may lie apart here and still not be drawn: that needs a condition, too."
)


def trunk(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """One linked map a model, of its last epoch.

    Args:
        study: on the page.
        view: what is selected.
        shown: its columns.
    """
    title("The trunk, seen by real pictures", HOW)
    samples, _ = library.samples(study)
    linked_maps(
        [_panel(column, samples.ids) for column in shown],
        samples,
        key=f"generators.trunk.{study.place}",
        selected=view.selection,
        on_select=lambda chosen: state.update(selection=chosen),
        height=205 if projected() else 260,
    )


def _panel(column: Column, ids: np.ndarray) -> Panel:
    kept = library.trajectory(column.model)
    if "points" not in kept:
        return Panel(column.label, reason="no map: its middle was not looked at")
    if not np.array_equal(kept["ids"], ids):
        return Panel(column.label, reason="no map: it was drawn of other pictures")
    return Panel(column.label, kept["points"][-1], origin=(0.0, 0.0))
