"""The verdict on a model: three answers, the numbers that decided, and the rule in full."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ...verdict import Consensus, Verdict
from ...verdict.words import GONE, KEPT, NOTICEABLE, rules
from ..reading.store_reader import Column

__all__ = ["badge", "details", "seeds_line"]

COLOURS = {
    "no": "#7C8796",
    "hidden": "#C9690F",
    "as in retrained models": "#1E8A6B",
    "beyond": "#2F6FB0",
}
"""Of `gone`; white text on each has a contrast of at least 3 (large, bold text)."""
NOTICED, HARMED = "#8070D6", "#C2413B"


def badge(verdict: Verdict) -> str:
    """The answers as coloured labels, with their confidence; HTML for `st.html`."""
    gone, confidence = verdict.gone, verdict.confidence
    labels = []
    if gone is not None:
        said = {"no": "not gone", "beyond": "gone, beyond retraining"}.get(gone, gone)
        labels.append(_label(said, COLOURS[gone], f"Gone? {GONE[gone]}"))
    if verdict.noticeable == "yes":
        labels.append(_label("noticeable", NOTICED, NOTICEABLE["yes"]))
    if verdict.kept not in (None, "yes"):
        said = {"no": "damaged"}.get(verdict.kept, verdict.kept)
        labels.append(_label(said, HARMED, KEPT[verdict.kept]))
    beside = f"{confidence.level} confidence" if confidence else ""
    if gone is None:
        missing = html.escape("; ".join(verdict.missing) or "evidence is missing")
        beside = f"Gone? No verdict: {missing}."
    return (
        f'<div data-testid="verdict" title="{html.escape(verdict.why)}" '
        f'style="margin:.1rem 0 .35rem;line-height:1.9">{"".join(labels)}'
        f'<span style="font-size:.8rem;opacity:.8;display:inline-block">{beside}</span></div>'
    )


def _label(words: str, colour: str, title: str) -> str:
    return (
        f'<span title="{html.escape(title)}" style="display:inline-block;background:{colour};'
        "color:#fff;font-weight:650;font-size:.95rem;line-height:1.35;padding:.12rem .55rem;"
        f'border-radius:.4rem;margin-right:.4rem">{html.escape(words)}</span>'
    )


def details(shown: Sequence[Column], *, words: bool = False) -> None:
    """Why each model got its words (shown again if asked), the numbers that decided, the rule."""
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        verdict = column.verdict
        with place:
            st.markdown(f"**{column.label}**")
            if words:
                st.html(badge(verdict))
            st.caption(verdict.why or f"No verdict: {'; '.join(verdict.missing)}.")
            for note in verdict.notes:
                st.caption(note)
            if line := sensitivity_line(verdict):
                st.caption(line)
            if line := seeds_line(column.consensus):
                st.caption(line)
    with st.popover("The rule, in full", icon=":material/gavel:"):
        st.markdown(rules())


def sensitivity_line(verdict: Verdict) -> str:
    """Which thresholds would change the words: halved or doubled, one at a time."""
    if verdict.gone is None:
        return ""
    flips = [f"{each.threshold} {each.value:g}: {each.words}" for each in verdict.sensitivity]
    if not flips:
        return "No threshold, halved or doubled, changes these words."
    return f"With another threshold: {'; '.join(flips)}."


def seeds_line(consensus: Consensus) -> str:
    """What the seeds of one method say: `Seeds 0, 1, 2: hidden × 3`; nothing of a single seed."""
    seeds = sorted(consensus.seeds)
    if len(seeds) < 2:
        return ""
    told = ", ".join(
        f"{'no verdict' if word == 'none' else word} × {count}"
        for word, count in consensus.counts.items()
    )
    apart = " disagree" if len(consensus.counts) > 1 else ""
    sure = f"; {consensus.confidence} confidence"
    return f"Seeds {', '.join(map(str, seeds))}{apart}: {told}{sure}"
