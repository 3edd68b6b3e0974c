"""The first page: one question, its answer in words made from the study, and two films."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Sequence

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ...common.records import Undefined
from ...methods import REFERENCES
from ...results import PIXELS, DataResult, EvidenceResult, StrongestResult
from ...study import StudyResult
from ...study.own import declare_own
from ..charts.maps_component import Samples
from ..charts.theme import class_colors
from ..reading import store_reader as library
from ..reading.contrast import Pair, pair_of
from ..reading.references import References
from ..reading.scores import answers, score_of
from ..reading.store_reader import Column
from .decisive import Decisive
from .films import (
    FIT,
    FULL,
    film,
    levels,
    of_samples,
)
from .plainly import attacker_plainly
from .presentation import presenting
from .sentences import percent

__all__ = ["exits", "question", "read_ahead", "told"]

FEW = 6  # forgotten classes that are named one by one
CLEARLY = 5.0  # points: a difference that a sentence may speak of
SAYS = ("not gone", "hidden", "as in retrained models", "gone beyond retraining")
"""How a verdict begins, from what says least to what says most."""
SIDE_BY_SIDE = "pages/side_by_side.py"
EXITS = (
    ("pages/learn.py", "Take the tour", ":material/explore:"),
    ("pages/scoreboard.py", "Compare all methods", ":material/leaderboard:"),
    (SIDE_BY_SIDE, "These two side by side", ":material/view_column:"),
)
STYLE = """
[data-testid="told"] {font-size: 18px; line-height: 1.4; margin: 0}
[data-testid="told"] .class {font-weight: 700}
[data-testid="told"].slide {font-size: clamp(28px, 2.9vw, 46px); line-height: 1.35; max-width: 36em}
[data-testid="told"].slide p {font-size: inherit; margin: 0 0 .7em}
.stMainBlockContainer :is(label p, [data-testid="stSelectbox"] *, [data-testid="stPageLink"] p,
[data-testid="stCaptionContainer"] p) {font-size: 16px}
.stMainBlockContainer > div > [data-testid="stVerticalBlock"] {gap: .45rem}
.stApp:not(:has(.st-key-presentation-turner)) .stMainBlockContainer {padding-bottom: .2rem}
@media (max-width: 1100px) {.stMainBlockContainer [data-testid="stSelectbox"] * {font-size: 14px}}
"""


def question(study: StudyResult, shown: Sequence[Column], beside: References) -> None:
    """What was asked of the network and what came of it, with the colours of what was forgotten."""
    samples, about = library.samples(study)
    said = (_asked(samples, about), *_said(shown, beside))
    if presenting():  # a slide of its own
        words = "".join(f"<p>{each}</p>" for each in said)
        st.html(f'<style>{STYLE}</style><div data-testid="told" class="slide">{words}</div>')
    else:
        st.html(f'<style>{STYLE}</style><p data-testid="told">{" ".join(said)}</p>')


def read_ahead() -> None:
    """Read and judge what the first visitor of this page will ask for, before there is one."""
    declare_own()
    library.choices()  # of all tasks: every page asks for them
    found = library.choices("classification")
    if not found:
        return
    place, first = next(iter(found.items()))
    study = library.study_of(place)
    pair = pair_of(study, first.shown)
    beside, (samples, _) = levels(References.of(study)), library.samples(study)
    shown = library.columns(study, pair.keys)
    decisive = Decisive.first(column.verdict for column in shown)
    for column in shown:
        film(column, samples, beside, decisive=decisive)


def _asked(samples: Samples, about: DataResult) -> str:
    """What the network learnt, and what it was to forget; HTML."""
    names, gone = about.class_names, about.forget_classes
    learnt = f"A network learnt {len(names)} classes and was told to forget"
    if not gone:
        size = (about.sizes or {}).get("forget_train")
        return f"{learnt} {'some' if size is None else f'{size:,}'} single pictures."
    if len(gone) > FEW:
        return f"{learnt} {len(gone)} of them."
    light, dark = (class_colors(len(names), gone, theme).vivid for theme in ("light", "dark"))
    words = [
        f'<span class="class" style="color:light-dark({light[c]},{dark[c]})">'
        f"{html.escape(names[c])}</span>"
        for c in gone
    ]
    return f"{learnt} {' and '.join(filter(None, (', '.join(words[:-1]), words[-1])))}."


def told(shown: Sequence[Column], beside: References) -> str:
    """What the models shown answer and what their verdicts say; HTML, claiming no more."""
    return " ".join(_said(shown, beside))


def _said(shown: Sequence[Column], beside: References) -> list[str]:
    """The same, sentence by sentence."""
    band = levels(beside)
    said = [(column, _own(column)) for column in shown]
    known = [(html.escape(c.model.title), percent(v)) for c, v in said if v is not None]
    parts = []
    if len(known) == len(shown) > 1 and len({value for _, value in known}) == 1:
        parts.append(
            f"Asked directly, {' and '.join(title for title, _ in known)} now name "
            f"{known[0][1]} of the forgotten pictures."
        )
    elif known:
        listed = ", ".join(f"{label} {value}" for label, value in known)
        parts.append(f"Asked directly, they are still named: {listed}.")
    # where networks that never saw the data know it all the same, nought is not the goal
    if band.answers and band.answers.low > CLEARLY:
        low, high = percent(band.answers.low), percent(band.answers.high)
        both = low if low == high else f"{low.removesuffix(' %')} to {high}"
        told = "; membership tells" if any(of_samples(c.results) for c in shown) else ""
        parts.append(f"Networks that never saw them name {both}: that is the goal{told}.")
    parts += _verdicts(shown)
    return [each.replace(" %", "&nbsp;%") for each in parts]


def _own(column: Column) -> float | None:
    after = score_of(library.fit_of(column.results, "fm", FIT), FIT)
    return answers(column.results.get(EvidenceResult), after).value


def _verdicts(shown: Sequence[Column]) -> list[str]:
    """A sentence each, or one for both where it would be the same."""
    both = {_unseen(column, "both were") for column in shown}
    if len(shown) == 2 and len(both) == 1 and (same := both.pop()):
        return [f"From <b>neither</b> does a declared attacker get {same}"]
    return [_verdict(column) for column in shown]


def _verdict(column: Column) -> str:
    """One model's verdict as a sentence; HTML."""
    them = "it" if _one_class(column) else "them"
    name, gone, seed = html.escape(column.model.title), column.verdict.gone, column.model.seed
    if column.name == "retrain":
        return f"<b>{name}</b> never saw {them}."
    if gone is None:
        why = html.escape("; ".join(column.verdict.missing[:1]) or "evidence is missing")
        return f"<b>{name}: no verdict yet</b> ({why})."
    if gone == "no":
        return f"<b>{name} has not forgotten</b>: {html.escape(column.verdict.numbers[0].says)}."
    if gone == "hidden":
        return f"<b>{name} only hides {them}</b>: {_got_back(column)} (seed {seed})."
    return f"From <b>{name}</b> no declared attacker gets {_unseen(column, 'it was')}"


