"""The rows of Side by side: columns are models, each row is one kind of evidence."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...common.records import Undefined, defined
from ...results import MapsResult, SamplesResult
from ...study import StudyResult
from ..charts.maps_component import Panel, linked_maps
from ..charts.theme import projected
from ..reading import state
from ..reading import store_reader as library
from ..reading.held import hold
from ..reading.store_reader import Column
from .sentences import HOW_TO_READ, collapse_line, collapse_numbers, title

__all__ = ["MAP_NAMES", "kinds", "map_panel", "maps"]

MAP_NAMES = {"umap": "UMAP", "densmap": "densMAP", "pca": "PCA"}


def maps(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """One linked map a model, with the numbers that the picture cannot show."""
    left, right = st.columns([3, 1.2], vertical_alignment="bottom")
    hold("rows.map", view.map)
    if projected():
        right.markdown(f"**{MAP_NAMES[view.map]}**")
    with right:
        st.segmented_control(
            "Kind of map",
            kinds(study, view),
            format_func=lambda kind: MAP_NAMES[kind],
            key="rows.map",
            required=True,
            label_visibility="collapsed",
            on_change=lambda: state.update(map=st.session_state["rows.map"]),
        )
    with left:
        title("Feature map", HOW_TO_READ[view.map])
    samples, _ = library.samples(study)
    panels = [map_panel(column, view.map, len(samples.ids)) for column in shown]
    linked_maps(
        panels,
        samples,
        key=f"maps.{study.place}",
        selected=view.selection,
        on_select=lambda chosen: state.update(selection=chosen),
        titles=False,
        height=205 if projected() else 260,
    )
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        about, evidence = column.results.get(MapsResult), column.evidence
        drawn = about.maps.get(view.map) if defined(about) else None
        size = evidence if isinstance(evidence, Undefined) else evidence.collapse
        samples_of = column.results.get(SamplesResult)
        together = samples_of.groups if defined(samples_of) else ()
        told = collapse_line(
            size,
            drawn,
            kind=view.map,
            together=together,
            classes=samples.class_names,
            gone=samples.forgotten_classes,
        )
        numbers = "" if projected() else f"  \n{collapse_numbers(size, drawn, together)}"
        place.caption(f"{told}{numbers}")


def kinds(study: StudyResult, view: state.View) -> list[str]:
    """Kinds of map to choose from: those that some model shown has, or all where none has any."""
    drawn = library.maps_drawn(study, view.models)
    return [kind for kind in MAP_NAMES if kind in drawn] or list(MAP_NAMES)


def map_panel(column: Column, kind: str, count: int, *, restored: bool = False) -> Panel:
    """One model's map of one kind, or why there is none.

    Args:
        column: the model.
        kind: of map.
        count: samples of the probe set.
        restored: whether colours will ask what an attacker restores.
    """
    arrays = column.arrays("maps", "maps.npz")
    if kind in arrays and len(arrays[kind]) != count:
        drawn = len(arrays[kind])
        return Panel(
            column.label,
            reason=f"no map: it was drawn of {drawn} samples, and the probe set has {count}",
        )
    if kind not in arrays:
        about = column.results.get(MapsResult)
        told = about.reason if isinstance(about, Undefined) else ""
        reason = told or f"{MAP_NAMES[kind]} was not drawn"
        return Panel(column.label, reason=f"no map: {reason}")
    origin = (0.0, 0.0) if kind == "pca" else None
    kept = column.arrays("samples", "samples.npz")  # an older study has none
    groups, back = (
        found if (found := kept.get(name)) is not None and len(found) == count else None
        for name in ("groups", "restored")
    )
    return Panel(
        column.label,
        arrays[kind],
        arrays.get("probabilities"),
        origin=origin,
        groups=groups,
        restored=back if restored else None,
    )
