"""The rows of Side by side: columns are models, each row is one kind of evidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ...common.records import Undefined, defined
from ...results import MapsResult, SamplesResult
from ...study import StudyResult
from ..charts.maps_component import Panel, Samples, linked_maps
from ..charts.pictures import picture_strip
from ..charts.theme import projected, scaled
from ..reading import state
from ..reading import store_reader as library
from ..reading.store_reader import Column
from .sentences import HOW_TO_READ, collapse_line, percent, title

__all__ = ["maps"]

MAP_NAMES = {"umap": "UMAP", "densmap": "densMAP", "pca": "PCA"}


def maps(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """One linked map a model, with the numbers that the picture cannot show."""
    left, right = st.columns([3, 1.2], vertical_alignment="bottom")
    st.session_state["rows.map"] = view.map
    if projected():
        right.markdown(f"**{MAP_NAMES[view.map]}**")
    with right:
        st.segmented_control(
            "Kind of map",
            list(MAP_NAMES),
            format_func=lambda kind: MAP_NAMES[kind],
            key="rows.map",
            required=True,
            label_visibility="collapsed",
            on_change=lambda: state.update(map=st.session_state["rows.map"]),
        )
    with left:
        title("Feature map", HOW_TO_READ[view.map])
    samples, _ = library.samples(study)
    panels = [_panel(column, view.map, len(samples.ids)) for column in shown]
    selection = linked_maps(
        panels,
        samples,
        key=f"maps.{study.place}",
        selected=view.selection,
        on_select=lambda chosen: state.update(selection=chosen),
        titles=False,
        height=scaled(260),
    )
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        about, evidence = column.results.get(MapsResult), column.evidence
        drawn = about.maps.get(view.map) if defined(about) else None
        size = evidence if isinstance(evidence, Undefined) else evidence.collapse
        told = column.results.get(SamplesResult)
        together = told.groups if defined(told) else ()
        place.caption(collapse_line(size, drawn, kind=view.map, together=together))
    _pinned(samples, selection.sample, shown)


def _panel(column: Column, kind: str, count: int) -> Panel:
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
    groups = column.arrays("samples", "samples.npz").get("groups")  # an older study has none
    return Panel(
        column.label,
        arrays[kind],
        arrays.get("probabilities"),
        origin=origin,
        groups=groups if groups is not None and len(groups) == count else None,
    )


def _pinned(samples: Samples, sample: int | None, shown: Sequence[Column]) -> None:
    """What each model answers on the pinned sample."""
    if sample is None:
        return
    at = int(np.flatnonzero(samples.ids == sample)[0])
    part = "forget" if samples.forget[at] else "retain"
    names = samples.class_names
    rows = []
    for column in shown:
        probabilities = column.arrays("maps", "maps.npz").get("probabilities")
        if probabilities is not None and len(probabilities) == len(samples.ids):
            p = probabilities[at].astype(float)
            rows.append(f"{column.label}: **{names[int(p.argmax())]}** ({percent(100 * p.max())})")
    picture, text = st.columns([1, 11], vertical_alignment="center")
    if samples.pictures is not None:
        picture.html(picture_strip(samples.pictures[at : at + 1], label=f"sample {sample}"))
    text.markdown(
        f"Pinned sample {sample}, class **{names[samples.labels[at]]}**, {part} data. "
        + " · ".join(rows)
    )
