"""Which models stand side by side, and in which order."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...common.records import defined, known
from ...common.text import percent
from ...results import EvidenceResult, GenerationResult, WaveformResult
from ...study import ModelResult, StudyResult
from ..reading import state
from ..reading import store_reader as library
from ..reading.held import hold
from .generators.places import words_of
from .waveforms.degrees import words_of as forgotten_words

__all__ = ["pick_models_of"]


def pick_models_of(study: StudyResult, view: state.View) -> None:
    """The picker of the head: names in the order of columns, and all models with their verdicts."""
    titles = library.labels(study)
    hold("head.models", list(view.models))
    left, right = st.columns([6, 1], vertical_alignment="bottom")
    left.multiselect(
        f"Models ({state.MIN_MODELS} to {state.MAX_MODELS} columns)",
        list(titles),
        format_func=lambda key: titles[key],
        max_selections=state.MAX_MODELS,
        key="head.models",
        on_change=_picked,
        args=(view.models, len(titles)),
        wrap=True,
    )
    with right:
        _all_models(study, view.models, titles)


def _picked(before: tuple[str, ...], of: int) -> None:
    """Take the choice over, and say what else changes with it."""
    chosen = tuple(st.session_state["head.models"])
    state.update(models=chosen)
    if len(chosen) < min(state.MIN_MODELS, of):
        st.toast(
            f"At least {state.MIN_MODELS} models are compared, so the first ones are back.",
            icon=":material/info:",
        )
    elif len(chosen) == state.MAX_MODELS < of and len(chosen) > len(before) + 1:
        st.toast(
            f"{state.MAX_MODELS} of {of} models fit side by side; the others are left out.",
            icon=":material/info:",
        )


@st.fragment
def _all_models(study: StudyResult, shown: tuple[str, ...], titles: dict[str, str]) -> None:
    """Every model with its verdict and accuracies, and the order of those shown; made when open."""
    place = st.popover(
        "All",
        icon=":material/list:",
        key="head.all",
        on_change="rerun",
        help="Every model with its verdict and accuracies, and the order of the columns.",
        width="stretch",
    )
    if not place.open:
        return
    with place:
        st.markdown("**Order of the columns**")
        for at, key in enumerate(shown):
            name, back, on = st.columns([6, 1, 1], vertical_alignment="center")
            name.markdown(titles.get(key, key))
            _mover(back, shown, at, -1, titles)
            _mover(on, shown, at, 1, titles)
        st.markdown("**All models**")
        st.dataframe(
            [_row(study, model, titles[model.key]) for model in study.models],
            hide_index=True,
            height=320,
        )


def _mover(
    place: DeltaGenerator, shown: tuple[str, ...], at: int, by: int, titles: dict[str, str]
) -> None:
    """A button by which a column changes places with its neighbour."""
    side = "left" if by < 0 else "right"
    if place.button(
        ":material/arrow_back:" if by < 0 else ":material/arrow_forward:",
        help=f"Move {titles[shown[at]]} to the {side}",
        key=f"head.move.{side}.{at}",
        disabled=not 0 <= at + by < len(shown),
        width="stretch",
    ):
        moved = list(shown)
        moved[at], moved[at + by] = moved[at + by], moved[at]
        state.update(models=tuple(moved))
        st.rerun()  # the whole page: this part would be drawn again alone


def _row(study: StudyResult, model: ModelResult, title: str) -> dict[str, str]:
    if study.study.task == "generation":
        drawn = model.results.get(GenerationResult)
        seen = drawn if defined(drawn) else None
        return {
            "Model": title,
            "Forgotten": words_of(study, model),
            "Asked, genuine": percent(seen.asked.genuine if seen else None),
            "Other classes, right": percent(seen.retained.accuracy if seen else None),
        }
    if study.study.task == "waveforms":
        made = model.results.get(WaveformResult)
        return {
            "Model": title,
            "Forgotten": forgotten_words(study, model),
            "S error there": f"{made.forgotten.s_error:.2f} s" if defined(made) else "",
            "S error elsewhere": f"{made.retained.s_error:.2f} s" if defined(made) else "",
        }
    evidence = model.results.get(EvidenceResult)
    accuracy = evidence.accuracy if defined(evidence) else None
    verdict = study.verdict(model)
    return {
        "Model": title,
        "Verdict": "no verdict" if verdict.words == "none" else verdict.words,
        "Forgotten, right": percent(known(accuracy.forget_train) if accuracy else None),
        "Kept, right (test)": percent(known(accuracy.retain_test) if accuracy else None),
    }
