"""Entropy against logit norm, of the models shown."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...common.records import defined
from ...results import EntropySummary, SamplesResult
from ..charts.entropy import Points, entropy_figure
from ..charts.figures import chart_config
from ..reading.store_reader import Column

__all__ = ["entropy"]


def entropy(shown: Sequence[Column]) -> None:
    """Panels of the models shown, and what one sees on them."""
    stored = {c.label: c.arrays("evidence", "entropy.npz") for c in shown}
    coincide = {c.label: _coincide(c) for c in shown}
    models = {
        label: Points(arrays["norm"], arrays["entropy"], arrays["forget"], coincide[label])
        for label, arrays in stored.items()
        if arrays
    }
    if not models:
        st.caption("Entropy by sample was not kept of these models: run the study again to see it.")
        return
    told = (c.evidence.entropy for c in shown if c.label in models and defined(c.evidence))
    about = next(each for each in told if defined(each))
    st.plotly_chart(
        entropy_figure(models, about.classes),
        config=chart_config("entropy"),
        key="entropy",
    )
    missing = [label for label in stored if label not in models]
    st.caption(
        f"Every point is a train sample, {_counted(about)}; the forget data's medians stand above. "
        "Dashed: the least entropy that logits of this norm can have, so no point can lie below "
        "it. A contracted set sits at the top left, where logits are too small for any answer to "
        "be sure; a confident answer sits at the bottom right. A set high up at a large norm is "
        "unsure for another reason: its logits tie."
        + (" Forgotten samples on one spot are one mark with their count." * any(coincide.values()))
        + (f" Not kept of {', '.join(missing)}: run again to see it." if missing else "")
    )


def _coincide(column: Column) -> bool:
    """Whether forgotten samples share a spot of the model's feature space."""
    found = column.results.get(SamplesResult)
    return defined(found) and any(group.forgotten > 1 for group in found.groups)


def _counted(about: EntropySummary) -> str:
    """`430 forget (orange) and 1,000 of 1,007 retain (blue)`."""
    parts = []
    for part, color, (kept, of) in (
        ("forget", "orange", about.forget),
        ("retain", "blue", about.retain),
    ):
        parts.append(f"{kept:,}{'' if kept == of else f' of {of:,}'} {part} ({color})")
    return " and ".join(parts)
