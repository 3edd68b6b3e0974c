"""The field's own scores of a model: how far its accuracies are from the retrained model's."""

from __future__ import annotations

from collections.abc import Mapping

from ..common.parts import Part
from ..common.records import Undefined, guard, known
from ..results import AccuracyReport, AverageGap, TugOfWar

__all__ = ["average_gap", "tug_of_war"]

METRICS: Mapping[str, Part] = {"UA": "forget_train", "RA": "retain_train", "TA": "retain_test"}


def average_gap(
    model: AccuracyReport,
    retrained: AccuracyReport,
    *,
    mia: tuple[float | None, float | None] = (None, None),
) -> AverageGap:
    """Mean distance in points to the retrained model over UA, RA, TA and MIA, the field's score.

    Args:
        model, retrained: what `accuracy_report` gives; TA is taken on the retained test data.
        mia: MIA-efficacy in percent of the model and of the retrained one, where it was measured.

    Returns:
        The mean over what is there, and the gaps behind it.
    """
    pairs = {name: (_known(model, part), _known(retrained, part)) for name, part in METRICS.items()}
    pairs["MIA"] = mia
    gaps = {
        name: None if ours is None or theirs is None else abs(ours - theirs)
        for name, (ours, theirs) in pairs.items()
    }
    both = {name: gap for name, gap in gaps.items() if gap is not None}
    why = guard((not both, "no figure is known of both models"))
    return AverageGap(why or sum(both.values()) / len(both), gaps, tuple(both))


def tug_of_war(model: AccuracyReport, retrained: AccuracyReport) -> TugOfWar:
    """Tug-of-War: Π (1 − |Δaccuracy|) over forget, retain and test data against the retrained.

    1 is the retrained model's accuracies, 0 is as far from them as can be on one part (Zhao et al.
    2024, arXiv 2406.01257).

    Args:
        model, retrained: what `accuracy_report` gives; test is the retained test data.
    """
    tow = 1.0
    for part in METRICS.values():
        ours, theirs = _known(model, part), _known(retrained, part)
        if ours is None or theirs is None:
            return TugOfWar(Undefined(f"{part} accuracy is not known of both models"))
        tow *= 1 - abs(ours - theirs) / 100
    return TugOfWar(tow)


def _known(report: AccuracyReport, part: Part) -> float | None:
    value: float | Undefined = getattr(report, part)
    return known(value)
