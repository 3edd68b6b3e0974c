"""What a selection does: a table of its samples, what attacks do with them, and a file of them."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from ...study import StudyResult
from ..charts.maps_component import Selection
from ..reading import state
from ..reading import store_reader as library
from ..reading.held import hold
from ..reading.selected import Chosen, Rate, filtered, sorted_by
from ..reading.selection_file import selection_csv
from ..reading.store_reader import Column
from .folded import folded
from .pinned import neighbours_html, slot_html
from .selected_table import HEIGHT, MOVED, table

__all__ = ["panel", "panel_slides", "pinned_slot", "selection_row"]

FILTERS = {
    "forgotten": "to be forgotten",
    "kept": "kept",
    "changed": "answer changed",
    "restored": "restored by an attacker",
    "member": "taken for training data",
}
ORDERS = {
    "probe": "as in the probe set",
    "class": "class",
    "moved": "most moved first",
    "confidence": "least sure answer first",
}
HOW = (
    "**Answer changed**: another class than the original model's. **Restored**: a linear map "
    "fitted on retained data alone, without a forgotten sample but with the original's last layer, "
    "gets the true class. "
    "**Taken for training data**: its membership score is higher than that of 95 % of the samples "
    "the model never saw. Each is asked of the models shown, the original aside; one of them is "
    "enough. " + MOVED
)


def pinned_slot(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """The pinned sample in a block of fixed height, so that nothing below it ever moves."""
    samples, _ = library.samples(study)
    chosen = Chosen.of(study, samples, shown, view.selection)
    st.html(slot_html(samples, view.sample, chosen.models))


def selection_row(view: state.View, chosen: Chosen, detail: Callable[[], None]) -> None:
    """Below the maps of Side by side: the pinned sample, the selection in short and in detail.

    Args:
        view: what is shown.
        chosen: what is selected of it.
        detail: draws the panel, which is in a fold here.
    """
    st.html(slot_html(chosen.samples, view.sample, chosen.models))
    words, clear, switch = st.columns([2.2, 0.6, 1.8], vertical_alignment="center")
    words.markdown(count_words(chosen))
    clear.button(
        "Clear",
        key="rows.clear",
        disabled=view.selection == Selection(),
        on_click=lambda: state.update(selection=Selection()),
        width="stretch",
        help="Nothing selected and nothing pinned; Escape on a map does the same.",
    )
    hold("rows.follow", view.option("follow") == "on")
    with switch:
        st.toggle(
            "Recovery and inversion rows follow the selection",
            key="rows.follow",
            disabled=not chosen.some,
            on_change=lambda: state.choose(
                follow="on" if st.session_state["rows.follow"] else "off"
            ),
            help="Shows both rows for the selected samples alone, with their count and interval.",
        )
    folded("The selection in detail: table, neighbours, most moved", detail, key="rows.chosen")


def panel(study: StudyResult, shown: Sequence[Column], *, key: str) -> None:
    """The selected samples: how many, what each model does with them, and each by itself.

    Args:
        study: what the columns are of.
        shown: the columns.
        key: where the panel stands.
    """
    samples, _ = library.samples(study)
    selection = state.selection()
    chosen = Chosen.of(study, samples, shown, selection)
    _head(study, chosen, key)
    _missing(chosen)
    st.html(_summary(chosen))
    st.caption(baseline_words(chosen))
    only, order = _filters(chosen, key)
    where = sorted_by(chosen, filtered(chosen, only), order)
    left, right = st.columns([2.3, 1], gap="medium")
    with left:
        table(chosen, where, selection, key)
    with right, st.container(height=HEIGHT, border=True, key=f"{key}.beside"):
        _neighbours(chosen, selection.sample)


def _neighbours(chosen: Chosen, sample: int | None) -> None:
    st.markdown("**Nearest neighbours of the pinned sample**, in each model's own space")
    told = neighbours_html(chosen, sample)  # reached by Tab: what is around it scrolls
    st.html(f'<div tabindex="0" role="group" aria-label="Nearest neighbours">{told}</div>')


def panel_slides(
    study: StudyResult, shown: Sequence[Column], *, key: str
) -> dict[str, Callable[[], None]]:
    """The same, a screen of a hall each, by the sentence that says how to read it.

    Args:
        study, shown, key: as of `panel`.
    """
    selection = state.selection()
    chosen = Chosen.of(study, library.samples(study)[0], shown, selection)

    def rates() -> None:
        st.markdown(count_words(chosen))
        _missing(chosen)
        st.html(_summary(chosen))

    def listed() -> None:
        st.markdown(count_words(chosen))
        only, order = _filters(chosen, key)
        table(chosen, sorted_by(chosen, filtered(chosen, only), order), selection, key)

    slides: dict[str, Callable[[], None]] = {
        "How many of the pictures you selected each network names right, and how many an attacker "
        "gets back; in brackets the count, and the 95 % interval.": rates,
        "The pictures you selected, one a line, with what each network answers and how sure it is. "
        "↩: an attacker without a forgotten picture gets it back.": listed,
    }
    if selection.sample is not None:
        slides[
            "The pictures that each network puts nearest to the pinned one. Where they are of "
            "other classes, it no longer holds the class together."
        ] = lambda: _neighbours(chosen, selection.sample)
    return slides


def _head(study: StudyResult, chosen: Chosen, key: str) -> None:
    words, clear, save = st.columns([4, 1, 1.3], vertical_alignment="center")
    words.markdown(count_words(chosen))
    if clear.button(
        "Clear",
        key=f"{key}.clear",
        disabled=state.selection() == Selection(),
        width="stretch",
        help="Nothing selected and nothing pinned; Escape on a map does the same.",
    ):
        state.update(selection=Selection())
        st.rerun()  # the whole page: the maps are outside of this part
    save.download_button(
        "Selection (CSV)",
        lambda: selection_csv(chosen, chosen.where),
        f"{study.place}-selection.csv",
        "text/csv",
        key=f"{key}.csv",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )


def count_words(chosen: Chosen) -> str:
    """How many samples are selected, of which part, as Markdown."""
    count, gone = len(chosen.where), len(chosen.forgotten)
    parts = f"{gone:,} to be forgotten, {count - gone:,} kept"
    if not chosen.some:
        return (
            f"**Nothing is selected**: all {count:,} probe samples are listed ({parts}). Draw "
            "around samples on a map, or choose classes in the legend."
        )
    return f"**{count:,} sample{'' if count == 1 else 's'} selected** ({parts})"


def _missing(chosen: Chosen) -> None:
    """Name the models of which single samples are not known."""
    without = [m.label for m in chosen.models if not m.restored or m.neighbours is None]
    if without:
        st.caption(
            f"Of {', '.join(without)} it is not stored which samples an attacker restores, nor "
            "who is near whom. Run the study again (`python -m opcviz run`) to add it."
        )


def _summary(chosen: Chosen) -> str:
    """One row a model: rates over the selected samples, with interval and count."""
    labels, gone = chosen.samples.labels, chosen.forgotten
    # of whole classes membership cannot tell: they differ from every unseen sample anyway
    whole = bool(chosen.samples.forgotten_classes)
    rows = []
    for model, original in zip(chosen.models, chosen.originals, strict=True):
        moved = model.moved(original)
        mean = (
            "–"
            if moved is None or not len(chosen.where)
            else f"{moved[chosen.where].mean():.0f}&nbsp;%"
        )
        cells = [
            html.escape(model.label),
            rate_words(Rate.of(model.right(labels), gone)),
            rate_words(Rate.of(model.comes_back(labels), gone)),
            rate_words(Rate.of(model.comes_back(labels, "all"), gone)),
            *(() if whole else (rate_words(Rate.of(model.accused, gone)),)),
            mean,
        ]
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    heads = (
        "model",
        "forgotten samples it answers right",
        "restored by whoever holds retained data alone",
        "restored by whoever holds all data",
        *(() if whole else (FILTERS["member"],)),
        "neighbours lost, all selected",
    )
    style = (
        "<style>.chosen{border-collapse:collapse;width:100%;font-size:.95rem}"
        ".chosen th{text-align:left;font-weight:600;vertical-align:bottom;max-width:11rem}"
        ".chosen th,.chosen td{padding:.3rem .6rem;border-bottom:1px solid rgba(128,128,128,.3)}"
        ".chosen td:first-child{font-weight:600}</style>"
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'{style}<div style="overflow-x:auto"><table class="chosen" data-testid="chosen">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def baseline_words(chosen: Chosen) -> str:
    """What the rates are read beside: the best constant answer on the same samples."""
    labels = chosen.samples.labels[chosen.forgotten]
    if not len(labels):
        return "None of these samples is to be forgotten, so the rates have nothing to be of."
    best = Rate(int(np.unique(labels, return_counts=True)[1].max()), len(labels))
    return (
        f"Of the {len(labels):,} forgotten samples here. Who answers one class for everything gets "
        f"{best.percent:.0f} % of them. Restored: train pictures, each by a linear map on the last "
        "features that was not fitted on it. 95 %: Wilson's interval, for samples drawn by chance; "
        "these may be picked."
    )


def rate_words(rate: Rate | None) -> str:
    """A rate with its count and 95 % interval, as HTML."""
    if rate is None:
        return "–"
    low, high = rate.interval
    return (
        f"<b>{rate.percent:.0f}&nbsp;%</b> "
        f'<span style="opacity:.8">({rate.hits} of {rate.count}; 95&nbsp;%: {low:.0f} to '
        f"{high:.0f})</span>"
    )


def _filters(chosen: Chosen, key: str) -> tuple[list[str], str]:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    hold(f"{key}.only", [w for w in state.option("only").split(",") if w])
    hold(f"{key}.sort", state.option("sort"))
    with left:
        only = st.pills(
            "Show only samples that are",
            list(FILTERS),
            format_func=FILTERS.__getitem__,
            selection_mode="multi",
            key=f"{key}.only",
            on_change=lambda: state.choose(only=",".join(st.session_state[f"{key}.only"])),
            help=HOW,
        )
    with right:
        order = st.selectbox(
            "Order",
            list(ORDERS),
            format_func=ORDERS.__getitem__,
            key=f"{key}.sort",
            on_change=lambda: state.choose(sort=st.session_state[f"{key}.sort"]),
        )
    for name in ("changed", "restored", "member"):
        if name in only and not chosen.flags(name):
            st.caption(f"*{FILTERS[name]}* is known of none of the models shown: nothing passes.")
    return list(only), order
