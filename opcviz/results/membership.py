"""Results of the membership attacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record, Share, Undefined, defined
from .attempts import Sign
from .measures import Outliers, Separability
from .membership_tests import LIRA, LOSS, MEMBERSHIP_JUDGE, MembershipTest

__all__ = [
    "GameScore",
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

    auc: Share | Undefined
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

    def signs(self) -> tuple[Sign, ...]:
        """The loss threshold where samples are forgotten.

        Of whole classes it says nothing: a confident miss, as of a model that never saw the class,
        looks less like a member than a flat answer, whatever is remembered.
        """
        loss = self.thresholds.loss
        if self.thresholds.against != "retain_test" or not defined(loss.auc):
            return ()
        assert loss.auc_interval is not None
        return (Sign(MEMBERSHIP_JUDGE, LOSS.name, loss.auc, *loss.auc_interval),)


@dataclass(frozen=True)
class GameScore(Record, reasons="table"):
    """One statistic in the game of models: a target against models that never saw the samples.

    Attributes:
        auc: mean over left-out models, 0..1; 0.5 where the target answers as they do, below it
            where the statistic is lower in the target.
        auc_interval: 95 %, over samples and left-out models; None where `auc` is undefined, like
            those below.
        tpr_at_fpr: share of the target's samples found, by false positive rate over all left-out
            models together.
        folds: the AUC against each left-out model.
        samples: different samples behind it.
    """

    auc: Share | Undefined
    auc_interval: tuple[float, float] | None
    tpr_at_fpr: Mapping[str, float | Undefined] | None
    folds: tuple[float, ...] | None
    samples: int | None

    @classmethod
    def undefined(cls, why: Undefined) -> GameScore:
        """A score without figures."""
        return cls(why, None, None, None, None)

    def sign(self, test: MembershipTest) -> Sign | None:
        """As the verdict counts it, under the name of the test; None without figures."""
        if not defined(self.auc) or self.auc_interval is None:
            return None
        return Sign(MEMBERSHIP_JUDGE, test.name, self.auc, *self.auc_interval)


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
        statistics: LiRA `online`, `offline` and `calibrated` by unseen data, `rmia`, and the
            two-sided `distance`.
    """

    variant: str
    variance: str
    game: str
    references: ReferenceCounts
    auc: Share | Undefined
    tpr_at_fpr: Mapping[str, float | Undefined] | None
    roc: RocCurve | None
    folds: tuple[float, ...] | None = None
    seeds: ReferenceSeeds | None = None
    statistics: Mapping[str, GameScore] | None = None

    def signs(self) -> tuple[Sign, ...]:
        """Every statistic, LiRA's by `variant` first and RMIA second.

        Nothing where `auc` is undefined, as it is of whole classes.

        Above 0.5 is like the originals, which are LiRA's in models, or like a member; below it like
        something over-forgotten.
        """
        if not defined(self.auc) or self.statistics is None:
            return ()
        first = dict.fromkeys((self.variant, "rmia", *LIRA))
        made = [name for name in first if name in self.statistics]
        found = (self.statistics[name].sign(LIRA[name]) for name in made)
        return tuple(sign for sign in found if sign)
