"""Results of the measures: accuracy, size and separability of features, similarity, outliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Percent, Record, Share, Undefined

__all__ = [
    "AccuracyReport",
    "AverageGap",
    "Cka",
    "Collapse",
    "Comparison",
    "FeatureSimilarity",
    "OutlierScores",
    "Outliers",
    "PartEntropies",
    "PredictionSimilarity",
    "Separability",
    "SimilarityResult",
    "TugOfWar",
]


@dataclass(frozen=True)
class AccuracyReport(Record, reasons="table"):
    """Percent of right answers on the four parts of the data.

    Attributes:
        per_class: `train` and `test`, each class name to percent; None for a class without samples.
    """

    forget_train: Percent | Undefined
    retain_train: Percent | Undefined
    forget_test: Percent | Undefined
    retain_test: Percent | Undefined
    per_class: Mapping[str, Mapping[str, float | Undefined | None]]


@dataclass(frozen=True)
class Collapse(Record, reasons="table"):
    """Size, spread and dimension of the forget features beside the retain features.

    Attributes:
        norm_forget, norm_retain: mean ‖f‖.
        norm_ratio: the first over the second.
        radius_forget, radius_retain: root mean square distance to the own centroid.
        radius_ratio: the first over the second.
        variance: total variance of the forget features, `radius_forget` squared.
        effective_rank: of the forget features' covariance, between 1 and their width.
    """

    norm_forget: float | Undefined
    norm_retain: float | Undefined
    norm_ratio: float | Undefined
    radius_forget: float | Undefined
    radius_retain: float | Undefined
    radius_ratio: float | Undefined
    variance: float | Undefined
    effective_rank: float | Undefined


@dataclass(frozen=True)
class Separability(Record, reasons="table"):
    """Out-of-sample AUC in 0..1 of telling forget from other samples.

    Attributes:
        linear: of a logistic regression.
        knn: of nearest neighbours.
        samples: forget and other samples used.
    """

    linear: Share | Undefined
    knn: Share | Undefined
    samples: tuple[int, int]


@dataclass(frozen=True)
class Cka(Record):
    """Linear centred kernel alignment of two models' features.

    Attributes:
        cka: 0..1, or slightly negative where `debiased`.
        variance: of the features of either model; None where they cannot be used.
        effective_rank: likewise; None also where nothing varies.
        samples: compared.
        debiased: whether the unbiased estimator was used.
    """

    cka: float | Undefined
    variance: tuple[float | None, float | None]
    effective_rank: tuple[float | None, float | None]
    samples: int
    debiased: bool


@dataclass(frozen=True)
class FeatureSimilarity(Record):
    """`Cka` on the forget part, the retain part and all of the train set."""

    mixed: Cka
    forget: Cka
    retain: Cka


@dataclass(frozen=True)
class PredictionSimilarity(Record):
    """How alike two models' predictive distributions are, means over samples.

    Attributes:
        agreement: percent of equal answers.
        kl: KL(reference ‖ model) in nats.
        js: Jensen-Shannon divergence in nats, 0 to log 2.
    """

    agreement: float | Undefined
    kl: float | Undefined
    js: float | Undefined


@dataclass(frozen=True)
class Comparison(Record):
    """A model beside a reference model; `predictions` by part of the data."""

    cka: FeatureSimilarity
    predictions: Mapping[str, PredictionSimilarity]


@dataclass(frozen=True)
class SimilarityResult(Record):
    """A model beside the original and the retrained one."""

    original: Comparison | Undefined
    retrained: Comparison | Undefined


@dataclass(frozen=True)
class AverageGap(Record):
    """Mean distance in points to the retrained model.

    Attributes:
        average_gap: the mean over what is there.
        gaps: by name (UA, RA, TA, MIA), None where a figure is missing.
        over: the names that the mean is taken over.
    """

    average_gap: float | Undefined
    gaps: Mapping[str, float | None]
    over: tuple[str, ...]


@dataclass(frozen=True)
class TugOfWar(Record):
    """Π (1 − |Δaccuracy|) against the retrained model, 0..1."""

    tow: float | Undefined


@dataclass(frozen=True)
class OutlierScores(Record, reasons="table"):
    """AUROC in 0..1 of forget against retain-test samples, by each score of strangeness."""

    energy: float | Undefined
    max_softmax: float | Undefined
    feature_norm: float | Undefined
    mahalanobis: float | Undefined


@dataclass(frozen=True)
class PartEntropies(Record, reasons="table"):
    """Mean predictive entropy in nats of three parts, and `uniform`, the most there can be."""

    uniform: float
    forget_train: float | Undefined
    forget_test: float | Undefined
    retain_test: float | Undefined


@dataclass(frozen=True)
class Outliers(Record, reasons="table"):
    """How far forget data stand out, against retain-test.

    Attributes:
        forget_test, forget_train: by score.
        entropy: of the predictions.
        shrinkage: weight of the sphere in the covariance behind `mahalanobis`, 0..1.
    """

    forget_test: OutlierScores
    forget_train: OutlierScores
    entropy: PartEntropies
    shrinkage: float | Undefined
