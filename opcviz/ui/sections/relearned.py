"""What the best way of relearning gets back, beside the band and a network from scratch."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...common.records import defined, known
from ...results import RelearnedResult, RelearningAttack, RelearningResult
from ..charts.bands import Band
from ..charts.figures import chart_config
from ..charts.relearned import Way, Ways, relearned_figure
from ..reading.references import References
from ..reading.store_reader import Column
from .missing import lacking, not_measured
from .paint import paint

__all__ = ["relearned"]


def relearned(shown: Sequence[Column], references: References) -> None:
    """Bars by pictures given and by blocks afresh; the pointer names the best way.

    Args:
        shown: the columns.
        references: whose band and floor are drawn.
    """
    stored = {c.label: c.results.get(RelearnedResult) for c in shown}
    made = {label: found for label, found in stored.items() if defined(found) and found.attacks}
    if not made:
        not_measured("The strongest relearning", "relearned")
        return
    ways = {_way(attack) for found in made.values() for attack in found.attacks}
    bands = {way: band for way in ways if (band := _band(way, references))}
    floors = {way: floor for way in ways if (floor := _floor(way, references)) is not None}
    about = next(iter(made.values()))
    st.plotly_chart(
        relearned_figure(
            Ways(
                {k: {_way(a): known(a.recovered) for a in one.attacks} for k, one in made.items()},
                {
                    k: {_way(a): _words(a, bands.get(_way(a))) for a in one.attacks}
                    for k, one in made.items()
                },
                bands,
                floors,
            ),
            constant=about.constant,
            colors=paint(shown),
        ),
        config=chart_config("relearned"),
        key="relearned",
    )
    unseen = "test pictures" if about.part == "forget_test" else "pictures that were not given"
    st.caption(
        "This is what the verdict reads of relearning. Each bar is the best over optimisers, "
        "rates and steps of training on, the mean of "
        f"{len(next(iter(about.attacks)).draws)} draws of the pictures given, scored on "
        f"{about.scored:,} forgotten {unseen}. Further right, more of the last blocks start from "
        "fresh weights: what comes back then was in the blocks before them. Shaded: lowest to "
        "highest of the retrained models. Dotted: the untrained network, trained on the same way; "
        "what is not above it was learnt from the pictures given and not remembered."
        + _apart(about, shown)
    )
    lacking(stored)


def _apart(found: RelearnedResult, shown: Sequence[Column]) -> str:
    """How this differs from the curves that stand on the same page; empty without any."""
    known = [one for c in shown if defined(one := c.results.get(RelearningResult))]
    curves = [one for each in known for one in each.variants.values()]
    steps = max((one.steps[-1] for one in curves if one.steps), default=0)
    if not steps:
        return ""
    anew = sorted({attack.anew for attack in found.attacks})
    blocks = f"{anew[0]} to {anew[-1]}" if len(anew) > 1 else str(anew[0])
    return (
        " *Relearning step by step*, below and among the measures, is another attack with other "
        f"figures: a single training of {steps} steps for each curve, by SGD at one rate, with no "
        f"block afresh. *Relearned* is the best of {found.trainings} trainings, with {blocks} of "
        "the last blocks afresh."
    )


def _way(attack: RelearningAttack) -> Way:
    return attack.shots, attack.anew


def _recovered(found: RelearnedResult, way: Way) -> float | None:
    return next((known(a.recovered) for a in found.attacks if _way(a) == way), None)


def _band(way: Way, references: References) -> Band | None:
    return references.band(RelearnedResult, lambda found: _recovered(found, way))


def _floor(way: Way, references: References) -> float | None:
    return references.floor(RelearnedResult, lambda found: _recovered(found, way))


def _words(attack: RelearningAttack, band: Band | None) -> str:
    """What came back, how, and beside what."""
    if not defined(attack.recovered):
        return "could not be trained"
    draws = ", ".join(f"{draw:.1f}" for draw in attack.draws)
    kept = known(attack.retain_test)
    lines = [
        f"{attack.recovered:.1f} % (draws {draws})",
        f"best: {attack.best}",
        *([] if kept is None else [f"retained test pictures then: {kept:.1f} %"]),
        *([] if band is None else [band.words()]),
    ]
    return "<br>".join(lines)
