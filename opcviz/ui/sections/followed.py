"""The rows of recovery and inversion for the selected samples alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ...common.records import Undefined
from ...results import InversionSummary
from ..charts.bars_component import Bars, recovery_bars
from ..charts.pictures import picture_strip
from ..reading import state
from ..reading.held import hold
from ..reading.selected import Chosen, Known, Rate
from ..reading.store_reader import Column
from .sentences import HOW_TO_READ, title

__all__ = ["follows", "inversion", "recovery"]

FITS = {"retain": "retain only", "all": "all training data"}
"""Fit sets of which it is stored which samples they restore."""


def follows(view: state.View) -> bool:
    """Whether the rows show the selected samples alone."""
    chosen = view.selection
    return view.option("follow") == "on" and bool(chosen.samples or chosen.classes)


def recovery(chosen: Chosen) -> None:
    """Answers right and restored, of the selected samples that are to be forgotten."""
    left, right = st.columns([1.6, 1.6], vertical_alignment="bottom")
    with left:
        title("Recovery attacks, selected samples", HOW_TO_READ["recovery"])
    fit = state.option("fit")
    hold("follow.fit", fit if fit in FITS else None)
    with right:
        st.segmented_control(
            "Fitted on",
            list(FITS),
            format_func=FITS.__getitem__,
            key="follow.fit",
            on_change=lambda: state.choose(fit=st.session_state["follow.fit"] or "retain"),
            label_visibility="collapsed",
        )
    if not len(chosen.forgotten):
        st.caption("None of the selected samples is to be forgotten: there is nothing to restore.")
        return
    if fit not in FITS:
        st.caption("Which samples an attacker with that data restores is not stored one by one.")
        return
    recovery_bars([_bars(chosen, model, fit) for model in chosen.models], key="follow.recovery")
    st.caption(
        f"Of {len(chosen.forgotten):,} selected samples that are to be forgotten: train pictures "
        "that the attacker's map was not fitted on. Whiskers: 95 % (Wilson). So few samples say "
        "little about the rest, and they were picked by eye."
    )


def _bars(chosen: Chosen, model: Known, fit: str) -> Bars:
    labels, where = chosen.samples.labels, chosen.forgotten
    stages = {
        "before": Rate.of(model.right(labels), where),
        "FM": Rate.of(model.comes_back(labels, fit), where),
    }
    return Bars(
        model.label,
        {stage: None if rate is None else rate.percent for stage, rate in stages.items()},
        intervals={stage: rate.interval if rate else None for stage, rate in stages.items()},
        reason="not stored for single samples: run the study again",
        file=f"recovery-selected-{model.key}",
    )


def inversion(chosen: Chosen, shown: Sequence[Column]) -> None:
    """Reconstructions of the selected samples that inversion was tried on."""
    title("Gradient inversion, selected samples", HOW_TO_READ["inversion"])
    ids = chosen.samples.ids[chosen.where]
    tried = {i for c in shown for i in c.arrays("inversion", "inversion.npz").get("ids", ())}
    if not (both := tried & set(ids.tolist())):
        st.caption(
            f"Of {len(tried)} pictures a reconstruction is stored; none of them is selected."
            if tried
            else "No gradient inversion was made for these models yet."
        )
        return
    st.caption(f"{len(both)} of the selected samples have a reconstruction; above it the picture.")
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        with place:
            _pairs(column, ids)


def _pairs(column: Column, ids: np.ndarray) -> None:
    arrays, about = (
        column.arrays("inversion", "inversion.npz"),
        column.results.get(InversionSummary),
    )
    if isinstance(about, Undefined) or not arrays:
        st.caption(f"none: {about.reason}" if isinstance(about, Undefined) else "none stored")
        return
    rows = np.flatnonzero(np.isin(arrays["ids"], ids))
    if not len(rows):
        st.caption("none of the selected samples")
        return
    decibels = [about.per_picture.psnr[i] for i in rows.tolist()]
    words = ["no score" if value is None else f"{value:.1f} dB" for value in decibels]
    scale = max(1, round(48 / arrays["pictures"].shape[-1]))
    targets, found = arrays["pictures"][rows], arrays["reconstructions"][rows]
    alts = [f"sample {i}" for i in arrays["ids"][rows].tolist()]
    st.html(picture_strip(targets, scale=scale, alts=alts, label="the selected pictures"))
    st.html(
        picture_strip(
            found, words, scale=scale, label=f"reconstructions of them from {column.label}"
        )
    )
