"""Concept inversion: the attacker looks for a condition that draws the forgotten class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ....common.records import Undefined, defined
from ....common.statistics import difference, wilson
from ....common.text import percent
from ....results import AddressResult, AddressSearch, GenerationResult, ReopenedResult
from ....study import StudyResult
from ...charts.wall_component import picture_wall
from ...reading.generated import FILE, Gone, kept_pictures, regrown_words
from ...reading.store_reader import Column
from ..missing import lacking, not_measured
from ..paint import paint
from ..sentences import title
from .drawn import mark_of, marks_line, wall_column
from .returned import MOST, curve_panels, with_retrained

__all__ = ["inverted"]

HOW = (
    "No weight is changed: the attacker has pictures of the forgotten class and searches for the "
    "condition vector under which the model denoises them best. What is drawn under it was never "
    "forgotten, only its name was. A retrained model draws something near the class, too, since "
    "it generalises: read every figure beside it. Two attacks in a row are stronger: training "
    "on with other classes first opens what a shallow contraction closed."
)
CLEARLY = 5.0  # points by which asking must give more than the search, with 95 % confidence
WORDS = {
    "strong": "Strong: several starts, more steps",
    "quick": "Quick: one start",
    "reopened": "Both in a row: trained on, then strong",
}
KINDS = {  # by the attack chosen
    "strong": "concept_inversion",
    "quick": "concept_inversion",
    "reopened": "reopened_address",
}


def inverted(study: StudyResult, shown: Sequence[Column], gone: Gone, part: str = "") -> None:
    """The search as it goes: what is drawn under the address found so far.

    Args:
        study: on the page.
        shown: its columns.
        gone: what was to be forgotten.
        part: `curves` or `pictures` alone.
    """
    title("Searched for under another condition", HOW)
    how = st.segmented_control(
        "Attack",
        list(WORDS),
        default="strong",
        required=True,
        format_func=WORDS.__getitem__,
        key="generators.inversion",
        label_visibility="collapsed",
    )
    found = _found(study, shown, how)
    searches = {label: each for label, each in found.items() if defined(each)}
    if not searches:
        not_measured("Concept inversion", KINDS[how])
        return
    if part != "pictures":
        courses = {label: search.course for label, search in searches.items()}
        curve_panels(courses, shown, key="generators.inverted", x_title="steps of the search")
        for line in _asked_gives_more(searches, shown):
            st.caption(line)
    if part == "curves":
        return
    looks = max((search.looks for search in searches.values()), key=len)
    colors, columns = paint(shown), []
    for column in shown:
        about = found[column.label]
        arrays = column.arrays(KINDS[how], FILE)
        named = "quick" if how == "quick" else "strong"  # of the arrays
        kept = kept_pictures(arrays, named, 2, gone, judged=f"{named}_", most=MOST)
        told: list[str] = []
        if defined(about):
            told = [f"{line}." for line in regrown_words(about.course, gone)]
            if told:
                told[-1] = _end(about, gone)
        if kept is not None and len(kept.pictures) != len(looks):
            kept, told = None, told[-1:]
        columns.append(wall_column(column, colors, kept, told, about))
    picture_wall(
        columns,
        key="generators.inverted.wall",
        steps=[f"search step {look:,} of {looks[-1]:,}" for look in looks],
        what="the search",
        mark=mark_of(gone),
    )
    st.caption(f"{_before(shown, how)}{_how_strong(searches)} {marks_line(gone)}")
    lacking(found)


def _found(
    study: StudyResult, shown: Sequence[Column], how: str
) -> Mapping[str, AddressSearch | Undefined]:
    """The search chosen, of each column by label, and of a retrained model."""
    chosen: dict[str, AddressSearch | Undefined] = {}
    if how == "reopened":
        for label, after in with_retrained(study, shown, ReopenedResult).items():
            chosen[label] = after if isinstance(after, Undefined) else after.strong
        return chosen
    for label, alone in with_retrained(study, shown, AddressResult).items():
        if isinstance(alone, Undefined):
            chosen[label] = alone
        else:
            chosen[label] = alone.strong if how == "strong" else alone.quick
    return chosen


def _before(shown: Sequence[Column], how: str) -> str:
    """What is done before the search, in a sentence; nothing where nothing is."""
    if how != "reopened":
        return ""
    results = (column.results.get(ReopenedResult) for column in shown)
    steps = {each.steps for each in results if defined(each)}
    many = " or ".join(f"{count:,}" for count in sorted(steps))
    return f"First {many} steps of training on with the other classes. "


def _asked_gives_more(searches: Mapping[str, AddressSearch], shown: Sequence[Column]) -> list[str]:
    """A sentence for each model that draws the class more often when it is simply asked."""
    told = []
    for column in shown:
        search, drawn = searches.get(column.label), column.results.get(GenerationResult)
        if search is None or not defined(drawn):
            continue
        asked, found = drawn.asked, search.genuine
        ends = wilson(asked.genuine, asked.pictures), wilson(found, search.pictures)
        more = difference(asked.genuine, found, *ends)
        if more and more[0] > CLEARLY:
            told.append(
                f"{column.label}: asked by its own condition it draws more, "
                f"{percent(asked.genuine)} genuine, than the {percent(found)} under the one found. "
                "This search found less than there is to find."
            )
    return told


def _end(search: AddressSearch, gone: Gone) -> str:
    """What the address that was kept draws, with its loss and where it comes from."""
    return (
        f"{percent(search.judged)} judged {gone.words}, {percent(search.genuine)} genuine. "
        f"Loss {search.loss:.3f}, from the start '{search.best}'."
    )


def _how_strong(searches: dict[str, AddressSearch]) -> str:
    """The strength of the attack, which is part of each figure."""
    search = next(iter(searches.values()))
    starts = [start.name for start in search.starts]
    many = "1 start" if len(starts) == 1 else f"{len(starts)} starts"
    counts = "the start with the least loss at the end counts"
    if search.kept is not None:
        counts = "what draws the class most often on the way counts, chosen by other pictures"
    return (
        f"Each search has {search.given} pictures of the class, {many} ({', '.join(starts)}) and "
        f"{search.looks[-1]:,} steps; {counts}, and {search.pictures} pictures are drawn under it."
    )
