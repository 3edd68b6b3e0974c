"""What the recovery attack brings back, class by class, and from how few samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from ...common.records import Undefined, defined
from ...results import Flips, SizeSweep
from ...study import StudyResult
from ..charts.drawing import apply_layout
from ..charts.figures import chart_config
from ..charts.lines import lines_figure
from ..charts.theme import text_size
from ..reading import store_reader as library
from ..reading.store_reader import Column
from .paint import paint
from .presentation import BESIDE

__all__ = ["confusion", "confusion_figure", "sizes", "sizes_figure"]

MOST_ACROSS = 4  # more models stand in two rows
NAMED = 12  # about how many answers are named on the axis


def confusion_figure(
    counts: Mapping[str, Mapping[str, int]], class_names: Sequence[str]
) -> go.Figure:
    """Where the samples of each forgotten class go: percent of the true class by answer.

    The recall of each class stands at the right.

    Args:
        counts: samples by true class, then answer; both are label numbers as text.
        class_names: of all labels, in order.
    """
    true = sorted(counts, key=int)
    shares = []
    for label in true:
        total = sum(counts[label].values())
        answers = [counts[label].get(str(answer), 0) for answer in range(len(class_names))]
        shares.append([100 * count / total for count in answers])
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(range(len(class_names))),
            y=list(range(len(true))),
            zmin=0,
            zmax=100,
            xgap=1,
            ygap=1,
            showscale=False,
            colorscale=[[0, "rgba(43,134,201,0.06)"], [1, "rgba(43,134,201,0.75)"]],
            customdata=[[f"{class_names[int(a)]} → {b}" for b in class_names] for a in true],
            hovertemplate="%{customdata}: %{z:.1f} %<extra></extra>",
        )
    )
    for row, (label, share) in enumerate(zip(true, shares, strict=True)):
        figure.add_annotation(  # beside the cells, which can be narrower than a number
            text=f"{share[int(label)]:.0f} %",
            x=1,
            xref="x domain",
            xanchor="left",
            xshift=4,
            y=row,
            showarrow=False,
            font={"size": text_size()},
        )
    apply_layout(figure, min(420, 76 + 26 * len(true)), top=8, right=46)
    step = max(1, len(class_names) // NAMED)
    shown = list(range(0, len(class_names), step))
    figure.update_xaxes(
        title_text="answer",
        tickvals=shown,
        ticktext=[class_names[i] for i in shown],
        range=[-0.5, len(class_names) - 0.5],
        showgrid=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(true))),
        ticktext=[class_names[int(label)] for label in true],
        title_text="true",
        autorange="reversed",
        automargin=True,
        showgrid=False,
    )
    return figure


def sizes_figure(
    sweeps: Mapping[str, SizeSweep],
    *,
    constant: float | None = None,
    colors: Mapping[str, str] | None = None,
) -> go.Figure:
    """Forget accuracy after FM against the attacker's samples a class.

    Args:
        sweeps: by model; those without FM are not drawn.
        constant: percent that one constant answer scores (dashed).
        colors: by model.
    """
    figure = lines_figure(
        {name: (one.per_class, one.fm.forget_accuracy) for name, one in sweeps.items() if one.fm},
        x_title="held-out samples of each class that the attacker has",
        y_title="forget accuracy after FM (%)",
        reference=constant,
        colors=colors,
    )
    return figure.update_xaxes(tickvals=sorted({k for s in sweeps.values() for k in s.per_class}))


def confusion(study: StudyResult, shown: Sequence[Column]) -> None:
    """Confusion after FM for each model, and how many samples flip."""
    _, about = library.samples(study)
    st.markdown(
        "Where the forget data go after FM, fitted on all training data; at the right, how many of "
        "a class are right"
    )
    across = len(shown) if len(shown) <= MOST_ACROSS else -(-len(shown) // 2)
    with st.container(key=BESIDE):
        places = [place for _ in range(0, len(shown), across) for place in st.columns(across)]
    for place, column in zip(places, shown, strict=False):
        found = library.fit_of(column.results, "fm", "all")
        with place:
            st.markdown(f"**{column.label}**")
            if not found.confusion:
                missing = found.forget_accuracy
                reason = missing.reason if isinstance(missing, Undefined) else ""
                st.caption(f"none: {reason or 'not kept; run the study again'}")
                continue
            st.plotly_chart(
                confusion_figure(found.confusion, about.class_names),
                config=chart_config(f"confusion-{column.model.key}"),
                key=f"confusion.{column.model.key}",
            )
            st.caption(_flips(found.confusion, found.flips))


def _flips(confusion: Mapping[str, Mapping[str, int]], flips: Flips | None) -> str:
    if flips is None or not defined(flips.recovered) or not defined(flips.lost):
        return "which samples turn was not kept"
    total = sum(sum(row.values()) for row in confusion.values())
    return f"of {total:,} samples {flips.recovered:,} turn right, {flips.lost:,} turn wrong"


def sizes(shown: Sequence[Column]) -> None:
    """How few samples are enough: the size sweep, one line a model."""
    stored = {c.label: c.evidence.recovery.sizes for c in shown if defined(c.evidence)}
    sweeps = {k: one for k, one in stored.items() if defined(one) and one.per_class}
    if not sweeps:
        st.caption("How few samples are enough was not measured for these models.")
        return
    first = shown[0].evidence
    st.markdown("How few samples are enough")
    st.plotly_chart(
        sizes_figure(
            sweeps,
            constant=first.recovery.constant_predictor if defined(first) else None,
            colors=paint(shown),
        ),
        config=chart_config("sizes"),
        key="sizes",
    )
    sweep = next(iter(sweeps.values()))
    text = f"Mean of {sweep.draws} draws of held-out data, forget classes included."
    st.caption(text + (f" {sweep.reason.capitalize()}." if sweep.reason else ""))
