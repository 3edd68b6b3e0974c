"""The verdict on a model: one word, the numbers that decided, and the rule in full."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ...verdict import Consensus, Verdict
from ...verdict.rules import rules
from ..reading.store_reader import Column

__all__ = ["badge", "details", "seeds_line"]

COLOURS = {
    "not forgotten": "#7C8796",
    "shallow": "#C9690F",
    "deep": "#1E8A6B",
    "deep but conspicuous": "#8070D6",
    "over-forgotten": "#A0662B",
    "damaged": "#C2413B",
}
"""White text on each has a contrast of at least 3 (large, bold text)."""


def badge(verdict: Verdict) -> str:
    """The word as a coloured label, with its confidence; HTML for `st.html`."""
    word, confidence = verdict.verdict, verdict.confidence
    if word is None or confidence is None:
        missing = html.escape("; ".join(verdict.missing) or "evidence is missing")
        return (
            '<div data-testid="verdict" style="font-size:.85rem;margin:.1rem 0 .5rem">'
            f"No verdict: {missing}.</div>"
        )
    beside = f"{confidence.level} confidence"
    if verdict.level:
        beside = f"{verdict.level} · {beside}"
    return (
        f'<div data-testid="verdict" title="{html.escape(verdict.why)}" '
        'style="margin:.1rem 0 .35rem;line-height:1.7">'
        f'<span style="display:inline-block;background:{COLOURS[word]};color:#fff;'
        "font-weight:650;font-size:.95rem;line-height:1.35;padding:.12rem .55rem;"
        f'border-radius:.4rem;margin-right:.4rem">{html.escape(word)}</span>'
        f'<span style="font-size:.78rem;opacity:.75;display:inline-block">'
        f"{html.escape(beside)}</span></div>"
    )


def details(shown: Sequence[Column], *, words: bool = False) -> None:
    """Why each model got its word (shown again if asked), the numbers that decided, the rule."""
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        verdict = column.verdict
        with place:
            st.markdown(f"**{column.label}**")
            if words and verdict.verdict is not None:
                st.html(badge(verdict))
            st.caption(verdict.why or f"No verdict: {'; '.join(verdict.missing)}.")
            for note in verdict.notes:
                st.caption(note)
            if line := seeds_line(column.consensus):
                st.caption(line)
    with st.popover("The rule, in full", icon=":material/gavel:"):
        st.markdown(rules())


def seeds_line(consensus: Consensus) -> str:
    """What the seeds of one method say: `Seeds 0, 1, 2: deep × 3`; nothing of a single seed."""
    seeds = sorted(consensus.seeds)
    if len(seeds) < 2:
        return ""
    told = ", ".join(
        f"{'no verdict' if word == 'none' else word} × {count}"
        for word, count in consensus.counts.items()
    )
    apart = " disagree" if len(consensus.counts) > 1 else ""
    return f"Seeds {', '.join(map(str, seeds))}{apart}: {told}"
