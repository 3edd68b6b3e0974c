"""How much each model forgot: F with its words, above the columns and in a chart."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ....common.records import Undefined, defined, known
from ....common.text import capital
from ....results import (
    FORGOTTEN_WORDS,
    ForgettingIndex,
    ForgettingResult,
    ForgettingWord,
)
from ....study import ModelResult
from ...charts.figures import chart_config
from ...charts.forgetting import Degree, degree_figure
from ...reading.store_reader import Column
from ..glossary import TERMS
from ..missing import lacking, not_measured
from ..paint import paint
from ..sentences import title

__all__ = ["degrees", "names", "words_of"]

HOW = (
    "F compares a model with two others: 0 errs as the original does, which knows the forgotten "
    "earthquakes; 1 errs as the retrained model does, which never saw them. Above 2 a model is so "
    "wrong there that anybody sees what was to be forgotten. Whiskers are 95 % intervals over the "
    "measured records. One measure may call forgotten what another still finds."
)
COLOURS: dict[ForgettingWord, str] = {
    "knows": "#5C6878",
    "partly": "#7A5C00",
    "as retrained": "#17735A",
    "beyond retrained": "#8A4B9C",
    "over-forgotten": "#A8530A",
}
"""Ground of each word; white text on each has a contrast of at least 4.5."""
OVER: ForgettingWord = "over-forgotten"


def names(shown: Sequence[Column]) -> None:
    """A strip of names above the columns, each with its word and the figure that decided it.

    Args:
        shown: the columns.
    """
    colours = paint(shown)
    with st.container(key="names"):
        for place, column in zip(st.columns(len(shown)), shown, strict=True):
            place.html(
                f'<div data-testid="name" style="border-left:.35rem solid {colours[column.label]};'
                'padding:.1rem 0 .1rem .5rem;line-height:1.3">'
                f'<span style="font-weight:650">{html.escape(column.label)}</span> '
                f"{_chips(column)}</div>"
            )


def _chips(column: Column) -> str:
    found = column.results.get(ForgettingResult)
    if column.name in ("original", "retrain") or isinstance(found, Undefined):
        return _chip(words_of(column.model), None, "")
    word = found.s_error.word
    if isinstance(word, Undefined):
        return _chip("no verdict", None, f"{capital(word.reason)}.")
    about = f"{capital(FORGOTTEN_WORDS[word])}. {capital(_figures(found.s_error))}."
    made = _chip(words_of(column.model), COLOURS[word], about)
    if found.worst and word != OVER and found.worst[1].word == OVER:
        name, index = found.worst
        made += _chip(f"{OVER} by {name}", None, f"{capital(_figures(index))}.")
    return made


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


def words_of(model: ModelResult) -> str:
    """How much a model forgot, in plain words, as `as retrained, F 1.1`.

    Args:
        model: that makes records.
    """
    name = model.method.info.name
    if name in ("original", "retrain"):
        return "knows" if name == "original" else "never saw it"
    found = model.results.get(ForgettingResult)
    if isinstance(found, Undefined) or isinstance(found.s_error.word, Undefined):
        return "no verdict"
    return f"{found.s_error.word}, F {_f(known(found.s_error.index))}"


def degrees(shown: Sequence[Column]) -> None:
    """F by several measures.

    Args:
        shown: the columns.
    """
    title("How much was forgotten", HOW)
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


def _f(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
