"""LiRA: is this model's answer on a sample more like models that trained on it, or that did not?

Likelihood-ratio attack of Carlini et al. (2022, IEEE S&P, arXiv 2112.03570) on the scaled
confidence t = log(p_y / (1 − p_y)), with means and deviations over reference models, by sample:

* online:   Λ = log N(t; μ_in, σ_in²) − log N(t; μ_out, σ_out²);
* offline:  Λ = (t − μ_out) / σ_out, which orders samples as its P(Z <= t), Z ~ N(μ_out, σ_out²).

Carlini et al. rank members against non-members of one target. Unlearning asks about models: on the
same forget samples, the target against models that never saw them, as in U-LiRA (Hayes et al. 2024,
arXiv 2403.01218; its in models are other unlearned ones, for which the originals stand here). Each
reference model outside a sample takes its turn as such a model, left out of the references while
target and it are scored: if the target is drawn as the retrained models are, both scores are
equally distributed and the AUC is 0.5 on average.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...common.statistics import FEWEST
from ...results import LiraResult, ReferenceCounts, RocCurve
from .roc import Roc, drawn, roc, tprs_at
from .settings import ReferenceAttack

__all__ = ["References", "forget_references", "reference_attack"]

MIN_IN_MODELS, MIN_OUT_MODELS = 2, 3  # a sample; one of the out models is left out at a time
MIN_MODELS_FOR_OWN_VARIANCE = 16  # models a side, below which a sample's own deviation is noise


@dataclass(frozen=True, eq=False)
class References:
    """Threat model: the attacker trains k models as the target's owner does and queries them all.

    He knows labels, architecture and recipe, and for each of his models what it was trained on.

    Attributes:
        scores: (k, n) scaled confidence of each reference model on n samples.
        in_models: (k, n) bool, whether the model was trained on the sample.
    """

    scores: Tensor
    in_models: Tensor

    def without(self, model: int) -> References:
        """The same without one model."""
        rest = torch.arange(len(self.scores)) != model
        return References(self.scores[rest], self.in_models[rest])


def forget_references(original: Sequence[Tensor], retrained: Sequence[Tensor]) -> References:
    """The originals of several seeds are in, the retrained out, on the forget-train samples.

    All must share the split. The target's own original is among the in models, as its owner's
    would be for an attacker who is given it; the target itself must not be among them.

    Args:
        original, retrained: (n,) scaled confidences of each model on the same samples.

    Raises:
        ValueError: without any model, or for models observed on different samples.
    """
    models = [*original, *retrained]
    if not models:
        raise ValueError("reference attack: there are no reference models")
    if len({tuple(scores.shape) for scores in models}) > 1:
        raise ValueError("reference attack: the models were not observed on the same samples")
    scores = torch.stack([scores.cpu() for scores in models])
    in_models = torch.arange(len(models)) < len(original)
    return References(scores, in_models[:, None].expand_as(scores))


@torch.no_grad()
def reference_attack(
    target: Tensor,
    references: References,
    config: ReferenceAttack | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[LiraResult, Tensor | None]:
    """Score n samples of a target model by LiRA.

    Args:
        target: (n,) finite scaled confidence (`scaled_confidence`) of the target on the forget
            samples.
        references: the reference models on the same samples.
        config: variant, variance, rates.
        progress: asked between models whether to stop.

    Returns:
        The result, and (n,) float64 Λ from all references, None where there is none. The AUCs
        against left-out models share two models' samples, so their spread over models says how sure
        the mean is. With fewer than 3 out models (and online 2 in models), or 16 for each sample's
        own variance, with fewer than 20 samples or without any variance over models it is
        undefined.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or ReferenceAttack(), progress or Progress()
    target = target.detach().to("cpu", torch.float64)
    references = References(references.scores.double().cpu(), references.in_models.bool().cpu())
    members = references.in_models
    counts = [int(side.sum(0).min()) if len(target) else 0 for side in (members, ~members)]
    why = _too_few_models(len(target), counts[0], counts[1], config)
    scores = why or _ratio(target, references, config)
    if isinstance(scores, Undefined):
        game = _Game(scores)
    else:
        game = _game_of_models(target, references, config, progress)
    result = LiraResult(
        variant=config.variant,
        variance=config.variance,
        game="models",
        references=ReferenceCounts(*counts),
        auc=game.auc,
        tpr_at_fpr=game.tpr_at_fpr,
        roc=game.roc,
        folds=game.folds,
    )
    return result, None if isinstance(scores, Undefined) else scores


