"""The game of models: a target against models that never saw the samples, by any statistic.

Each reference model that never saw some samples takes its turn as such a model, left out of the
references while the target and it are scored. If the target is drawn as those models are, both
scores are equally distributed and the AUC is 0.5 on average, whatever the statistic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined
from ...common.statistics import FEWEST, Interval, auc_interval
from ...results import GameScore
from .references import Answers, References
from .roc import Roc, roc, tprs_at

__all__ = ["Chosen", "Played", "Statistic", "mean_auc_interval", "play"]

Statistic = Callable[[Answers, References], Tensor | Undefined]
"""(n,) scores of a target's samples from the reference models, or why there are none."""
Chosen = Callable[[int], Tensor]
"""(n,) mask of the samples that count beside one left-out model."""

MIN_OF_ONE_MODEL = 5  # samples beside one left-out model, below which its AUC says nothing


@dataclass(frozen=True)
class Played:
    """The figures of a game, and the scores of target and left-out model, for drawing."""

    score: GameScore
    scores: tuple[tuple[Tensor, Tensor], ...] = ()

    @classmethod
    def undefined(cls, why: Undefined) -> Played:
        """A game that could not be played."""
        return cls(GameScore.undefined(why))

    def curves(self) -> list[Roc]:
        """The curve against each left-out model."""
        return [roc(ours, theirs) for ours, theirs in self.scores]


def play(
    target: Answers,
    references: References,
    statistic: Statistic,
    rates: Sequence[float],
    *,
    progress: Progress,
    chosen: Chosen | None = None,
) -> Played:
    """Score a target against each left-out model, on the samples that this one never saw.

    Args:
        target: of the model asked about.
        references: the attacker's; the target is not among them.
        statistic: what is compared.
        rates: false positive rates at which true positives are counted, over all left-out models
            together: many of them resolve rates that one set of samples could not.
        progress: asked between models whether to stop.
        chosen: which samples count; all unless given.

    Returns:
        The mean AUC with its interval (`mean_auc_interval`). Without 20 samples in all, or without
        the statistic, nothing is defined.
    """
    pairs: list[tuple[Tensor, Tensor]] = []
    asked = torch.zeros(references.scores.shape[1], dtype=torch.bool)
    for model in range(len(references.scores)):
        unseen = references.outside[model]
        if chosen is not None:
            unseen = unseen & chosen(model)
        if int(unseen.sum()) < MIN_OF_ONE_MODEL:
            continue
        rest = references.without(model).on(unseen)
        ours = statistic(target.on(unseen), rest)
        theirs = statistic(references.answers(model).on(unseen), rest)
        for scores in (ours, theirs):
            if isinstance(scores, Undefined):
                why = Undefined(f"with one model left out, {scores.reason}")
                return Played.undefined(why)
        assert isinstance(ours, Tensor)
        assert isinstance(theirs, Tensor)
        pairs.append((ours, theirs))
        asked |= unseen
        progress.check()
    count = int(asked.sum())
    if count < FEWEST:
        few = f"{count} samples that some reference model never saw are fewer than {FEWEST}"
        return Played.undefined(Undefined(few))
    folds = [_auc(ours, theirs) for ours, theirs in pairs]
    auc = sum(folds) / len(folds)
    all_ours, all_theirs = (torch.cat(side) for side in zip(*pairs, strict=True))
    together = roc(all_ours, all_theirs)
    score = GameScore(
        auc=auc,
        auc_interval=mean_auc_interval(auc, count, folds),
        tpr_at_fpr=tprs_at([together], rates),
        folds=tuple(folds),
        samples=count,
    )
    return Played(score, tuple(pairs))


def _auc(members: Tensor, nonmembers: Tensor) -> float:
    """P(member scores higher) + ½·P(tie)."""
    ordered = nonmembers.sort().values
    below = torch.searchsorted(ordered, members) + torch.searchsorted(ordered, members, right=True)
    return float(below.double().mean()) / 2 / len(ordered)


def mean_auc_interval(auc: float, samples: int, folds: Sequence[float]) -> Interval:
    """95 % of a mean AUC over models, from the draw of the samples and from that of the models.

    Newcombe's interval for the samples and Student's for the mean over left-out models, added in
    squares on either side. Samples count as independent of the left-out models' although they are
    the same ones, which errs on the wide side. How far another training of the target would move
    it, is not in here.

    Args:
        auc: the mean.
        samples: different samples behind it.
        folds: the AUC of each model.
    """
    from scipy.stats import t

    low, high = auc_interval(auc, samples, samples)
    models = 0.0
    if len(folds) > 1:
        error = float(np.std(folds, ddof=1)) / math.sqrt(len(folds))
        models = float(t.ppf(0.975, len(folds) - 1)) * error
    return (
        max(0.0, auc - math.hypot(auc - low, models)),
        min(1.0, auc + math.hypot(high - auc, models)),
    )
