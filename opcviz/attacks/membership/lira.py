"""LiRA: is this model's answer on a sample more like models that trained on it, or that did not?

Likelihood-ratio attack of Carlini et al. (2022, IEEE S&P, arXiv 2112.03570) on the scaled
confidence t = log(p_y / (1 − p_y)), with means and deviations over reference models, by sample:

* online:   Λ = log N(t; μ_in, σ_in²) − log N(t; μ_out, σ_out²);
* offline:  Λ = (t − μ_out) / σ_out, which orders samples as its P(Z <= t), Z ~ N(μ_out, σ_out²);
* calibrated: Λ of the online one, with each model's t standardised by its mean and deviation on
  data that no model saw. A model that is less sure of *everything* than the retrained ones is told
  from them by the others without a word on single samples; this one and RMIA do not count it;
* distance: Λ² of the offline one, two-sided: a sample that the model is *less* sure of than any
  model that never saw it stands out as well.

The online one need not rise with t: where the deviations differ, or a sample's in models happen to
be less sure than its out models, more confidence counts against membership. The offline one and
RMIA (see `pairwise`) are monotone.

Carlini et al. rank members against non-members of one target. Unlearning asks about models: on the
same forget samples, the target against models that never saw them (see `game`). The in models here
are originals, so the test asks whether samples still look trained on; shadow *unlearned* models,
which ask whether they look unlearned, are in `shadows`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...common.statistics import FEWEST
from ...results import LiraResult, ReferenceCounts
from .game import Played, Statistic, play
from .pairwise import rmia
from .references import Answers, References
from .roc import drawn, tprs_at
from .settings import RatioSettings, ReferenceAttack

__all__ = ["reference_attack", "statistics"]

WANT_INSIDE = ("online", "calibrated")  # statistics of models inside a sample, too
MIN_IN_MODELS, MIN_OUT_MODELS = 2, 3  # a sample; one of the out models is left out at a time
MIN_MODELS_FOR_OWN_VARIANCE = 16  # models a side, below which a sample's own deviation is noise


def statistics(config: RatioSettings) -> dict[str, Statistic]:
    """What a target can be compared with left-out models by, the strongest first."""
    a = config.offline_a if config.variant == "offline" else None
    return {
        "online": lambda target, models: _online(target.samples, models, config),
        "calibrated": lambda target, models: _calibrated(target, models, config),
        "rmia": lambda target, models: rmia(target, models, gamma=config.gamma, a=a),
        "offline": lambda target, models: _offline(target.samples, models, config),
        "distance": lambda target, models: _squared(_offline(target.samples, models, config)),
    }


@torch.no_grad()
def reference_attack(
    target: Tensor,
    references: References,
    config: ReferenceAttack | None = None,
    *,
    population: Tensor | None = None,
    progress: Progress | None = None,
) -> tuple[LiraResult, Tensor | None]:
    """Score n samples of a target model by LiRA, and by the statistics beside it.

    Args:
        target: (n,) finite scaled confidence (`scaled_confidence`) of the target on the forget
            samples.
        references: the reference models on the same samples.
        config: variant, variance, rates.
        population: (p,) of the target on the references' population; without it there is no RMIA.
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
    z = None if population is None else population.detach().to("cpu", torch.float64)
    asked = Answers(target.detach().to("cpu", torch.float64), z)
    references = references.exact()
    n = len(asked.samples)
    counts = [
        int(side.sum(0).min()) if n else 0 for side in (references.in_models, references.outside)
    ]
    games: dict[str, Played] = {}
    for name, statistic in statistics(config).items():
        why = _too_few_models(n, counts[0], counts[1], config, wants_inside=name in WANT_INSIDE)
        games[name] = (
            Played.undefined(why)
            if why
            else play(asked, references, statistic, config.rates, progress=progress)
        )
    chosen = games[config.variant]
    why = _too_few_models(n, counts[0], counts[1], config, wants_inside=config.variant == "online")
    scores = why or statistics(config)[config.variant](asked, references)
    if isinstance(scores, Undefined):  # of all models together: the plainer reason
        chosen = Played.undefined(scores)
    curves = chosen.curves()
    result = LiraResult(
        variant=config.variant,
        variance=config.variance,
        game="models",
        references=ReferenceCounts(*counts),
        auc=chosen.score.auc,
        tpr_at_fpr=tprs_at(curves, config.rates) if curves else None,
        roc=drawn(curves, config.points) if curves else None,
        folds=chosen.score.folds,
        statistics={name: game.score for name, game in games.items()},
    )
    return result, None if isinstance(scores, Undefined) else scores


def _too_few_models(
    samples: int, in_models: int, out_models: int, config: RatioSettings, *, wants_inside: bool
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
            wants_inside and in_models < least_in,
            f"a sample has {in_models} reference models inside it; {least_in} are the least "
            "(the offline variant wants none)",
        ),
    )


def _online(target: Tensor, references: References, config: RatioSettings) -> Tensor | Undefined:
    """Λ of every sample, (n,), or why there is none."""
    without = _moments(references.scores, references.outside, config)
    if not (without[1] > 0).all():
        return Undefined("the reference models outside do not vary: no likelihood exists")
    trained = _moments(references.scores, references.in_models, config)
    if not (trained[1] > 0).all():
        return Undefined("the reference models inside do not vary: no likelihood exists")
    return _log_density(target, *trained) - _log_density(target, *without)


def _calibrated(
    target: Answers, references: References, config: RatioSettings
) -> Tensor | Undefined:
    """The online Λ on standardised confidences, (n,), or why there is none."""
    if target.population is None or references.population is None:
        return Undefined("no population was observed that confidences could be calibrated on")
    theirs = references.population
    ours = target.population[None]
    if not (_vary(theirs) and _vary(ours)):
        return Undefined("a model answers all of the population alike: nothing to calibrate on")
    scores = _standardised(references.scores, theirs)
    standard = References(scores, references.in_models, references.out_models)
    return _online(_standardised(target.samples[None], ours)[0], standard, config)


def _vary(population: Tensor) -> bool:
    """Whether every model's answers (k, p) differ; equal ones may have a deviation, by rounding."""
    differ = (population != population[:, :1]).any(1)
    return bool((differ & (population.std(1) > 0)).all())


def _standardised(scores: Tensor, population: Tensor) -> Tensor:
    """Scores (k, n) in units of each model's deviation on the population (k, p), from its mean."""
    return (scores - population.mean(1, keepdim=True)) / population.std(1, keepdim=True)


def _offline(target: Tensor, references: References, config: RatioSettings) -> Tensor | Undefined:
    mean, deviation = _moments(references.scores, references.outside, config)
    if not (deviation > 0).all():
        return Undefined("the reference models outside do not vary: no likelihood exists")
    return (target - mean) / deviation


def _squared(scores: Tensor | Undefined) -> Tensor | Undefined:
    return scores if isinstance(scores, Undefined) else scores.square()


def _moments(scores: Tensor, mask: Tensor, config: RatioSettings) -> tuple[Tensor, Tensor]:
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
