"""The row of recovery attacks on Side by side: bars beside the retrained band and the pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ...artefacts import ModelResults
from ...common.records import defined, known
from ...results import FIT_SETS, EvidenceResult, StrongestResult
from ..charts import figures
from ..charts.bands import Band
from ..charts.bars_component import Bars, recovery_bars
from ..charts.theme import projected
from ..reading import state
from ..reading.held import hold
from ..reading.references import References
from ..reading.scores import Score, answers, score_of
from ..reading.store_reader import Column, fit_of
from .folded import folded
from .glossary import help_of
from .missing import unknown_words
from .paint import paint
from .plainly import fm_attempt, why_another
from .sentences import how_recovery_reads, percent, title

__all__ = ["recovery"]

UNEVEN = 0.5  # points between two ways of counting, from which both are told
WHOSE = "The verdict's"
STAGES = {"FM": "fm", "HR": "hr_labels"}
"""Bars to attacks: HR on labels, since on the original's logits it is FM in closed form."""


def recovery(shown: Sequence[Column], references: References) -> None:
    """Forget accuracy before and after the closed-form attacks, with what it is read beside.

    Args:
        shown: the columns.
        references: whose band is drawn: the retrained models of all seeds.
    """
    left, right = st.columns([1, 2.2], vertical_alignment="bottom")
    with left:
        title("Recovery attacks", how_recovery_reads([c.results for c in shown]))
    fit = state.option("fit")
    hold("rows.fit", fit)
    if projected():
        right.markdown(f"The attacker has: **{FIT_SETS[fit].label}**")
    with right:
        st.segmented_control(
            "The attacker has",
            list(FIT_SETS),
            format_func=lambda name: FIT_SETS[name].label,
            help=help_of("fit set"),
            required=True,
            key="rows.fit",
            on_change=lambda: state.choose(fit=st.session_state["rows.fit"]),
        )
    beside = [_stages(each, fit) for each in references.retrained]
    bands = {
        stage: band
        for stage in ("before", *STAGES)
        if (band := Band.of(each[stage].value for each in beside))
    }
    colors = paint(shown)
    recovery_bars([_bars(c, fit, bands, colors[c.label]) for c in shown], key="rows.recovery")
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        if not projected():
            place.caption(_read_out(column, fit))
        elif column.verdict.gone == "hidden":  # the bars say the rest
            place.caption(_why_another(column, fit))
    if not bands:
        st.caption("No band: this study has no retrained model with these numbers.")
    if state.option("ridge"):  # a link to one ridge opens the fold that shows it
        st.session_state.setdefault("rows.why", True)
    folded(
        "Does the result depend on the attacker's regularisation (ridge)?",
        lambda: _ridges(shown, fit),
        key="rows.why",
        aside=True,
    )


def _stages(results: ModelResults, fit: str) -> dict[str, Score]:
    """The scores of the bars: the model itself, and after either attack."""
    after = {stage: score_of(fit_of(results, name, fit), fit) for stage, name in STAGES.items()}
    return {"before": answers(results.get(EvidenceResult), after["FM"]), **after}


def _bars(column: Column, fit: str, bands: Mapping[str, Band], color: str) -> Bars:
    stages = _stages(column.results, fit)
    after = stages["FM"]
    return Bars(
        column.label,
        {stage: score.value for stage, score in stages.items()},
        intervals={stage: score.interval for stage, score in stages.items()},
        constant=after.constant,
        retrained=bands,
        floor=_pixels(column.results, fit),
        in_sample=after.in_sample,
        reason=after.reason,
        file=f"recovery-{column.model.key}",
        color=color,
    )


def _pixels(results: ModelResults, fit: str) -> float | None:
    """What the best map gets from the pixels with the same data; None where it was not asked."""
    found = results.get(StrongestResult)
    rung = found.floor(fit) if defined(found) else None
    return None if rung is None else rung.attempt.recovered


