"""Curves of two attacks on the models shown: relearning by training on, and membership."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ...artefacts.rows import no_likelihood
from ..charts.figures import chart_config
from ..charts.lines import DASHES, Line, colours, lines_figure
from ..reading.store_reader import Column

__all__ = ["membership", "relearning", "relearning_figure", "roc_figure"]

VARIANTS = {"retain": "retained data only", "other": "another data set (photographs)"}
NUMBERS = {"1": "one forget picture", "10": "ten forget pictures"}
LOWEST = 0.1  # least rate of an ROC curve, percent; what the field draws


def relearning_figure(
    curves: Mapping[str, Line],
    *,
    constant: float | None = None,
    colors: Mapping[str, str] | None = None,
    height: int = 250,
) -> go.Figure:
    """Forget accuracy against training steps, one line a model.

    Args:
        curves: steps and percentages by model.
        constant: percent that one constant answer scores (dashed).
        colors: by model.
        height: pixels.
    """
    return lines_figure(
        curves,
        x_title="steps of further training",
        y_title="forget accuracy (%)",
        reference=constant,
        colors=colors,
        height=height,
    )


def relearning(shown: Sequence[Column]) -> None:
    """How fast the forgotten data come back, for each thing that an attacker may train on."""
    known = {c.label: c.numbers["relearning"].get("variants") for c in shown}
    known = {label: variants for label, variants in known.items() if variants}
    if not known:
        st.caption("Relearning was not measured for these models.")
        return
    paint = colours(column.label for column in shown)
    names = list(dict.fromkeys(name for variants in known.values() for name in variants))
    for pair in (names[i : i + 2] for i in range(0, len(names), 2)):
        for place, variant in zip(st.columns(2), pair, strict=False):
            with place:
                st.markdown(f"Training on {_title(variant)}")
                _variant(variant, {k: v[variant] for k, v in known.items() if variant in v}, paint)
    st.caption(
        "The original's own recipe goes on from each model. Given pictures are not scored. A line "
        "that rises sooner than the retrained model's had something left to rise from. The "
        "photographs (patches of scikit-learn's two) are learnt through a new head; the model's "
        "own, untouched, is scored on what that does to the features."
    )


def _title(variant: str) -> str:
    """What an attacker trains on: `shots_10` is `ten forget pictures a class`."""
    if variant in VARIANTS:
        return VARIANTS[variant]
    shots = variant.removeprefix("shots_")
    return f"{NUMBERS.get(shots, f'{shots} forget pictures')} a class"


def _variant(name: str, found: dict[str, Any], paint: Mapping[str, str]) -> None:
    curves = {
        label: (one["steps"], one["forget_train"]["accuracy"]) for label, one in found.items()
    }
    constants = [one["forget_train"]["constant_predictor"] for one in found.values()]
    st.plotly_chart(
        relearning_figure(
            curves, constant=max(filter(None, constants), default=None), colors=paint
        ),
        config=chart_config(f"relearning-{name}"),
        key=f"relearning.{name}",
    )


def roc_figure(
    curves: Mapping[str, Mapping[str, Any]],
    *,
    colors: Mapping[str, str] | None = None,
    height: int = 330,
) -> go.Figure:
    """ROC curves of one membership attack on logarithmic axes, where rare false alarms are seen.

    Args:
        curves: by model `auc` and `roc`, with `fpr` and `tpr` in 0..1. A rate of 0 has no place.
        colors: by model.
        height: pixels.
    """
    lines, paint, ends = {}, {}, {}
    for name, one in curves.items():
        points = zip(one["roc"]["fpr"], one["roc"]["tpr"], strict=True)
        kept = [(100 * x, 100 * y) for x, y in points if x > 0 and y > 0]
        label = f"{name}: {one['auc']:.2f}"
        lines[label] = tuple(zip(*kept, strict=True)) or ((), ())
        paint[label] = (colors or colours(curves)).get(name)
        ends[label] = 100 * one["auc"]
    figure = lines_figure(
        lines,
        x_title="false positive rate (%)",
        y_title="true positive rate (%)",
        colors=paint,
        ends=ends,
        markers=False,
        height=height,
    )
    # names stand by AUC beside the chart: all curves end in one corner
    figure.for_each_annotation(lambda name: name.update(y=name.y / 102, yref="y domain"))
    figure.add_scatter(
        x=[LOWEST, 100], y=[LOWEST, 100], mode="lines", line=DASHES, hoverinfo="skip"
    )
    ticks = {"tickvals": [0.1, 1, 10, 100], "ticktext": ["0.1", "1", "10", "100"]}
    figure.update_yaxes(type="log", range=[-1, 2.03], **ticks)
    return figure.update_xaxes(type="log", range=[-1, 2], **ticks)


ATTACKS = {
    "loss": "Loss threshold",
    "reference": "LiRA against retrained models",
}


def membership(shown: Sequence[Column]) -> None:
    """ROC curves of the loss threshold attack, and of LiRA where reference models are known."""
    found: dict[str, dict[str, Any]] = {
        "loss": {c.label: _threshold(c.numbers) for c in shown},
        "reference": {c.label: c.numbers.get("reference") or {} for c in shown},
    }
    drawn = {
        attack: {label: one for label, one in models.items() if one.get("roc")}
        for attack, models in found.items()
    }
    if not any(drawn.values()):
        st.caption("No ROC curve was kept of these models.")
        return
    paint = colours(column.label for column in shown)
    left, right = st.columns(2)
    for place, attack in ((left, "loss"), (right, "reference")):
        if not drawn[attack]:
            continue
        with place:
            st.markdown(f"{ATTACKS[attack]}, AUC at the right")
            st.plotly_chart(
                roc_figure(drawn[attack], colors=paint),
                config=chart_config(f"roc-{attack}"),
                key=f"roc.{attack}",
            )
    if drawn["loss"]:
        left.caption(_how_to_read(shown))
    if drawn["reference"]:
        right.caption(
            "The attacker trains originals and retrained models himself, and tells this model's "
            "answers on the forget data from those of a retrained model he has not used. Dashed: "
            "he cannot; unlearning left no trace in the answers."
        )
    else:
        lacks = sorted({no_likelihood(each) for each in found["reference"].values()})
        right.caption(f"{ATTACKS['reference']}: {'; '.join(lacks)}.")


def _threshold(numbers: dict[str, Any]) -> dict[str, Any]:
    return (numbers["membership"].get("thresholds") or {}).get("loss") or {}


def _how_to_read(shown: Sequence[Column]) -> str:
    text = (
        "Forget data (members) against unseen test data. Dashed: guessing. What counts "
        "is the left edge, where hardly anybody is accused wrongly."
    )
    sizes = [(c.numbers["membership"].get("thresholds") or {}).get("nonmembers") for c in shown]
    if fewest := min(filter(None, sizes), default=None):
        text += f" {fewest} unseen samples resolve no rate below {100 / fewest:.2g} %."
    return text