def _too_few_models(
    samples: int, in_models: int, out_models: int, config: ReferenceAttack
) -> Undefined | None:
    own = config.variance == "sample"
    # one out model is left out at a time
    least_out = MIN_MODELS_FOR_OWN_VARIANCE + 1 if own else MIN_OUT_MODELS
    least_in = MIN_MODELS_FOR_OWN_VARIANCE if own else MIN_IN_MODELS
    return guard(
        (samples < FEWEST, f"{samples} samples are fewer than {FEWEST}"),
        (
            out_models < least_out,
            f"a sample has {out_models} reference models outside it; {least_out} are the least",
        ),
        (
            config.variant == "online" and in_models < least_in,
            f"a sample has {in_models} reference models inside it; {least_in} are the least "
            "(the offline variant wants none)",
        ),
    )


def _ratio(target: Tensor, references: References, config: ReferenceAttack) -> Tensor | Undefined:
    """Λ of every sample, (n,), or why there is none."""
    without = _moments(references.scores, ~references.in_models, config)
    if not (without[1] > 0).all():
        return Undefined("the reference models outside do not vary: no likelihood exists")
    if config.variant == "offline":
        return (target - without[0]) / without[1]
    trained = _moments(references.scores, references.in_models, config)
    if not (trained[1] > 0).all():
        return Undefined("the reference models inside do not vary: no likelihood exists")
    return _log_density(target, *trained) - _log_density(target, *without)


def _moments(scores: Tensor, mask: Tensor, config: ReferenceAttack) -> tuple[Tensor, Tensor]:
    """Mean and unbiased deviation over the masked models, (n,) each; scores (k, n)."""
    count = mask.sum(0)
    base = scores[mask.long().argmax(0), torch.arange(scores.shape[1])]
    shifted = (scores - base) * mask  # equal scores leave exact zeros
    offset = shifted.sum(0) / count
    squares = ((shifted - offset).square() * mask).sum(0)
    if config.variance == "pooled":
        variance = (squares.sum() / (count - 1).sum()).expand_as(offset)
    else:
        variance = squares / (count - 1)
    return base + offset, variance.sqrt()


def _log_density(t: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    return -((t - mean) / deviation).square() / 2 - deviation.log() - math.log(2 * math.pi) / 2


@dataclass(frozen=True)
class _Game:
    """The target against left-out models; see `LiraResult`."""

    auc: float | Undefined
    tpr_at_fpr: dict[str, float | Undefined] | None = None
    roc: RocCurve | None = None
    folds: tuple[float, ...] | None = None


def _game_of_models(
    target: Tensor, references: References, config: ReferenceAttack, progress: Progress
) -> _Game:
    """Mean curve over left-out models of the target against each, on the samples outside it."""
    curves: list[Roc] = []
    for model in range(len(references.scores)):
        unseen = ~references.in_models[model]
        if int(unseen.sum()) < FEWEST:
            continue
        rest = references.without(model)
        rest = References(rest.scores[:, unseen], rest.in_models[:, unseen])
        ours = _ratio(target[unseen], rest, config)
        theirs = _ratio(references.scores[model, unseen], rest, config)
        if isinstance(ours, Undefined):
            return _Game(Undefined(f"with one model left out, {ours.reason}"))
        if isinstance(theirs, Undefined):
            return _Game(Undefined(f"with one model left out, {theirs.reason}"))
        curves.append(roc(ours, theirs))
        progress.check()
    if not curves:
        return _Game(Undefined(f"no reference model is outside {FEWEST} of the samples"))
    folds = tuple(curve.auc for curve in curves)
    return _Game(
        sum(folds) / len(folds),
        tprs_at(curves, config.rates),
        drawn(curves, config.points),
        folds,
    )
