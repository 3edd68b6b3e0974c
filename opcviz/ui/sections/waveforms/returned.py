"""What training on with retained records alone brings back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ....common.records import defined, known
from ....results import ForgettingResult, WaveformRegrowth, WaveformRegrowthResult
from ....study import StudyResult
from ...charts.figures import chart_config
from ...charts.forgetting import course_figure
from ...reading.store_reader import Column
from ..generators.returned import RETRAINED, with_retrained
from ..missing import lacking, not_measured
from ..paint import paint
from ..presentation import BESIDE
from ..sentences import title
from .legend import legend

__all__ = ["regrown"]

HOW = (
    "The attacker has the weights and retained records, none of the forgotten ones, and trains on "
    "with them (the attack DiMRA). F near 0 says that arrivals in the forgotten region are right "
    "again: they were never gone. Amplitudes may stay wrong. What the retrained model (dotted) "
    "learns so, any model could. A model is called by its worst case, the least F after at least "
    "one look of this attack, which need not be that after its last step: see its word above."
)

Courses = Mapping[str, tuple[Sequence[float], Sequence[float | None]]]
"""Steps and values by model."""


def regrown(study: StudyResult, shown: Sequence[Column], whose: str = "") -> None:
    """The curves of the attack: the error of S, and F.

    Args:
        study: on the page.
        shown: its columns.
        whose: behind the title, what the records are.
    """
    title(f"Trained on, without the forgotten earthquakes{whose}", HOW)
    found = with_retrained(study, shown, WaveformRegrowthResult)
    curves = {label: each.curve for label, each in found.items() if defined(each)}
    if not curves:
        not_measured("The attack", "waveform_dimra")
        return
    colors = paint(shown)
    steps = {label: [point.steps for point in curve] for label, curve in curves.items()}
    dotted = [c.label for c in shown if c.name == "retrain"] + [RETRAINED]
    about = next((f for c in shown if defined(f := c.results.get(ForgettingResult))), None)
    levels = {}
    if about is not None:
        levels = {"original": about.s_error.original, "retrained": about.s_error.retrained}
    charts: dict[str, tuple[Courses, Mapping[str, float], str]] = {
        "S-error": (
            {n: (steps[n], [p.s_error for p in curve]) for n, curve in curves.items()},
            levels,
            "error of S, forgotten (s)",
        ),
        "F": (
            {n: (steps[n], [known(p.index) for p in curve]) for n, curve in curves.items()},
            {"knows": 0.0, "as retrained": 1.0},
            "F of S",
        ),
    }
    with st.container(key=f"{BESIDE}-waveforms-regrown"):
        places = st.columns(2, gap="medium")
    for place, (name, (lines, beside, y_title)) in zip(places, charts.items(), strict=True):
        figure = course_figure(
            lines,
            colors=colors,
            levels=beside,
            x_title="steps of further training",
            y_title=y_title,
            dotted=dotted,
        )
        with place:
            st.plotly_chart(figure, config=chart_config(f"attack-{name}"), key=f"waveforms.{name}")
    legend(shown, without=RETRAINED in curves)
    if told := _beside(shown, curves):
        st.caption(told)
    for label, each in found.items():
        if defined(each) and each.reason:
            st.caption(f"{label}: {each.reason}.")
    lacking(found)


def _beside(shown: Sequence[Column], curves: Mapping[str, Sequence[WaveformRegrowth]]) -> str:
    """What the curves' beginning and zero are not."""
    differ = [
        abs(first - once)
        for c in shown
        if c.label in curves and defined(f := c.results.get(ForgettingResult))
        if (once := known(f.s_error.index)) is not None
        if (first := known(curves[c.label][0].index)) is not None
    ]
    told = []
    if max(differ, default=0.0) >= 0.005:
        told.append(
            "Step 0 is the model itself, asked with other noise than above: its F differs by up to "
            f"{max(differ):.2f}."
        )
    originals = [c.label for c in shown if c.name == "original" and c.label in curves]
    for label in originals[:1]:
        last = curves[label][-1]
        if last.steps and defined(last.index):
            told.append(
                f"The attack alone takes the original to F {_signed(last.index)} after "
                f"{last.steps:,} steps: compare with that, not with 0."
            )
    return " ".join(told)


def _signed(value: float) -> str:
    """Two decimals with a true minus."""
    return f"{value:z.2f}".replace("-", "−")
