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
from typing import Any

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.statistics import FEWEST
from .roc import Roc, drawn, roc, tprs_at
from .settings import ReferenceAttack

__all__ = ["References", "forget_references", "reference_attack"]

LEAST_INSIDE, LEAST_OUTSIDE = 2, 3  # models a sample; one of the outside is left out at a time
LEAST_FOR_OWN_VARIANCE = 16  # models a side, below which a sample's own deviation is noise


@dataclass(frozen=True, eq=False)
class References:
    """Threat model: the attacker trains k models as the target's owner does and queries them all.

    He knows labels, architecture and recipe, and for each of his models what it was trained on.

    Attributes:
        scores: (k, n) scaled confidence of each reference model on n samples.
        inside: (k, n) bool, whether the model was trained on the sample.
    """

    scores: Tensor
    inside: Tensor

    def without(self, model: int) -> References:
        """The same without one model."""
        rest = torch.arange(len(self.scores)) != model
        return References(self.scores[rest], self.inside[rest])


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
    inside = torch.arange(len(models)) < len(original)
    return References(scores, inside[:, None].expand_as(scores))


@torch.no_grad()
def reference_attack(
    target: Tensor,
    references: References,
    config: ReferenceAttack | None = None,
    *,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Score n samples of a target model by LiRA.

    Args:
        target: (n,) finite scaled confidence (`scaled_confidence`) of the target on the forget
            samples.
        references: the reference models on the same samples.
        config: variant, variance, rates.
        progress: asked between models whether to stop.

    Returns:
        JSON-ready: `variant`, `variance`, `game` ("models": see above), `references` (fewest models
        inside and outside over the samples), `scores` (n floats, Λ from all references), `auc`,
        `tpr_at_fpr` by rate, `roc` for drawing; `folds`, the AUC against each left-out model: these
        samples share two models, so it is the spread over models that says how sure the mean is.
        With fewer than 3 models outside (and online 2 inside), or 16 for each sample's own
        variance, with fewer than 20 samples or without any variance over models it is None with a
        `reason`.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or ReferenceAttack(), progress or Progress()
    target = target.detach().to("cpu", torch.float64)
    references = References(references.scores.double().cpu(), references.inside.bool().cpu())
    inside, outside = references.inside.sum(0), (~references.inside).sum(0)
    counts = [int(side.min()) if len(target) else 0 for side in (inside, outside)]
    result = {
        "variant": config.variant,
        "variance": config.variance,
        "game": "models",
        "references": {"inside": counts[0], "outside": counts[1]},
    }
    why = _impossible(target, counts, config)
    if why is None:
        scores = _ratio(target, references, config)
        why = scores if isinstance(scores, str) else None
    if why:
        nothing = dict.fromkeys(("scores", "auc", "tpr_at_fpr", "roc"))
        return result | nothing | {"reason": {"auc": why}}
    result["scores"] = scores.tolist()
    return result | _game_of_models(target, references, config, progress)


def _impossible(target: Tensor, counts: list[int], config: ReferenceAttack) -> str | None:
    if len(target) < FEWEST:
        return f"{len(target)} samples are fewer than {FEWEST}"
    own = config.variance == "sample"
    # one outside model is left out at a time
    least_out = LEAST_FOR_OWN_VARIANCE + 1 if own else LEAST_OUTSIDE
    least_in = LEAST_FOR_OWN_VARIANCE if own else LEAST_INSIDE
    if counts[1] < least_out:
        return f"a sample has {counts[1]} reference models outside it; {least_out} are the least"
    if config.variant == "online" and counts[0] < least_in:
        return (
            f"a sample has {counts[0]} reference models inside it; {least_in} are the least "
            "(the offline variant wants none)"
        )
    return None


def _ratio(target: Tensor, references: References, config: ReferenceAttack) -> Tensor | str:
    """Λ of every sample, (n,), or why there is none."""
    outside = _moments(references.scores, ~references.inside, config)
    if not (outside[1] > 0).all():
        return "the reference models outside do not vary: no likelihood exists"
    if config.variant == "offline":
        return (target - outside[0]) / outside[1]
    inside = _moments(references.scores, references.inside, config)
    if not (inside[1] > 0).all():
        return "the reference models inside do not vary: no likelihood exists"
    return _log_density(target, *inside) - _log_density(target, *outside)


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


def _game_of_models(
    target: Tensor, references: References, config: ReferenceAttack, progress: Progress
) -> dict[str, Any]:
    """Mean curve over left-out models of the target against each, on the samples outside it."""
    curves: list[Roc] = []
    for model in range(len(references.scores)):
        unseen = ~references.inside[model]
        if int(unseen.sum()) < FEWEST:
            continue
        rest = references.without(model)
        rest = References(rest.scores[:, unseen], rest.inside[:, unseen])
        ours = _ratio(target[unseen], rest, config)
        theirs = _ratio(references.scores[model, unseen], rest, config)
        if isinstance(ours, str) or isinstance(theirs, str):
            return _no_game(f"with one model left out, {ours if isinstance(ours, str) else theirs}")
        curves.append(roc(ours, theirs))
        progress.check()
    if not curves:
        return _no_game(f"no reference model is outside {FEWEST} of the samples")
    values, reasons = tprs_at(curves, config.rates)
    folds = [curve.auc for curve in curves]
    return {
        "auc": sum(folds) / len(folds),
        "folds": folds,
        "tpr_at_fpr": values,
        "roc": drawn(curves, config.points),
        **({"reason": reasons} if reasons else {}),
    }


def _no_game(reason: str) -> dict[str, Any]:
    return {
        "auc": None,
        "folds": None,
        "tpr_at_fpr": None,
        "roc": None,
        "reason": {"auc": reason},
    }
