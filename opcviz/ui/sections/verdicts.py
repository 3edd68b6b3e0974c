"""The verdict on a model: three answers, the numbers that decided, and the rule in full."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from ...common.records import defined
from ...results import StrongestResult
from ...verdict import Check, Consensus, Figures, Verdict
from ...verdict.words import GONE, rules
from ..charts.theme import ink, projected
from ..reading.store_reader import Column
from .folded import folded
from .glossary import TERMS, abbr, explained

__all__ = [
    "Label",
    "badge",
    "chip",
    "chips",
    "decided",
    "decided_in_short",
    "deciding",
    "details",
    "in_short",
    "in_vain",
    "labels",
    "reach",
    "seeds_line",
    "spoken",
]

COLOURS = {
    "no": "#5C6878",
    "hidden": "#A8530A",
    "as in retrained models": "#17735A",
    "beyond": "#2A659F",
}
"""Of `gone`; white text on each has a contrast of at least 4.5."""
DEPTH = "Depth:"
NOTICED, HARMED = "#6656BE", "#B93A34"
GOOD, OPEN = COLOURS["as in retrained models"], ink.reference
SEEN = {"yes": NOTICED, "as in retrained models": GOOD, "no": GOOD}
SHOWS = {
    "yes": "noticeable",
    "as in retrained models": "noticeable in retrained, too",
    "no": "not noticeable",
}
"""Whether somebody who looks at the features can tell that something was unlearned, on screen."""
NEVER = "so much that this figure alone can never tell"
SPREAD = 0.25  # of a whole scale: retrained models that lie farther apart vary more than they give
SAID = {"no": "not gone", "beyond": "gone, beyond retraining"}


def badge(verdict: Verdict, *, named: bool = True) -> str:
    """The answers as labels, with confidence and band; HTML for `st.html`.

    What is as it should be has an outline, what is not a colour.

    Args:
        verdict: on the model.
        named: whether what is gone is among them; it may stand with the model's name already.
    """
    gone, confidence = verdict.gone, verdict.confidence
    said = [chip(verdict)] if named and gone is not None else []
    said.append(_noticed(verdict))
    if (kept := verdict.kept) is not None:
        said.append(_kept(kept))
    beside = ""
    if confidence and not projected():
        beside = abbr("confidence", f"{confidence.level} confidence", more=f"{confidence.basis}.")
        if verdict.band:
            some = "1 retrained model" if verdict.band == 1 else f"{verdict.band} retrained models"
            beside += f" · {abbr('beside retrained models', f'beside {some}')}"
    if gone is None:
        missing = html.escape("; ".join(verdict.missing) or "evidence is missing")
        beside = f"Gone? No verdict: {missing}."
    return (
        f'<div data-testid="verdict" title="{html.escape(verdict.why)}" '
        f'style="margin:.1rem 0 .3rem;line-height:1.75">{"".join(said)}'
        f'<span style="font-size:.9rem;display:inline-block">{beside}</span></div>'
    )


@dataclass(frozen=True)
class Label:
    """An answer in a word.

    Attributes:
        chip: HTML for `st.html`.
        colour: that goes with it, on either ground.
    """

    chip: str
    colour: str


def labels(verdict: Verdict) -> tuple[Label, Label, Label]:
    """The answers on what is gone, whether it shows and whether the rest is kept; one without an
    answer says so."""
    gone, noticed, kept = verdict.gone, verdict.noticeable, verdict.kept
    none = Label(_label("no answer", None, "open"), OPEN)
    found = none if noticed is None else Label(_noticed(verdict), SEEN[noticed])
    rest = none if kept is None else Label(_kept(kept), GOOD if kept == "yes" else HARMED)
    return none if gone is None else Label(chip(verdict), COLOURS[gone]), found, rest


def chips(verdict: Verdict) -> str:
    """What is gone and whether it shows, as labels; HTML for `st.html`."""
    return chip(verdict) + _noticed(verdict)


def chip(verdict: Verdict) -> str:
    """What is gone, as one label; HTML for `st.html`."""
    gone = verdict.gone
    if gone is None:
        missing = "; ".join(verdict.missing) or "evidence"
        return _label("no verdict", None, "open", f" Missing: {missing}.")
    said = SAID.get(gone, gone)
    return _label(said, COLOURS[gone], "not gone" if gone == "no" else gone)


def _noticed(verdict: Verdict) -> str:
    if (noticed := verdict.noticeable) is None:
        return ""
    return _label(SHOWS[noticed], NOTICED if noticed == "yes" else None, SHOWS[noticed])


def _kept(kept: str) -> str:
    said = {"yes": "rest kept", "no": "damaged"}.get(kept, kept)
    return _label(said, HARMED if kept != "yes" else None, said)


def _label(words: str, colour: str | None, entry: str, more: str = "") -> str:
    """A word of the verdict, which tells its entry of the glossary where it is pointed at."""
    loud = f"background:{colour};color:#fff;font-weight:650;font-size:.95rem;padding:.08rem .5rem"
    quiet = "font-size:.9rem;padding:.05rem .35rem"
    told = html.escape(f"{TERMS[entry].told()}{more}")
    return (
        f'<span data-testid="badge" title="{told}" tabindex="0" role="note" '
        f'style="display:inline-block;cursor:help;{loud if colour else quiet};'
        f"border:1px solid {colour or 'currentColor'};line-height:1.35;"
        f'border-radius:.4rem;margin-right:.3rem">{html.escape(words)}</span>'
    )


def deciding(verdict: Verdict) -> str:
    """What is gone, by the very figure that decided it; nothing without an answer."""
    if verdict.gone is None or not verdict.numbers:
        return ""
    said = GONE[verdict.gone]
    return f"{said[0].upper()}{said[1:]}: {verdict.numbers[0].says}."


def decided(verdict: Verdict) -> str:
    """By whom what is gone was decided and by which figures, in a line; nothing without an answer.

    The figure of the model, those of the retrained ones, and that nothing could have counted where
    that is so.
    """
    if verdict.gone is None or not verdict.numbers:
        return ""
    first = verdict.numbers[0]
    undecidable = first.figures is not None and first.figures.undecidable
    told = spoken(first)
    return f"Decided by: {'; '.join(told if undecidable else told[:2])}."


def spoken(check: Check) -> tuple[str, ...]:
    """A check clause by clause; that nothing could count is told by why that is so."""
    figures = check.figures
    if figures is None or not figures.undecidable:
        return check.clauses
    return tuple(in_vain(figures) if figures.in_vain in each else each for each in check.clauses)


def in_vain(figures: Figures) -> str:
    """Why a figure could not tell, whatever it were; a clause."""
    if figures.pixels is not None:  # told only where they raise the line
        return f"the pixels alone give {NEVER}"
    far = figures.high - figures.low > SPREAD * figures.most
    return f"retrained models {'differ' if far else 'give'} {NEVER}"


def decided_in_short(verdict: Verdict) -> str:
    """The same as short as a panel has room for; nothing without an answer."""
    if verdict.gone is None or not verdict.numbers:
        return ""
    if (f := verdict.numbers[0].figures) is None:
        return decided(verdict)
    # how a block's output was read is for who asks further
    who = replace(f.attempt, view="whole").words if f.attempt else f.who
    who = f"membership AUC by {who}" if f.test else who
    least = verdict.gone == "beyond"
    beside = [f"retrained: {'at least ' if least else ''}{f.written(f.low) if least else f.spread}"]
    if f.share is not None and f.original is not None:
        beside.append(f"more than {f.share:g} % of the way to {f.written(f.original)} must be left")
    elif f.original is not None:
        beside.insert(0, f"original: {f.written(f.original)}")
    if f.luck is not None:
        beside.append(f"luck {f.written(f.luck)}")
    if f.pixels is not None:
        beside.append(f"pixels alone {f.written(f.pixels)}")
    nothing = f", {NEVER}" if f.undecidable else ""
    got = f"{'at most ' if least else ''}{f.written(f.value)}"
    told = f"Decided by {who}: {got}; {', '.join(beside)}{nothing}."
    if (second := f.also) is None:
        return told
    of = "" if second.original is None else f"original: {second.written(second.original)}, "
    agrees = f"{second.who} agrees: {second.written(second.value)}"
    return f"{told} {agrees}; {of}retrained: {second.spread}."


def reach(verdict: Verdict, *, tried: bool) -> list[str]:
    """How far attackers came: who came furthest, if that was not said, and how deep it holds.

    Args:
        verdict: on a model.
        tried: whether maps were tried at its blocks; without them there is no depth to tell.
    """
    told = []
    first = verdict.numbers[0].figures if verdict.gone and verdict.numbers else None
    named = first.attempt.key if first and first.attempt else None
    if (furthest := verdict.furthest) and furthest.key != named:
        told.append(f"Furthest: {furthest.words}, {furthest.recovered:.1f} % {furthest.of}.")
    if verdict.gone in (None, "no"):  # what was not forgotten is at no depth
        return told
    if not tried:
        told.append(f"{DEPTH} not known: no map was tried at the blocks.")
    elif verdict.depth is None:
        told.append(
            f"{DEPTH} none: maps get clearly more than from retrained models even at the end."
        )
    else:
        where = f"from {verdict.depth} on"
        told.append(f"{DEPTH} {where} maps get not clearly more than from retrained ones.")
    return told


def in_short(shown: Sequence[Column]) -> None:
    """The words of each model and the one figure behind them; everything else in a fold."""
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        told = decided(column.verdict).replace(" %", "\N{NO-BREAK SPACE}%")
        with place:
            st.markdown(f"**{column.label}**")
            st.html(badge(column.verdict) + f'<div data-testid="decided">{explained(told)}</div>')
    folded(
        "Every figure behind these words",
        lambda: details(shown),
        key="instruments.verdicts",
        aside=True,  # more than a screen, and more than a hall reads
    )


def details(shown: Sequence[Column]) -> None:
    """Why each model got its words, the numbers that decided, and the rule."""
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        verdict = column.verdict
        with place:
            st.markdown(f"**{column.label}**")
            st.caption(verdict.why or f"No verdict: {'; '.join(verdict.missing)}.")
            lines = reach(verdict, tried=defined(column.results.get(StrongestResult)))
            noted = any(f"'{verdict.depth}'" in note for note in verdict.notes)
            for line in (
                *(each for each in lines if not (noted and DEPTH in each)),
                *verdict.notes,
            ):
                st.caption(line)
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
    flips = [f"{each.threshold} at {each.value:g}: {each.words}" for each in verdict.sensitivity]
    if not flips:
        return "No threshold, halved or doubled, changes these words."
    return f"With one threshold halved or doubled: {'; '.join(flips)}. Others change nothing."


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
    line = f"Seeds {', '.join(map(str, seeds))}{apart}: {told}{sure}"
    found = consensus.together
    if found is None or not found.holds or set(consensus.counts) == {consensus.verdict}:
        return line
    return f"{line}. Together they are **hidden**: {found.says}."
