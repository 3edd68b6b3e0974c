"""Results of the membership attacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record, Undefined
from .measures import Outliers, Separability

__all__ = [
    "LiraResult",
    "MembershipResult",
    "ReferenceCounts",
    "ReferenceSeeds",
    "RocCurve",
    "RocReport",
    "SvcScore",
    "SvcScores",
    "ThresholdScores",
]


@dataclass(frozen=True)
class RocCurve(Record):
    """Points of a curve for drawing; rates in 0..1."""

    fpr: tuple[float, ...]
    tpr: tuple[float, ...]


@dataclass(frozen=True)
class RocReport(Record, reasons="table"):
    """The ROC curve of one score, members against non-members.

    Attributes:
        auc: 0..1; chance is 0.5.
        auc_interval: 95 %, low and high; None where `auc` is undefined, like those below.
        tpr_at_fpr: share of members found, by false positive rate.
        roc: for drawing.
    """

    auc: float | Undefined
    auc_interval: tuple[float, float] | None
    tpr_at_fpr: Mapping[str, float | Undefined] | None
    roc: RocCurve | None


@dataclass(frozen=True)
class ThresholdScores(Record):
    """A threshold on each of five scores.

    Attributes:
        against: the part of the data that stands for non-members, where it is known.
        members, nonmembers: how many; None where no score exists.
        note: where members and non-members are of different classes.
    """

    loss: RocReport
    max_softmax: RocReport
    entropy: RocReport
    modified_entropy: RocReport
    margin: RocReport
    against: str | None = None
    members: int | None = None
    nonmembers: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class SvcScore(Record):
    """One support vector machine, in percent.

    Attributes:
        efficacy: of the forget set judged unseen.
        retained, unseen: of the samples learned from that are judged unseen.
        accuracy: of the samples learned from that are judged right.
    """

    efficacy: float | Undefined
    retained: float | Undefined
    unseen: float | Undefined
    accuracy: float | Undefined

    @classmethod
    def undefined(cls, why: Undefined) -> SvcScore:
        """A machine without figures."""
        return cls(why, why, why, why)


@dataclass(frozen=True)
class SvcScores(Record):
    """The five machines; `shadow` samples of each side learned from, None where none could be."""

    shadow: int | None
    correctness: SvcScore
    confidence: SvcScore
    entropy: SvcScore
    modified_entropy: SvcScore
    probability: SvcScore


@dataclass(frozen=True)
class MembershipResult(Record):
    """Membership without reference models, and how the forget data stand out.

    Attributes:
        separability: by `features` and `logits`, then from `retain` or `unseen` data; None from
            the attack alone, as is `outliers`.
    """

    svc: SvcScores
    thresholds: ThresholdScores
    outliers: Outliers | None = None
    separability: Mapping[str, Mapping[str, Separability]] | None = None


@dataclass(frozen=True)
class ReferenceCounts(Record):
    """Fewest reference models that were trained on a sample (`inside`) and without (`outside`)."""

    inside: int
    outside: int


@dataclass(frozen=True)
class ReferenceSeeds(Record):
    """Seeds of the reference models."""

    inside: tuple[int, ...]
    outside: tuple[int, ...]


@dataclass(frozen=True)
class LiraResult(Record, reasons="table"):
    """The likelihood-ratio attack.

    Attributes:
        variant, variance: the settings.
        game: "models": the target against models that never saw the samples.
        references: how many.
        auc: mean over left-out models; those below are None where it is undefined.
        tpr_at_fpr: share of target samples found, by false positive rate.
        roc: for drawing.
        folds: the AUC against each left-out model.
        seeds: of the reference models, where they are known.
    """

    variant: str
    variance: str
    game: str
    references: ReferenceCounts
    auc: float | Undefined
    tpr_at_fpr: Mapping[str, float | Undefined] | None
    roc: RocCurve | None
    folds: tuple[float, ...] | None = None
    seeds: ReferenceSeeds | None = None
