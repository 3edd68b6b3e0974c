"""How much each model forgot: F with its words, above the columns and in a chart."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ....common.records import Undefined, defined, known
from ....common.text import capital
from ....results import ForgettingIndex, ForgettingResult, WaveformRegrowthResult
from ....study import ModelResult, StudyResult
from ....verdict.returning import Returning, returning
from ...charts.figures import chart_config
from ...charts.forgetting import Degree, degree_figure
from ...reading.store_reader import Column
from ...reading.store_reader import retrained as retrained_of
from ..glossary import TERMS
from ..missing import lacking, not_measured
from ..paint import paint
from ..sentences import title
from .legend import legend

__all__ = ["degrees", "names", "words_of"]

HOW = (
    "F compares a model with two others: 0 errs as the original does, which knows the forgotten "
    "earthquakes; 1 errs as the retrained model does, which never saw them. To 0.3 a model knows, "
    "to 0.7 partly, to 1.4 it errs as retrained, to 2 beyond retrained; above 2 it is "
    "over-forgotten: its error grew more than twice as much as the retrained model's. It compares "
    "mean errors (of the peak acceleration mean sizes of the log10 residual, too strong or too "
    "weak): equal ones are not equal answers, and none says what a model knows. Whiskers are 95 % "
    "intervals over the measured records; another draw of noise, or another training, moves F by "
    "0.1 and more. One measure may call forgotten what another still finds."
)
COLOURS: dict[str, str] = {
    "knows": "#5C6878",
    "partly": "#7A5C00",
    "returns": "#A8530A",
    "as retrained": "#17735A",
    "beyond retrained": "#8A4B9C",
    "over-forgotten": "#A3243B",
}
"""Ground of each word; white text on each has a contrast of at least 4.5."""


def names(study: StudyResult, shown: Sequence[Column]) -> None:
    """A strip of names above the columns, each with its word and the figures that decided it.

    Args:
        study: on the page.
        shown: its columns.
    """
    colours = paint(shown)
    with st.container(key="names"):
        for place, column in zip(st.columns(len(shown)), shown, strict=True):
            place.html(
                f'<div data-testid="name" style="border-left:.35rem solid {colours[column.label]};'
                'padding:.1rem 0 .1rem .5rem;line-height:1.3">'
                f'<span style="font-weight:650">{html.escape(column.label)}</span> '
                f"{_chips(study, column)}</div>"
            )


def _chips(study: StudyResult, column: Column) -> str:
    if column.name in REFERENCES:
        return _chip(REFERENCES[column.name], None, "")
    found = _judged(study, column.model)
    told = " ".join(f"{capital(line)}." for line in found.told)
    colour = None if isinstance(found.word, Undefined) else COLOURS[found.word]
    made = _chip(words_of(study, column.model), colour, told)
    if found.over and found.word != "over-forgotten":
        made += _chip("over-forgotten", None, told)
    return made


REFERENCES = {"original": "knows", "retrain": "never saw it"}


def _judged(study: StudyResult, model: ModelResult) -> Returning:
    theirs = retrained_of(study).get(model.seed)
    none: Undefined = Undefined(f"there is no retrained model of seed {model.seed}")
    return returning(
        model.results.get(ForgettingResult),
        model.results.get(WaveformRegrowthResult),
        none if theirs is None else theirs.get(WaveformRegrowthResult),
    )


def words_of(study: StudyResult, model: ModelResult) -> str:
    """What a model is called by its worst case, as `returns, F 0.7 → 0.2`.

    Args:
        study: that it belongs to.
        model: that makes records.
    """
    if (name := model.method.info.name) in REFERENCES:
        return REFERENCES[name]
    found = _judged(study, model)
    if isinstance(found.word, Undefined) or isinstance(found.at_once, Undefined):
        return "no verdict"
    after = "" if found.least is None else f"\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}{_f(found.least)}"
    return f"{found.word}, F\N{NO-BREAK SPACE}{_f(found.at_once)}{after}"


def _chip(words: str, colour: str | None, more: str) -> str:
    told = html.escape(f"{TERMS['F'].told()} {more}".strip())
    loud = f"background:{colour};color:#fff;font-weight:650;font-size:.95rem;padding:.08rem .5rem"
    quiet = "font-size:.9rem;padding:.05rem .35rem"
    return (
        f'<span data-testid="badge" title="{told}" tabindex="0" role="note" '
        f'style="display:inline-block;cursor:help;{loud if colour else quiet};'
        f"border:1px solid {colour or 'currentColor'};line-height:1.35;"
        f'border-radius:.4rem;margin-right:.3rem">{html.escape(words)}</span>'
    )


def degrees(shown: Sequence[Column], whose: str = "") -> None:
    """F by several measures.

    Args:
        shown: the columns.
        whose: behind the title, what the records are.
    """
    title(f"How much was forgotten{whose}", HOW)
    found = {column.label: column.results.get(ForgettingResult) for column in shown}
    made = {label: each for label, each in found.items() if defined(each)}
    if not made:
        not_measured("F", "forgetting")
        return
    by = {
        label: {name: _degree(index) for name, index in each.measures.items()}
        for label, each in made.items()
    }
    figure = degree_figure(by, colors=paint(shown))
    st.plotly_chart(figure, config=chart_config("forgetting"), key="waveforms.degrees")
    legend(shown)
    for name, index in next(iter(made.values())).measures.items():
        if isinstance(index.index, Undefined):
            st.caption(f"{capital(name)}: no F, since {index.index.reason}.")
    told = [f"{label}: {each.s_retained:.2f} s" for label, each in made.items()]
    st.caption(f"What it cost, as the error of S elsewhere: {'; '.join(told)}.")
    lacking(found)


def _degree(index: ForgettingIndex) -> Degree:
    return Degree(known(index.index), known(index.low), known(index.high), _figures(index))


def _figures(index: ForgettingIndex) -> str:
    value, low, high = known(index.index), known(index.low), known(index.high)
    if value is None:
        return "no F"
    span = f" ({low:.2f} to {high:.2f})" if low is not None and high is not None else ""
    return (
        f"F {value:.2f}{span}: {index.model:.2f} beside {index.original:.2f} of the original and "
        f"{index.retrained:.2f} of the retrained model"
    )


def _f(value: float) -> str:
    """One decimal, with a minus sign and without a negative zero."""
    return f"{'−' if round(value, 1) < 0 else ''}{abs(value):.1f}"
