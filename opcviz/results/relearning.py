"""Results of relearning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Percent, Record, Undefined

__all__ = ["RelearningCurve", "RelearningResult", "RelearningVariant", "RetainAccuracy"]


@dataclass(frozen=True)
class RetainAccuracy(Record):
    """Percent of the retained test data answered right, before and after the attack."""

    before: Percent | Undefined
    after: Percent | Undefined


@dataclass(frozen=True)
class RelearningCurve(Record):
    """Accuracy on one part of the data while the attack trains.

    Attributes:
        accuracy: percent, one number a look; None where the answers are not finite, or for all
            where nothing was looked at.
        samples: scored.
        constant_predictor: percent of the best constant answer; None without samples.
        area: mean accuracy over the steps divided by the original's: 0 for never, 1 for at once.
        steps_to_half: first look at which half of the original's accuracy is reached.
    """

    accuracy: tuple[Percent | None, ...] | None
    samples: int
    constant_predictor: Percent | None
    area: float | Undefined
    steps_to_half: int | Undefined


@dataclass(frozen=True)
class RelearningVariant(Record):
    """One way of fine-tuning.

    Attributes:
        given: forget samples that the attacker has.
        steps: at which the model was looked at; None where it never was.
        reason: why the curves are not whole, if they are not.
    """

    given: int
    steps: tuple[int, ...] | None
    retain_test: RetainAccuracy
    forget_train: RelearningCurve
    forget_test: RelearningCurve
    reason: str | None = None


@dataclass(frozen=True)
class RelearningResult(Record):
    """All variants by name, against the original model's forget accuracy in percent."""

    original_accuracy: Percent
    variants: Mapping[str, RelearningVariant]
