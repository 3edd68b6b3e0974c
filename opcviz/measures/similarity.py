"""How alike two models are on the same samples: features (CKA), predictions, accuracies.

Linear CKA compares representations up to rotation and scale. It is low by itself where a model has
no variance left, so it never comes alone here: variance and effective rank of both models stand
beside it, and where one of them has nothing that varies it is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ..common.parts import PARTS, side_of
from ..common.records import Undefined, guard
from ..data import Split
from ..results import (
    Cka,
    Comparison,
    FeatureSimilarity,
    PredictionSimilarity,
)
from ..tasks.classification import ModelOutputs
from .collapse import effective_rank

__all__ = [
    "feature_similarity",
    "linear_cka",
    "prediction_similarity",
    "similarity",
]

CHUNK = 4096
ROUNDING = 2.0**-22  # a deviation below this share of the values is float32 rounding, not variance


class _Centred:
    """Features made comparable: centred, scaled to about 1, seen in float64 a chunk at a time."""

    def __init__(self, features: Tensor) -> None:
        self.features = features.detach()
        self.first = self._double(self.features[:1])  # taken off first: equal rows give exact zeros
        shifted = [(part.sum(0), part.abs().max().item()) for part in self._shifted()]
        self.mean = torch.stack([total for total, _ in shifted]).sum(0) / len(features)
        self.scale = max(largest for _, largest in shifted) or 1.0  # squares must not underflow

    @staticmethod
    def _double(part: Tensor) -> Tensor:
        return part.to("cpu", torch.float64)

    def _shifted(self) -> Iterator[Tensor]:
        return (self._double(part) - self.first for part in self.features.split(CHUNK))

    def chunks(self) -> Iterator[Tensor]:
        """(chunk, d) float64 pieces, together of mean zero and with entries of at most about 1."""
        return ((part - self.mean) / self.scale for part in self._shifted())

    def varies(self, scaled: float) -> bool:
        """Whether a variance in units of scale² is more than rounding of the features' values."""
        size: float = (self.first + self.mean).norm().item()
        return math.sqrt(scaled) * self.scale > ROUNDING * size


@torch.no_grad()
def linear_cka(a: Tensor, b: Tensor, *, debiased: bool = False) -> Cka:
    """Linear centred kernel alignment of two models' features of the same samples.

    CKA = ‖AᵀB‖² / (‖AᵀA‖·‖BᵀB‖) with A, B centred and Frobenius norms (Kornblith et al. 2019,
    arXiv 1905.00414), from streamed d×d moments in float64: memory O(d²), never the n×n Gram
    matrices. It does not change under orthogonal maps, isotropic scaling and translation of either
    model; it does change under other invertible maps.

    The plain estimate is biased upwards when n is not much larger than d; `debiased` puts the
    unbiased estimator of HSIC (Song et al. 2012) in all three places. It can be slightly negative.

    Args:
        a: (n, d_a) features of the one model.
        b: (n, d_b) features of the other.
        debiased: use the unbiased estimator; wants n >= 4.

    Returns:
        The alignment, and the variance and effective rank (see `collapse`) of a and of b.

    Raises:
        ValueError: for features that are not matrices of the same number of rows.
    """
    if a.dim() != 2 or b.dim() != 2 or len(a) != len(b):
        raise ValueError(
            f"linear_cka wants (n, d_a) and (n, d_b) features of the same samples, got "
            f"{tuple(a.shape)} and {tuple(b.shape)}"
        )
    nothing = (None, None)
    if why := _no_cka(a, b, 4 if debiased else 2):
        return Cka(why, nothing, nothing, len(a), debiased)

    sides = (_Centred(a), _Centred(b))
    moments = _Moments(a.shape[1], b.shape[1])
    for left, right in zip(*(side.chunks() for side in sides), strict=True):
        moments.add(left, right)
    (variance_a, rank_a), (variance_b, rank_b) = (
        _spread(side, square, len(a))
        for side, square in zip(sides, (moments.aa, moments.bb), strict=True)
    )
    still = [name for name, rank in (("first", rank_a), ("second", rank_b)) if rank is None]
    which = " and the ".join(still)
    value = guard(
        (still, f"undefined: the {which} model's features do not vary"),
    ) or moments.cka(debiased)
    return Cka(value, (variance_a, variance_b), (rank_a, rank_b), len(a), debiased)


def _spread(side: _Centred, square: Tensor, samples: int) -> tuple[float, float | None]:
    """Variance and effective rank from second moments; the rank is None where nothing varies."""
    scaled = square.trace().item() / samples
    rank = effective_rank(square) if side.varies(scaled) else None
    return scaled * side.scale**2, rank


