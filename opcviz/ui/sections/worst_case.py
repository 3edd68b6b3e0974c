"""The most that any declared attacker recovers, place by place, beside floors and the band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ...common.records import defined
from ...common.text import percent
from ...results import HOLDS, PIXELS, Rung, StrongestResult
from ..charts.figures import chart_config
from ..charts.lines import Beside, lines_figure
from ..charts.theme import projected
from ..reading.references import References
from ..reading.store_reader import Column
from .missing import lacking, not_measured
from .paint import paint
from .plainly import fm_attempt, why_another

__all__ = ["HOLDERS", "worst_case"]

HEIGHT, WALL_HEIGHT = 340, 260  # of the chart, pixels, on a page and in a hall
HOLDERS = {
    "retain": (
        "retained data alone",
        f"The attacker holds {HOLDS['retain']}: a map brings what the model computes to the "
        "original's last features, whose head then answers.",
    ),
    "all": (
        "labels of every class",
        f"The attacker holds {HOLDS['all']}: a map brings what the model computes straight to the "
        "labels.",
    ),
}
"""Threat models by what the attacker holds: its name on the switch, and a sentence."""
DOTTED = {
    "pixels": "the most that a map gets from the pixels",
    "untrained": "the highest of the untrained networks",
}
"""What the floors are, by name."""
SIDE_BY_SIDE = "Side by side's"
"""Whose the figure of FM alone is, as `why_another` has it."""


@st.fragment
def worst_case(shown: Sequence[Column], references: References) -> None:
    """One line a model from the pixels to the logits; the pointer names the map that came first.

    Args:
        shown: the columns.
        references: whose band and floor are drawn.
    """
    stored = {c.label: c.results.get(StrongestResult) for c in shown}
    made = {k: one for k, one in stored.items() if defined(one) and defined(one.rungs)}
    if not made:
        not_measured("Worst-case recovery", "strongest")
        return
    st.session_state.setdefault("worst.holds", "retain")  # the tour sets it, too
    holds = st.segmented_control(
        "The attacker holds",
        list(HOLDERS),
        format_func=lambda name: HOLDERS[name][0],
        required=True,
        key="worst.holds",
        persist_state="session",
    )
    holds = str(holds)
    if projected():  # without the switch
        st.markdown(f"The attacker holds: **{HOLDERS[holds][0]}**")
    st.caption(HOLDERS[holds][1])
    # the quick suite skips blocks: the axis has all that anybody was attacked at
    places = max((found.places() for found in made.values()), key=len)
    best = {k: {at: found.worst(holds, at) for at in places} for k, found in made.items()}
    # the pixels are the same for every model: the most that anybody got is the floor
    pixels = _highest([found.floor(holds) for found in made.values()])
    constants = [r.attempt.constant for rungs in best.values() for r in rungs.values() if r]
    beside = _beside(places, holds, best, pixels, references)
    st.plotly_chart(
        lines_figure(
            {k: (places, [_recovered(rungs[at]) for at in places]) for k, rungs in best.items()},
            x_title="place the attacker works on, from input to output",
            y_title="unseen forgotten pictures (%)",
            reference=max(constants, default=None),
            colors=paint(shown),
            beside=beside,
            height=WALL_HEIGHT if projected() else HEIGHT,
        ).update_xaxes(type="category"),
        config=chart_config(f"worst-case-{holds}"),
        key=f"worst.{holds}",
    )
    st.caption(_how_to_read(list(made.values()), beside))
    if line := _beside_fm(shown, holds):
        st.caption(line)
    lacking({k: one.rungs if defined(one) else one for k, one in stored.items()})


def _beside(
    places: Sequence[str],
    holds: str,
    best: Mapping[str, Mapping[str, Rung | None]],
    pixels: Rung | None,
    references: References,
) -> Beside:
    bands, untrained = references.along(
        StrongestResult, places, lambda found, place: _recovered(found.worst(holds, place))
    )
    floors: dict[str, list[float | None]] = {}
    words = {k: [_words(rungs[at]) for at in places] for k, rungs in best.items()}
    if pixels is not None:
        floors["pixels"] = [pixels.attempt.recovered] * len(places)
        words["pixels"] = [
            f"{pixels.attempt.recovered:.1f} %, without the unlearned network"
        ] * len(places)
    if any(value is not None for value in untrained):
        floors["untrained"] = untrained
        words["untrained"] = ["" if v is None else f"{v:.1f} %" for v in untrained]
    return Beside(places, bands, floors, words)


def _beside_fm(shown: Sequence[Column], holds: str) -> str:
    """Why the highest point of a model is not what FM shows of it on the page Side by side.

    Of the model of which the two differ most: of the others it is the same.
    """
    pairs = [
        (column.label, rung.attempt, after)
        for column in shown
        if defined(found := column.results.get(StrongestResult))
        and (rung := found.worst(holds)) is not None
        and (after := fm_attempt(column.results, holds)) is not None
    ]
    if not pairs:
        return ""
    label, most, after = max(pairs, key=lambda each: abs(each[1].recovered - each[2].recovered))
    why = why_another(most, after, SIDE_BY_SIDE)
    return why and f"{label} reaches {percent(most.recovered)} here. {why}"


def _recovered(rung: Rung | None) -> float | None:
    return None if rung is None else rung.attempt.recovered


def _highest(rungs: Sequence[Rung | None]) -> Rung | None:
    known = [rung for rung in rungs if rung is not None]
    return max(known, key=lambda rung: rung.attempt.recovered, default=None)


def _words(rung: Rung | None) -> str:
    """The map that came first, on how many pictures, and 95 % of what it got (Wilson)."""
    if rung is None:
        return "no attacker here"
    got = rung.attempt
    view = "" if got.view == "whole" else f", {got.view}"
    return (
        f"{got.recovered:.1f} %, 95 %: {rung.low:.1f} to {rung.high:.1f} · {got.attacker}{view} · "
        f"fitted on {rung.fitted:,}, scored on {got.scored:,}"
    )


def _how_to_read(made: Sequence[StrongestResult], beside: Beside) -> str:
    """How to read the chart, of what is drawn on it."""
    crossed = any(found.scored_on != "forget_test" for found in made)
    on = (
        "parts of the forgotten pictures left out in turn" if crossed else "forgotten test pictures"
    )
    alike = "generalisation" if crossed else "similarity"
    told = [
        f"Each point is the best of all declared maps at one place ({PIXELS}: without the "
        f"unlearned network), scored on {on}, which no map was fitted on."
    ]
    if any(beside.bands):
        told.append(
            "Shaded: lowest to highest of the retrained models, which never saw the data; what "
            f"lies inside the band is {alike} and not memory."
        )
    dotted = [words for name, words in DOTTED.items() if name in beside.floors]
    if dotted:
        told.append(
            f"Dotted: {', and '.join(dotted)}; what is not above "
            f"{'them' if len(dotted) > 1 else 'it'} says nothing of the unlearned model."
        )
    return " ".join(told)
