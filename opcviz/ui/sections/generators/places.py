"""The names of the columns, with where each model's forgetting lives."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ....artefacts import ModelResults
from ....common.records import Undefined
from ....common.text import capital
from ....results import (
    AddressResult,
    GenerationResult,
    RegenerationResult,
    RelearnedPictures,
    ReopenedResult,
)
from ....study import ModelResult, StudyResult
from ....verdict.places import Attacked, Places
from ....verdict.places import places as judged
from ...reading.store_reader import Column
from ...reading.store_reader import retrained as retrained_of
from ..glossary import TERMS
from ..paint import paint

__all__ = ["chips", "places", "places_of", "words_of"]

NEVER = "never saw it"  # of a retrained model
SAID = {
    "nowhere": ("still drawn", "#5C6878", "still drawn"),
    "answer": ("in the answer", "#A8530A", "in the answer"),
    "address": ("in the address", "#8A4B9C", "in the address"),
    "weights": ("left in the weights", "#7A5C00", "left in the weights"),
    "trunk": ("in the trunk", "#17735A", "in the trunk"),
}
"""By place: the words, their ground (white text on each has a contrast of at least 4.5), and their
entry of the glossary."""


def places_of(study: StudyResult, model: ModelResult) -> Places:
    """Where one model's forgetting lives, beside the retrained model of its seed.

    Args:
        study: that it belongs to.
        model: the generator.
    """
    theirs = retrained_of(study).get(model.seed)
    none = Undefined(f"there is no retrained model of seed {model.seed}")
    return judged(
        model.results.get(GenerationResult),
        model.results.get(RegenerationResult),
        _attacked(model.results),
        Attacked(none, none, none) if theirs is None else _attacked(theirs),
    )


def _attacked(results: ModelResults) -> Attacked:
    get = results.get
    return Attacked(get(AddressResult), get(RelearnedPictures), get(ReopenedResult))


def places(study: StudyResult, shown: Sequence[Column]) -> None:
    """A strip of names above the columns, each with its words and the figure that decided them.

    Args:
        study: on the page.
        shown: its columns.
    """
    colours = paint(shown)
    with st.container(key="names"):
        for place, column in zip(st.columns(len(shown)), shown, strict=True):
            found = places_of(study, column.model)
            place.html(
                f'<div data-testid="name" style="border-left:.35rem solid {colours[column.label]};'
                'padding:.1rem 0 .1rem .5rem;line-height:1.3">'
                f'<span style="font-weight:650">{html.escape(column.label)}</span> '
                f"{chips(column.name, found)}</div>"
            )


def words_of(study: StudyResult, model: ModelResult) -> str:
    """The same in plain words, as `in the address, conspicuous`.

    Args:
        study: that it belongs to.
        model: the generator.
    """
    found = places_of(study, model)
    if model.method.info.name == "retrain":
        return NEVER
    if isinstance(found.place, Undefined):
        return "no verdict"
    odd = found.place != "nowhere" and found.conspicuous is True
    return SAID[found.place][0] + (", conspicuous" if odd else "")


def chips(method: str, found: Places) -> str:
    """The words of a model as labels that explain themselves; HTML for `st.html`.

    Args:
        method: its registered name: a retrained model has forgotten nowhere.
        found: where its forgetting lives.
    """
    told = " ".join(f"{capital(line)}." for line in found.told)
    if method == "retrain":
        return _chip(NEVER, None, "retrained", told)
    if isinstance(found.place, Undefined):
        return _chip("no verdict", None, "open", f"{capital(found.place.reason)}.")
    words, colour, entry = SAID[found.place]
    whole = words if found.place in ("nowhere", "weights") else f"forgotten {words}"
    made = _chip(whole, colour, entry, told)
    if found.place != "nowhere" and found.conspicuous is True:
        made += _chip("conspicuous", None, "conspicuous", told)
    return made


def _chip(words: str, colour: str | None, entry: str, more: str) -> str:
    loud = f"background:{colour};color:#fff;font-weight:650;font-size:.95rem;padding:.08rem .5rem"
    quiet = "font-size:.9rem;padding:.05rem .35rem"
    told = html.escape(f"{TERMS[entry].told()} {more}".strip())
    return (
        f'<span data-testid="badge" title="{told}" tabindex="0" role="note" '
        f'style="display:inline-block;cursor:help;{loud if colour else quiet};'
        f"border:1px solid {colour or 'currentColor'};line-height:1.35;"
        f'border-radius:.4rem;margin-right:.3rem">{html.escape(words)}</span>'
    )
