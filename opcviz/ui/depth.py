"""How deep forgetting goes: the same evidence at every block, from the input to the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from .drawing import finish, label_ends, number, trace
from .figures import chart_config
from .library import Column
from .theme import ink

__all__ = ["depth", "depth_figure"]

LINES = ("#7C8796", "#1E9273", "#D9541E", "#2B86C9", "#A65FA8", "#A07A12")
"""Colours of up to six models, legible on both backgrounds (contrast at least 3)."""

MEASURES = {
    "recovered": "Forget accuracy after FM (%)",
    "separable": "Forget against retain, AUC × 100",
}


def depth_figure(
    blocks: Sequence[str],
    curves: Mapping[str, Sequence[float | None]],
    title: str,
    *,
    reference: float | None = None,
    label: str = "",
    height: int = 280,
) -> go.Figure:
    """One line a model over the network's blocks.

    Args:
        blocks: their names, from input to head.
        curves: by model, a percentage per block.
        title: of the vertical axis.
        reference: a level to compare with (dashed), named `label`.
        height: pixels.

    Raises:
        ValueError: when a curve has not one number per block.
    """
    for name, values in curves.items():
        if len(values) != len(blocks):
            raise ValueError(f"depth_figure: '{name}' has {len(values)} numbers, not {len(blocks)}")
    figure, ends = go.Figure(), []
    for (name, values), color in zip(curves.items(), LINES, strict=False):
        y = [number(value) for value in values]
        figure.add_trace(trace(name, color, blocks, y))
        known = [value for value in y if value is not None]
        if known:
            ends.append((name, known[-1], color))
    if number(reference) is not None:
        dashes = {"color": ink.reference, "dash": "dash", "width": 1.5}
        figure.add_hline(y=reference, line=dashes)
        ends.append((label, float(reference), ink.reference))
    label_ends(figure, ends, gap=7)
    finish(figure, height, right=120)
    figure.update_yaxes(range=[-3, 103], title=title, tickvals=[0, 25, 50, 75, 100])
    figure.update_xaxes(title="block, from input to head", type="category")
    figure.update_layout(hovermode="x unified")
    return figure


def depth(shown: Sequence[Column]) -> None:
    """Two charts over the blocks of the models shown: what is restored, and what stands out."""
    known = {c.label: c.numbers["blocks"] for c in shown if c.numbers["blocks"]}
    if not known:
        st.caption("Nothing was measured at the earlier blocks of these models.")
        return
    names = [block["name"] for block in next(iter(known.values()))]
    known = {k: v for k, v in known.items() if [block["name"] for block in v] == names}
    left, right = st.columns(2)
    recovered = {
        label: [block["recovery"]["fm"]["all"]["forget_accuracy"] for block in blocks]
        for label, blocks in known.items()
    }
    apart = {
        label: [_hundred(block["separability"]["linear"]) for block in blocks]
        for label, blocks in known.items()
    }
    constant = shown[0].numbers["recovery"]["fm"]["all"]["constant_predictor"]
    for place, title, curves, level, label in (
        (left, MEASURES["recovered"], recovered, constant, "constant"),
        (right, MEASURES["separable"], apart, 50.0, "alike"),
    ):
        place.plotly_chart(
            depth_figure(names, curves, title, reference=level, label=label),
            config=chart_config("depth"),
            key=f"depth.{label}",
        )
    st.caption(
        "The attacker maps each block's pooled output (mean over positions) to the original's last "
        "features; the AUC is a linear judge's, out of sample. Contraction at the last features "
        "leaves earlier blocks as they were unless the method reaches them."
    )


def _hundred(value: float | None) -> float | None:
    return None if value is None else 100 * value
