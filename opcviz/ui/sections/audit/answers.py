"""The verdict of an audit: three questions in three boxes, as the report has them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from ....artefacts.classification.verdict import QUICK
from ....audit.html import ABOUT, UNANSWERED
from ....common.text import capital
from ....verdict import Verdict
from ....verdict.dossier import FULL
from ....verdict.words import GONE, KEPT, NOTICEABLE
from ..glossary import abbr
from ..verdicts import Label, labels

__all__ = ["answers", "notes"]

GRID = (
    "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.8rem;"
    "margin:.2rem 0 .6rem"
)
BOX = (
    "border-left:.35rem solid {colour};border-radius:.4rem;padding:.6rem .9rem .7rem;"
    "background:light-dark(#F3F5F8,#1B212B);line-height:1.45"
)
QUESTION = "font-size:max(1.1rem,var(--least-text,0px));font-weight:650;margin:0 0 .3rem"
MEANING = "font-size:max(1rem,var(--least-text,0px));margin:.45rem 0 0"
FIGURES = (
    "font-size:max(.9rem,var(--least-text,0px));margin:.45rem 0 0;color:light-dark(#4A5565,#B8C1CD)"
)
SURE = "font-size:max(1rem,var(--least-text,0px));margin:0"
QUESTIONS = ("Is it gone?", "Does it show?", "Is the rest kept?")
SAME = "for the reason that stands under the first question"


@dataclass(frozen=True)
class _Answer:
    """A box: the question, its label, the sentence, and the figures that decided."""

    question: str
    label: Label
    sentence: str
    figures: Sequence[str]


def answers(verdict: Verdict) -> str:
    """The three boxes with the confidence below; HTML for `st.html`.

    Args:
        verdict: on the audited model.
    """
    boxes = "".join(map(_box, _answers(verdict)))
    sure = ""
    if (confidence := verdict.confidence) is not None:
        level = abbr("confidence", f"Confidence: {confidence.level}")
        sure = f'<p style="{SURE}"><b>{level}</b> ({_keep(confidence.basis)}).</p>'
    return f'<div data-testid="audit-verdict"><div style="{GRID}">{boxes}</div>{sure}</div>'


def notes(verdict: Verdict) -> list[str]:
    """How to read the verdict, without what a box says already of the attacks that were made."""
    return [note for note in verdict.notes if note != QUICK and FULL not in note]


def _answers(verdict: Verdict) -> list[_Answer]:
    words = (verdict.gone, verdict.noticeable, verdict.kept)
    found = []
    for at, (word, said) in enumerate(zip(words, (GONE, NOTICEABLE, KEPT), strict=True)):
        sentence = _why_open(verdict, at) if word is None else said[word]
        figures = [each.says for each in verdict.numbers if ABOUT.get(each.name) == at]
        found.append(_Answer(QUESTIONS[at], labels(verdict)[at], sentence, figures))
    return found


def _why_open(verdict: Verdict, at: int) -> str:
    """Why a question has no answer."""
    if not verdict.missing:
        return UNANSWERED
    if at and verdict.gone is None:
        return SAME
    return f"missing: {'; '.join(verdict.missing)}"


def _box(answer: _Answer) -> str:
    told = "".join(f'<p style="{FIGURES}">{_keep(capital(each))}.</p>' for each in answer.figures)
    return (
        f'<div style="{BOX.format(colour=answer.label.colour)}">'
        f'<p style="{QUESTION}">{answer.question}</p>{answer.label.chip}'
        f'<p style="{MEANING}">{_keep(capital(answer.sentence))}.</p>{told}</div>'
    )


def _keep(text: str) -> str:
    """Text for HTML in which no percent sign begins a line."""
    return html.escape(text).replace(" %", "&nbsp;%")