def _read_out(column: Column, fit: str) -> str:
    """Below a chart: on which pictures, and what the bars do not show."""
    found = fit_of(column.results, "fm", fit)
    score = score_of(found, fit)
    if score.value is None:
        return f"not defined: {score.reason}"
    kept = f"**{percent(known(found.retain_accuracy))}** of the kept training data are still right"
    guess = (
        "" if score.constant is None else f" (one answer for all gets {percent(score.constant)})"
    )
    restored = f"Restored by FM: **{percent(score.value)}**{guess}"
    if score.balanced is not None and abs(score.balanced - score.value) >= UNEVEN:
        restored += f", **{percent(score.balanced)}** with every class alike"
    if score.scored is None:
        seen = "the pictures it was fitted on" if score.in_sample else "train data"
        return f"{restored}, on {seen}; {kept}."
    where = {
        "forget_test": "test pictures",
        "forget_train": "train pictures that it was not fitted on",
        "cross-fitted": "pictures left out of the fit in turn",
    }
    text = f"{restored}, on {score.scored:,} forgotten {where[score.on]}; {kept}"
    if "forget_train" in FIT_SETS[fit].parts:
        text += f"; on the pictures it was fitted on **{percent(known(found.forget_accuracy))}**"
    return f"{text}. {_why_another(column, fit)}".rstrip()


def _why_another(column: Column, fit: str) -> str:
    """Whose figure decided the verdict, where it was not this attack's; else nothing."""
    first = next((check.figures for check in column.verdict.numbers[:1]), None)
    decider = first.attempt if first and column.verdict.gone else None
    return why_another(fm_attempt(column.results, fit), decider, WHOSE)


def _ridges(shown: Sequence[Column], fit: str) -> None:
    made = {c.label: fit_of(c.results, "fm", fit).sweep for c in shown}
    sweeps = {label: sweep for label, sweep in made.items() if sweep}
    if not sweeps:
        st.caption("No sweep was made for this fit set.")
        return
    first = next(iter(sweeps.values()))
    others = [label for label, sweep in sweeps.items() if sweep.ridge != first.ridge]
    sweeps = {label: sweep for label, sweep in sweeps.items() if label not in others}
    if others:
        st.caption(f"Swept over other penalties, and not drawn: {', '.join(others)}.")
    usual = evidence.recovery.ridge if defined(evidence := shown[0].evidence) else None
    at = _ridge(first.ridge, usual)
    st.plotly_chart(
        figures.ridge_figure(
            first.ridge,
            {label: sweep.forget_accuracy for label, sweep in sweeps.items()},
            constant=fit_of(shown[0].results, "fm", fit).constant_predictor,
            chosen=first.ridge[at],
            colors=paint(shown),
        ),
        config=figures.chart_config("ridge"),
        key=f"rows.ridge.{fit}",
    )
    seen = ", in-sample" if "forget_train" in FIT_SETS[fit].parts else ""
    got = "; ".join(
        f"{label} **{percent(sweep.forget_accuracy[at])}**" for label, sweep in sweeps.items()
    )
    bars = "" if usual is None else f" The bars above are at ridge {usual:g}."
    st.caption(
        f"At ridge {first.ridge[at]:g} (dotted): {got}. The penalty on the attacker's map (ridge) "
        "is part of every recovered accuracy. The chart is of the forgotten train pictures"
        f"{seen}.{bars}"
    )


def _ridge(swept: Sequence[float], usual: float | None) -> int:
    """The control of the penalty, kept in the address: the place of what is chosen in the sweep."""
    words = [f"{each:g}" for each in swept]
    asked = state.option("ridge")
    if asked and asked not in words:
        unknown_words("ridge", "such penalty in this sweep:", [asked], words)
    first = f"{usual:g}" if usual is not None and f"{usual:g}" in words else words[0]
    hold("rows.ridge", asked if asked in words else first)
    st.select_slider(
        "Ridge",
        words,
        key="rows.ridge",
        help=help_of("ridge"),
        on_change=lambda: state.choose(
            ridge="" if (word := st.session_state["rows.ridge"]) == first else word
        ),
    )
    return words.index(st.session_state["rows.ridge"])
