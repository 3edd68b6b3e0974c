"""Curves of two attacks on the models shown: relearning by training on, and membership."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ...artefacts.rows import no_likelihood
from ...common.records import defined
from ...results import (
    LiraResult,
    MembershipResult,
    RelearningResult,
    RelearningVariant,
)
from ..charts.curves import Roc, relearning_figure, roc_figure
from ..charts.figures import chart_config
from ..charts.theme import projected
from ..reading.store_reader import Column
from .paint import paint

__all__ = ["curves", "membership", "relearning", "variants"]

WALL = {"height": 240}  # of a chart in a hall, where one stands below the other
VARIANTS = {"retain": "retained data only", "other": "another data set (photographs)"}
NUMBERS = {"1": "one forget picture", "10": "ten forget pictures"}


def variants(shown: Sequence[Column]) -> list[str]:
    """Names of what an attacker may train on, of all models shown."""
    return list(dict.fromkeys(name for found in _stored(shown).values() for name in found))


def _stored(shown: Sequence[Column]) -> dict[str, Mapping[str, RelearningVariant]]:
    stored = {c.label: c.results.get(RelearningResult) for c in shown}
    return {label: found.variants for label, found in stored.items() if defined(found)}


def relearning(shown: Sequence[Column], only: str = "") -> None:
    """How fast the forgotten data come back, for each thing that an attacker may train on.

    Args:
        shown: the columns.
        only: one of `variants`, for a screen that has room for one; all without it.
    """
    known = _stored(shown)
    names = [only] if only else variants(shown)
    if not names:
        st.caption("Relearning was not measured for these models.")
        return
    colors = paint(shown)
    for pair in (names[i : i + 2] for i in range(0, len(names), 2)):
        for place, variant in zip(st.columns(1 if only else 2), pair, strict=False):
            with place:
                st.markdown(f"Training on {_title(variant)}")
                _variant(variant, {k: v[variant] for k, v in known.items() if variant in v}, colors)
    st.caption(
        "One way of training on, SGD at one constant rate, step by step: how soon forgotten data "
        "come back. Above, *Relearned* takes the best of many ways and is what the verdict reads; "
        "where the two differ, it decides. The pictures the attacker trains on are left out of "
        "the score. A line that rises sooner than the retrained model's had something left to "
        "rise from. Photographs (patches of scikit-learn's two) are learnt through a new last "
        "layer; the model's own is then asked what that did to the features."
    )


def _title(variant: str) -> str:
    """What an attacker trains on: `shots_10` is `ten forget pictures a class`."""
    if variant in VARIANTS:
        return VARIANTS[variant]
    shots = variant.removeprefix("shots_")
    return f"{NUMBERS.get(shots, f'{shots} forget pictures')} a class"


def _variant(name: str, found: dict[str, RelearningVariant], colors: Mapping[str, str]) -> None:
    curves = {
        label: (one.steps or (), one.forget_train.accuracy or ()) for label, one in found.items()
    }
    constants = [one.forget_train.constant_predictor for one in found.values()]
    st.plotly_chart(
        relearning_figure(
            curves, constant=max(filter(None, constants), default=None), colors=colors
        ),
        config=chart_config(f"relearning-{name}"),
        key=f"relearning.{name}",
    )


ATTACKS = {
    "loss": "Loss threshold",
    "reference": "LiRA against retrained models",
}


def curves(shown: Sequence[Column]) -> dict[str, dict[str, Roc]]:
    """ROC curves by attack, then model; of attacks that were made of some model shown."""
    tests = {c.label: c.results.get(MembershipResult) for c in shown}
    lira = {c.label: c.results.get(LiraResult) for c in shown}
    losses = {label: found.thresholds.loss for label, found in tests.items() if defined(found)}
    ratios = {label: found for label, found in lira.items() if defined(found)}
    drawn = {
        "loss": {label: curve for label, one in losses.items() if (curve := Roc.of(one))},
        "reference": {label: curve for label, one in ratios.items() if (curve := Roc.of(one))},
    }
    return {attack: found for attack, found in drawn.items() if found}


def membership(shown: Sequence[Column], only: str = "") -> None:
    """ROC curves of the loss threshold attack, and of LiRA where reference models are known.

    Args:
        shown: the columns.
        only: one of the attacks of `curves`, for a screen that has room for one; all without it.
    """
    tests = [found for c in shown if defined(found := c.results.get(MembershipResult))]
    drawn = curves(shown)
    if not drawn:
        st.caption("No ROC curve was kept of these models.")
        return
    colors = paint(shown)
    left, right = st.columns(2)
    for place, attack in ((left, "loss"), (right, "reference")):
        if attack not in drawn or only not in ("", attack):
            continue
        with place:
            st.markdown(f"{ATTACKS[attack]}, AUC at the right")
            st.plotly_chart(
                roc_figure(drawn[attack], colors=colors, **WALL if projected() else {}),
                config=chart_config(f"roc-{attack}"),
                key=f"roc.{attack}",
            )
    if projected() and len(drawn) > 1:  # the sentence below the row says it
        return
    if "loss" in drawn and not projected():
        left.caption(_how_to_read(tests))
    if "reference" in drawn:
        right.caption(
            "The attacker trains originals and retrained models themselves, and tells this "
            "model's answers on the forget data from those of a retrained model they have not "
            "used. Dashed: they cannot; unlearning left no trace in the answers."
        )
    else:
        lacks = sorted({no_likelihood(c.results.get(LiraResult)) for c in shown})
        right.caption(f"{ATTACKS['reference']}: {'; '.join(lacks)}.")


def _how_to_read(found: Sequence[MembershipResult]) -> str:
    text = (
        "Forget data (members) against unseen test data. Dashed: guessing. What counts "
        "is the left edge, where hardly anybody is accused wrongly."
    )
    sizes = [one.thresholds.nonmembers for one in found]
    if fewest := min(filter(None, sizes), default=None):
        text += (
            f" With {fewest} unseen samples, false-alarm rates below {100 / fewest:.2g} % cannot "
            "be measured."
        )
    return text