def _unseen(column: Column, who: str) -> str | None:
    """What is said of a model that gives away no more than one that never saw the data; HTML.

    Args:
        column: the model.
        who: stands for it, with its verb.

    Returns:
        What an attacker gets no more than; None for a model of which it is not so.
    """
    if column.name == "retrain" or column.verdict.gone not in ("as in retrained models", "beyond"):
        return None
    them = "it" if _one_class(column) else "them"
    tells = column.verdict.noticeable == "yes"
    shows = f", <b>but one can tell {who} made to forget</b>" if tells else ""
    return (
        f"clearly more than from networks that never saw {them}{_from_block(column)}"
        f"{_other_seeds(column)}{shows}."
    )


def _one_class(column: Column) -> bool:
    """Whether one answer for all forgotten pictures would be right: they are of one class."""
    constant = score_of(library.fit_of(column.results, "fm", FIT), FIT).constant
    return constant is not None and constant >= FULL


def _got_back(column: Column) -> str:
    """By whom they are restored, and how many: the attack that decided, which the bar shows."""
    decisive = Decisive.of(column.verdict)
    by = decisive.attempt if decisive else column.verdict.furthest
    if by is None:
        return "an attacker gets back more than from networks that never saw them"
    who, exactly = html.escape(attacker_plainly(by)), html.escape(by.words)
    return f'<abbr title="{exactly}" tabindex="0">{who}</abbr> restores {percent(by.recovered)}'


def _from_block(column: Column) -> str:
    """From where on that holds, where it does not from the first block on."""
    ladder, depth = column.results.get(StrongestResult), column.verdict.depth
    if isinstance(ladder, Undefined):
        return ""
    first = next((place for place in ladder.places() if place != PIXELS), None)
    if depth is None:
        return "; of maps from its blocks that is not so"
    return "" if depth == first else f"; of maps that holds from block '{depth}' on"


def _other_seeds(column: Column) -> str:
    """That another seed of the method, or all together, say less."""
    found = column.consensus
    mine = _rank(column.verdict.words)
    worse = sum(n for words, n in found.counts.items() if _rank(words) < mine)
    if worse:
        say = "says" if worse == 1 else "say"
        return f" (seed {column.model.seed}; {worse} of {len(found.seeds)} seeds {say} less)"
    if found.together is not None and found.together.holds:
        return f" (seed {column.model.seed}; all seeds together say less)"
    return ""


def _rank(words: str) -> int:
    """How much a verdict's words say of what is gone: 0 for nothing."""
    return next((i for i, word in enumerate(SAYS, 1) if words.startswith(word)), 0)


def exits(study: StudyResult, pair: Pair) -> None:
    """Where to go from here; pages that this app does not have are left out.

    Args:
        study: on the page.
        pair: the models that play, which Side by side then shows beside original and retrained.
    """
    with st.container(horizontal=True, gap="small"):
        for page, label, icon in EXITS:
            asked = _beside(study, pair) if page == SIDE_BY_SIDE and pair.keys else None
            name = "Side by side" if page == SIDE_BY_SIDE and not asked else label
            with contextlib.suppress(StreamlitAPIException):  # no such page
                st.page_link(page, label=name, icon=icon, width="content", query_params=asked)


def _beside(study: StudyResult, pair: Pair) -> dict[str, str]:
    """The address of the two films' models beside the references of their seed."""
    seeds = {model.seed for key in pair.keys if (model := study.model(key))}
    references = (
        next((m.key for m in study.models if m.method.info.name == name and m.seed in seeds), None)
        for name in REFERENCES
    )
    keys = dict.fromkeys(filter(None, (*references, *pair.keys)))
    return {"study": study.place, "models": ",".join(keys)}
