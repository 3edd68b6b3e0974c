"""What the nearest class mean gets back from a few pictures, beside the band and the floors."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...common.records import Undefined, defined, known
from ...results import PIXELS, FewShotResult, FewShotRung
from ..charts.figures import chart_config
from ..charts.lines import Beside, lines_figure
from ..charts.theme import projected
from ..reading.references import References
from ..reading.store_reader import Column
from .missing import lacking, not_measured
from .paint import paint

__all__ = ["few_shot"]

HEIGHT, WALL_HEIGHT = 340, 260  # of the chart, pixels, on a page and in a hall
RULES = {"few_shot": "by distance", "few_shot_cosine": "by direction"}


@st.fragment
def few_shot(shown: Sequence[Column], references: References) -> None:
    """One line a model from the pixels to the logits, for one number of pictures at a time.

    Args:
        shown: the columns.
        references: whose band and floor are drawn.
    """
    stored = {c.label: c.results.get(FewShotResult) for c in shown}
    made = {k: one for k, one in stored.items() if defined(one) and defined(one.rungs)}
    if not made:
        _nothing([one for one in stored.values() if defined(one)])
        return
    counts = sorted({count for found in made.values() for count in found.given()})
    given = st.segmented_control(
        "Pictures that the attacker holds of each forgotten class",
        counts,
        default=None if "few.given" in st.session_state else counts[0],
        required=True,
        key="few.given",
        persist_state="session",
    )
    given = int(given) if given in counts else counts[0]
    if projected():  # without the switch
        st.markdown(f"Pictures that the attacker holds of each forgotten class: **{given}**")
    places = max((found.places() for found in made.values()), key=len)
    best = {k: [found.best(given, at) for at in places] for k, found in made.items()}
    beside = _beside(places, given, best, references)
    constants = [r.attempt.constant for rungs in best.values() for r in rungs if r]
    st.plotly_chart(
        lines_figure(
            {k: (places, [_recovered(rung) for rung in rungs]) for k, rungs in best.items()},
            x_title="place the attacker works on, from input to output",
            y_title="unseen forgotten pictures (%)",
            reference=max(constants, default=None),
            colors=paint(shown),
            beside=beside,
            height=WALL_HEIGHT if projected() else HEIGHT,
        ).update_xaxes(type="category"),
        config=chart_config(f"few-shot-{given}"),
        key=f"few.{given}",
    )
    st.caption(_how_to_read(next(iter(made.values())), given, counts, beside))
    lacking({k: one.rungs if defined(one) else one for k, one in stored.items()})


def _nothing(found: Sequence[FewShotResult]) -> None:
    """Why there is no chart: it does not apply here, or nobody measured it."""
    why = [one.rungs.reason for one in found if isinstance(one.rungs, Undefined)]
    if why:
        st.caption(f"There is no such attack here: {why[0]}.")
    else:
        not_measured("Few-shot recovery", "few_shot")


def _beside(
    places: Sequence[str],
    given: int,
    best: dict[str, list[FewShotRung | None]],
    references: References,
) -> Beside:
    bands, untrained = references.along(
        FewShotResult, places, lambda found, place: _recovered(found.best(given, place))
    )
    words = {k: [_words(rung) for rung in rungs] for k, rungs in best.items()}
    floors: dict[str, list[float | None]] = {}
    # the pixels are the same for every model
    first = [rungs[places.index(PIXELS)] for rungs in best.values() if PIXELS in places]
    pixels = [rung.attempt.recovered for rung in first if rung]
    if pixels:
        floors["pixels"] = [max(pixels)] * len(places)
        words["pixels"] = [f"{max(pixels):.1f} %, without the unlearned network"] * len(places)
    if any(value is not None for value in untrained):
        floors["untrained"] = untrained
        words["untrained"] = ["" if v is None else f"{v:.1f} %" for v in untrained]
    return Beside(places, bands, floors, words)


def _recovered(rung: FewShotRung | None) -> float | None:
    return None if rung is None else rung.attempt.recovered


def _words(rung: FewShotRung | None) -> str:
    """What came back, how far draws lie apart, and what the same rule says of retained pictures."""
    if rung is None:
        return "no attacker here"
    got, kept = rung.attempt, known(rung.retain_accuracy)
    view = "" if got.view == "whole" else f", {got.view}"
    rule = RULES.get(got.attacker, got.attacker)
    retained = "" if kept is None else f" · retained ones right: {kept:.1f} %"
    return (
        f"{got.recovered:.1f} % (draws {rung.least:.1f} to {rung.most:.1f}) · {rule}{view}"
        f"{retained}"
    )


def _how_to_read(found: FewShotResult, given: int, counts: Sequence[int], beside: Beside) -> str:
    """How to read the chart, of what is drawn on it."""
    scored = max(each.scored for each in (*found.attempts(), *found.floors()))
    pictures = "one picture" if given == 1 else f"{given:,} pictures"
    told = [
        f"Given are the retained pictures and {pictures} of each forgotten class. Every other "
        "picture is answered with the class whose mean is nearest, by distance or by "
        f"direction; the better of the two is drawn. A mean over {found.draws:,} draws of the "
        f"pictures given, scored on {scored:,} forgotten test pictures; no weight is changed."
    ]
    if any(beside.bands):
        told.append(
            "Shaded: lowest to highest of the retrained models. They never saw the classes and "
            "tell them apart all the same: what lies inside the band is no memory."
        )
    if beside.floors:
        told.append("Dotted: the same from the pixels, and from networks nobody trained.")
    if len(counts) > 1:
        told.append(
            f"The verdict takes what comes back from {counts[0]:,} of each class, each rule by "
            "itself."
        )
    return " ".join(told)
