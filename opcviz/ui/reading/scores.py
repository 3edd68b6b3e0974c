"""The figure of a recovery attack that the screen shows: the one on unseen pictures."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.records import Undefined, known
from ...common.statistics import wilson
from ...results import FIT_SETS, EvidenceResult, FitResult, UnseenScore
from ..charts.drawing import Interval

__all__ = ["Score", "answers", "score_of"]


@dataclass(frozen=True)
class Score:
    """What one attack with one fit set gets right.

    Attributes:
        value: percent; None where there is none.
        interval: 95 % of it.
        balanced: percent, mean recall over the forgotten classes.
        constant: percent that the best constant answer scores on the same pictures.
        on: the pictures: `forget_test`, `forget_train`, or `cross-fitted`.
        scored: how many; None where that was not kept.
        in_sample: whether the map was fitted on these very pictures: all that older versions kept.
        reason: why there is no value.
    """

    value: float | None
    interval: Interval | None
    balanced: float | None
    constant: float | None
    on: str
    scored: int | None
    in_sample: bool
    reason: str = ""


def score_of(found: FitResult, fit: str) -> Score:
    """The score on unseen pictures; where none was kept the stored one, which says what it is.

    Args:
        found: of one attack.
        fit: the name of its fit set.
    """
    unseen = found.unseen
    if isinstance(unseen, UnseenScore):
        return Score(
            unseen.forget_accuracy,
            (unseen.interval.low, unseen.interval.high),
            unseen.balanced_accuracy,
            unseen.constant_predictor,
            unseen.scored_on,
            unseen.scored,
            in_sample=False,
        )
    missing = found.forget_accuracy
    span = found.interval
    return Score(
        known(missing),
        (span.low, span.high) if span else None,
        known(found.balanced_accuracy),
        found.constant_predictor,
        "forget_train",
        None,
        in_sample="forget_train" in FIT_SETS[fit].parts,
        reason=missing.reason if isinstance(missing, Undefined) else "",
    )


def answers(evidence: EvidenceResult | Undefined, beside: Score) -> Score:
    """What the model itself answers on the pictures that an attack is scored on."""
    if isinstance(evidence, Undefined):
        return Score(None, None, None, None, beside.on, None, False, evidence.reason)
    on = "forget_test" if beside.on == "forget_test" else "forget_train"
    value = known(getattr(evidence.accuracy, on))
    span = evidence.recovery.before.interval if on == "forget_train" else None
    interval = (span.low, span.high) if span else None
    if on == "forget_test" and value is not None and beside.scored:
        interval = wilson(value, beside.scored)
    return Score(value, interval, None, beside.constant, on, beside.scored, in_sample=False)