class _Moments:
    """Second moments of two centred feature sets, and what the unbiased estimator wants besides."""

    def __init__(self, d_a: int, d_b: int) -> None:
        self.aa, self.bb, self.ab = (
            torch.zeros(shape, dtype=torch.float64)
            for shape in ((d_a, d_a), (d_b, d_b), (d_a, d_b))
        )
        self.rows = torch.zeros(3, dtype=torch.float64)  # Σ‖a_i‖⁴, Σ‖b_i‖⁴, Σ‖a_i‖²‖b_i‖²
        self.count = 0

    def add(self, a: Tensor, b: Tensor) -> None:
        self.aa.addmm_(a.T, a)
        self.bb.addmm_(b.T, b)
        self.ab.addmm_(a.T, b)
        p, q = a.square().sum(1), b.square().sum(1)
        self.rows += torch.stack([p @ p, q @ q, p @ q])
        self.count += len(a)

    def cka(self, debiased: bool) -> float | Undefined:
        """The alignment; undefined where an unbiased self-similarity is not positive."""
        hsic = torch.stack([m.square().sum() for m in (self.aa, self.bb, self.ab)])
        if debiased:
            # HSIC₁ for kernels of centred features, without forming them (factors common to all
            # three terms left out): Σ_ij − n/(n−2)·Σ_i k_ii·l_ii + tr K · tr L / ((n−1)(n−2)).
            n, p, q = self.count, self.aa.trace(), self.bb.trace()
            traces = torch.stack([p * p, q * q, p * q])
            hsic = hsic - n / (n - 2) * self.rows + traces / ((n - 1) * (n - 2))
            if min(hsic[0], hsic[1]) <= 0:
                return Undefined("undefined: the unbiased estimate of a model's own HSIC is <= 0")
        # roots first: the product of two small numbers would underflow
        value = (hsic[2] / (hsic[0].sqrt() * hsic[1].sqrt())).item()
        return value if debiased else min(value, 1.0)


def _no_cka(a: Tensor, b: Tensor, needed: int) -> Undefined | None:
    why = "undefined: the {} model's features are not finite, it diverged"
    return guard(
        (len(a) < needed, f"undefined: {len(a)} samples, at least {needed} are needed"),
        (not a.isfinite().all(), why.format("first")),
        (not b.isfinite().all(), why.format("second")),
    )


def feature_similarity(
    ours: Tensor, theirs: Tensor, split: Split, *, debiased: bool = False
) -> FeatureSimilarity:
    """`linear_cka` on the forget part, the retain part and all of the train set.

    The three answer different questions: forgetting shows on `forget`, harm on `retain`, and on
    `mixed` the distance between the two parts counts as well.

    Args:
        ours, theirs: (N, d) features of the whole train set, at the head or at any block.
        split: which samples are forgotten.
        debiased: as in `linear_cka`.

    Raises:
        ValueError: for features that are not matrices of the same number of rows.
    """
    ours, theirs = ours.cpu(), theirs.cpu()
    forget, retain = split.forget_train.cpu(), split.retain_train.cpu()
    return FeatureSimilarity(
        linear_cka(ours, theirs, debiased=debiased),
        linear_cka(ours[forget], theirs[forget], debiased=debiased),
        linear_cka(ours[retain], theirs[retain], debiased=debiased),
    )


@torch.no_grad()
def prediction_similarity(model: Tensor, reference: Tensor) -> PredictionSimilarity:
    """How alike two models' predictive distributions are, from logits of the same samples.

    Args:
        model: (n, C) logits.
        reference: (n, C) logits of the model compared with, as a rule the retrained one.
    """
    why = guard(
        (not len(model), "there are no such samples"),
        *(
            (not logits.isfinite().all(), f"the {name}'s logits are not finite: it diverged")
            for name, logits in (("model", model), ("reference", reference))
        ),
    )
    if why:
        return PredictionSimilarity(why, why, why)
    p, q = (z.detach().to("cpu", torch.float64).log_softmax(1) for z in (model, reference))
    middle = torch.logaddexp(p, q) - math.log(2)
    return PredictionSimilarity(
        agreement=100 * (p.argmax(1) == q.argmax(1)).double().mean().item(),
        kl=max(_kl(q, p), 0.0),
        js=min(max((_kl(p, middle) + _kl(q, middle)) / 2, 0.0), math.log(2)),
    )


def _kl(p: Tensor, q: Tensor) -> float:
    """Mean over rows of Σ p·(log p − log q), from log-probabilities."""
    return (p.exp() * (p - q)).sum(1).mean().item()


def similarity(model: ModelOutputs, reference: ModelOutputs, split: Split) -> Comparison:
    """Features and predictions of a model beside those of a reference model.

    Args:
        model: what the model computed on the train and the test set.
        reference: the same of the model compared with (the original, or the retrained).
        split: which samples belong to which part.

    Raises:
        ValueError: when the two were not observed on the same samples.
    """
    pairs = {"train": (model.train, reference.train), "test": (model.test, reference.test)}
    for side, (a, b) in pairs.items():
        if len(a) != len(b) or not torch.equal(a.labels.cpu(), b.labels.cpu()):
            raise ValueError(f"similarity: the models were not observed on the same {side} samples")
    predictions: dict[str, PredictionSimilarity] = {}
    for part in PARTS:
        (a, b), rows = pairs[side_of(part)], split.part(part).cpu()
        predictions[part] = prediction_similarity(a.logits.cpu()[rows], b.logits.cpu()[rows])
    cka = feature_similarity(model.train.features, reference.train.features, split)
    return Comparison(cka, predictions)
