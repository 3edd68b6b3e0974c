"""Results of the probes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Percent, Record, Undefined

__all__ = ["ProbeScores", "ProbesResult"]


@dataclass(frozen=True)
class ProbeScores(Record):
    """What one probe gets right, in percent.

    Attributes:
        forget_accuracy, retain_accuracy: mean of the recalls of the classes present on either side.
        forget_recall: by class.
    """

    forget_accuracy: Percent | Undefined
    retain_accuracy: Percent | Undefined
    forget_recall: Mapping[str, Percent] | Undefined


@dataclass(frozen=True)
class ProbesResult(Record):
    """All probes on the features of one block.

    Attributes:
        samples: used.
        folds: of the cross-validation, None where there is none.
        chance: 100 / classes, None without classes.
        constant_predictor: percent, the best `forget_accuracy` of any constant answer; None where
            nothing is forgotten.
        linear, knn, mean, mlp: the probes.
        majority: the constant answer that most samples have.
        note: of fewer folds, or features that do not vary.
    """

    samples: int
    folds: int | None
    chance: float | None
    constant_predictor: Percent | None
    linear: ProbeScores
    knn: ProbeScores
    mean: ProbeScores
    mlp: ProbeScores
    majority: ProbeScores
    note: str | None = None
