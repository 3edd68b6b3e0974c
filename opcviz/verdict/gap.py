"""The field's own scores of a model: how far its accuracies are from the retrained model's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["average_gap", "tug_of_war"]

METRICS = {"UA": "forget_train", "RA": "retain_train", "TA": "retain_test"}


def average_gap(
    model: Mapping[str, Any],
    retrained: Mapping[str, Any],
    *,
    mia: tuple[float | None, float | None] = (None, None),
) -> dict[str, Any]:
    """Mean distance in points to the retrained model over UA, RA, TA and MIA, the field's score.

    Args:
        model, retrained: as `accuracy_report` gives them; TA is taken on the retained test data.
        mia: MIA-efficacy in percent of the model and of the retrained one, where it was measured.

    Returns:
        JSON-ready: `average_gap`, the mean over what is there, or None with `reason`; `gaps`, by
        name, None where a figure is missing; `over`, the names that the mean is taken over.
    """
    pairs = {name: (model.get(part), retrained.get(part)) for name, part in METRICS.items()}
    pairs["MIA"] = mia
    gaps = {
        name: None if ours is None or theirs is None else abs(ours - theirs)
        for name, (ours, theirs) in pairs.items()
    }
    there = [name for name, gap in gaps.items() if gap is not None]
    mean = sum(gaps[name] for name in there) / len(there) if there else None
    result = {"average_gap": mean, "gaps": gaps, "over": there}
    return result if there else {**result, "reason": "no figure is known of both models"}


def tug_of_war(model: Mapping[str, Any], retrained: Mapping[str, Any]) -> dict[str, Any]:
    """Tug-of-War: Π (1 − |Δaccuracy|) over forget, retain and test data against the retrained.

    1 is the retrained model's accuracies, 0 is as far from them as can be on one part (Zhao et al.
    2024, arXiv 2406.01257).

    Args:
        model, retrained: as `accuracy_report` gives them; test is the retained test data.

    Returns:
        JSON-ready: `tow` in 0..1, or None with `reason`.
    """
    tow = 1.0
    for part in METRICS.values():
        ours, theirs = model.get(part), retrained.get(part)
        if ours is None or theirs is None:
            return {"tow": None, "reason": f"{part} accuracy is not known of both models"}
        tow *= 1 - abs(ours - theirs) / 100
    return {"tow": tow}
