"""A model's card: two accuracies, the verdict, and the figure that decided it, one idea a line."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ...common.records import defined, known
from ...common.text import capital, percent
from ...results import EvidenceResult, StrongestResult
from ...verdict import Check, Verdict
from ...verdict.words import GONE
from ..charts.bands import Band
from ..charts.theme import projected
from ..reading import state
from ..reading.references import References
from ..reading.store_reader import Column
from .glossary import abbr, explained
from .plainly import RECOVERY, fm_attempt, why_another
from .sentences import headline, introduced
from .verdicts import badge, details, reach, spoken

__all__ = ["card", "headlines"]

SMALL = "font-size:.9rem;opacity:.85"
BOTH = 2
"""Lines of a hall: what the attacker gets, and what retrained models give him. One alone
would tell the opposite: 99 % of a model that is as retrained ones are, 89 % of one that hides."""
LIST = "margin:.2rem 0 0;padding-left:1.1rem;font-size:.95rem;line-height:1.4"
FORGET_HELP, KEPT_HELP = "forget accuracy", "retain accuracy"


def headlines(shown: Sequence[Column], references: References | None = None) -> None:
    """The first row: what each model answers, and what that is worth.

    Args:
        shown: the columns.
        references: whose answers the goal is; without them none is named.
    """
    goal = references.band(EvidenceResult, _forgotten) if references else None
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        with place.container(border=True, height="stretch"):
            st.html(card(column, goal))
    with st.expander("Why these verdicts?"):
        details(shown)


def _forgotten(found: EvidenceResult) -> float | None:
    return known(found.accuracy.forget_train)


def card(column: Column, goal: Band | None = None) -> str:
    """The card of one model as HTML for `st.html`.

    Args:
        column: the model.
        goal: forget accuracy of the retrained models, percent.
    """
    evidence = column.evidence
    accuracy = evidence.accuracy if defined(evidence) else None
    forget, test = (
        (known(accuracy.forget_train), known(accuracy.retain_test)) if accuracy else (None,) * 2
    )
    hall = projected()  # what decided, beside retrained models; the rest is read at a desk
    aim = "" if goal is None or hall else f"retrained {_range(goal)}"
    return (
        '<div data-testid="headline">'
        f'<div style="{SMALL}">Answered right</div>'
        '<div style="display:flex;gap:1rem;margin:0 0 .45rem;flex-wrap:wrap">'
        f"{_fact(abbr(FORGET_HELP, 'forgotten (train)'), percent(forget), aim)}"
        f"{_fact(abbr(KEPT_HELP, 'kept (test)'), percent(test))}</div>"
        f"{badge(column.verdict, named=False)}{_sentence(column, BOTH if hall else None)}"
        f"{'' if hall else _reach(column) + _made(column)}"
        "</div>"
    )


def _made(column: Column) -> str:
    """How it was made, and how closely to its paper; nobody knows it of one that was brought."""
    training = column.results.training
    if training.status == "finished" and training.seconds is None:
        return _small("Brought: how it was made is not known here.")
    info = column.model.method.info
    mark = abbr("fidelity", info.fidelity.mark, more=" ".join(info.fidelity.deviations))
    return _small(f"Method: {_whole(info.summary)} ({mark}).")


def _small(inner: str) -> str:
    return f'<div style="{SMALL};margin-top:.3rem">{inner}</div>'


def _range(goal: Band) -> str:
    low, high = percent(goal.low), percent(goal.high)
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _fact(label: str, value: str, beside: str = "") -> str:
    below = f'<div style="{SMALL}">{_keep(beside)}</div>' if beside else ""
    return (
        f'<div><div style="{SMALL}">{label}</div>'
        f'<div style="font-size:1.35rem;font-weight:650;line-height:1.2">{_keep(value)}</div>'
        f"{below}</div>"
    )


def _sentence(column: Column, most: int | None = None) -> str:
    """What is gone, and the very figure that decided it, an idea a line, at most so many.

    The figure behind every other word that is not as it should be stands below it: cards that
    differ in a word differ in a figure.
    """
    verdict = column.verdict
    lines = [headline(column.name, column.results, verdict)]
    if verdict.gone is not None and verdict.numbers:
        said = GONE[verdict.gone]
        lead = introduced(column.name, column.results) or f"{capital(said)}."
        decided = [*spoken(verdict.numbers[0]), *(check.says for check in _also(verdict))]
        lines = [lead, *(f"{capital(each)}." for each in decided)]
    first, *others = lines
    rows = "".join(f"<li>{_keep(explained(each))}</li>" for each in others[:most])
    listed = f'<ul style="{LIST}">{rows}</ul>' if rows else ""
    return f'<div data-testid="sentence"><div>{_keep(explained(first))}</div>{listed}</div>'


def _also(verdict: Verdict) -> list[Check]:
    """What decided that it shows, or that the rest is harmed.

    `numbers` are what decided on what is gone, then what shows where something does, then what was
    lost.
    """
    _, *others = verdict.numbers
    lost = others.pop() if verdict.kept is not None else None
    return [*others, *([lost] if lost and verdict.kept != "yes" else [])]


def _reach(column: Column) -> str:
    tried = defined(column.results.get(StrongestResult))
    told = reach(column.verdict, tried=tried)
    return "".join(_small(_keep(explained(line))) for line in (*told, *_beside_fm(column)))


def _beside_fm(column: Column) -> list[str]:
    """Why the recovery row below shows another figure than the one that decided."""
    verdict = column.verdict
    first = verdict.numbers[0].figures if verdict.gone and verdict.numbers else None
    after = fm_attempt(column.results, state.option("fit"))
    why = why_another(first.attempt if first else None, after, RECOVERY)
    return [why] if why else []


def _keep(escaped: str) -> str:
    """HTML in which no percent sign begins a line."""
    return escaped.replace(" %", "&nbsp;%")


def _whole(text: str) -> str:
    """The same of plain text."""
    return _keep(html.escape(text))
