"""The field's own scores of a model: how far its accuracies are from the retrained model's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..common.parts import Part
from ..common.records import Undefined, guard
from ..results import AverageGap, TugOfWar

__all__ = ["average_gap", "tug_of_war"]

METRICS: Mapping[str, Part] = {"UA": "forget_train", "RA": "retain_train", "TA": "retain_test"}


def average_gap(
    model: Mapping[str, Any],
    retrained: Mapping[str, Any],
    *,
    mia: tuple[float | None, float | None] = (None, None),
) -> AverageGap:
    """Mean distance in points to the retrained model over UA, RA, TA and MIA, the field's score.

    Args:
        model, retrained: as `accuracy_report` gives them; TA is taken on the retained test data.
        mia: MIA-efficacy in percent of the model and of the retrained one, where it was measured.

    Returns:
        The mean over what is there, and the gaps behind it.
    """
    pairs = {name: (model.get(part), retrained.get(part)) for name, part in METRICS.items()}
    pairs["MIA"] = mia
    gaps = {
        name: None if ours is None or theirs is None else abs(ours - theirs)
        for name, (ours, theirs) in pairs.items()
    }
    known = {name: gap for name, gap in gaps.items() if gap is not None}
    why = guard((not known, "no figure is known of both models"))
    return AverageGap(why or sum(known.values()) / len(known), gaps, tuple(known))


def tug_of_war(model: Mapping[str, Any], retrained: Mapping[str, Any]) -> TugOfWar:
    """Tug-of-War: Π (1 − |Δaccuracy|) over forget, retain and test data against the retrained.

    1 is the retrained model's accuracies, 0 is as far from them as can be on one part (Zhao et al.
    2024, arXiv 2406.01257).

    Args:
        model, retrained: as `accuracy_report` gives them; test is the retained test data.
    """
    tow = 1.0
    for part in METRICS.values():
        ours, theirs = model.get(part), retrained.get(part)
        if ours is None or theirs is None:
            return TugOfWar(Undefined(f"{part} accuracy is not known of both models"))
        tow *= 1 - abs(ours - theirs) / 100
    return TugOfWar(tow)
