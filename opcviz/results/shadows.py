"""Results of the attack by shadow unlearned models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record, Undefined
from .attempts import Sign
from .membership import GameScore
from .membership_tests import SHADOWS

__all__ = ["SampleEpsilon", "ShadowCounts", "ShadowResult"]


@dataclass(frozen=True)
class ShadowCounts(Record):
    """The attacker's models and samples.

    Attributes:
        unlearned, retrained: models.
        unlearned_each, retrained_each: fewest that unlearned one sample, and that never saw it.
        pool: samples that some shadow model unlearned.
        forgotten: those of them that the target was asked to forget.
        sets: forget sets, where they are known.
        failed: models whose training diverged, so that they are not among the others.
    """

    unlearned: int
    retrained: int
    unlearned_each: int
    retrained_each: int
    pool: int
    forgotten: int
    sets: int | None = None
    failed: int = 0


@dataclass(frozen=True)
class SampleEpsilon(Record):
    """Lower bounds of the privacy loss ε of single samples, over the pool.

    Attributes:
        median, high: over samples, `high` its 95th percentile.
        floor_median, floor_high: the same of two groups of models that are drawn alike.
        beyond: percent of samples above `floor_high`.
        beyond_by_chance: percent that would be if the groups were drawn alike.
        samples: how many.
        models: fewest of a sample, unlearned and retrained.
    """

    median: float
    high: float
    floor_median: float
    floor_high: float
    beyond: float
    beyond_by_chance: float
    samples: int
    models: tuple[int, int]


@dataclass(frozen=True)
class ShadowResult(Record):
    """U-LiRA and what else shadow models tell, by statistic.

    The statistics are `likelihood_ratio` (U-LiRA: tells such a model from a retrained one, be it by
    an answer to everything that is less sure), `calibrated` (the same beyond what the model
    answers to data nobody saw: about these samples), `rmia`, `offline` (LiRA from the retrained
    models alone) and `distance` (the same, two-sided).

    Attributes:
        counts: models and samples.
        target: this model on its forget set; 0.5 where it answers as models that never saw it.
        method: models made by the same method, on other forget sets too; `folds` are theirs.
        vulnerable: this model on the most memorised of its forget set.
        retained: this model on retained samples of the same classes, against models that never saw
            them: members, so well above 0.5 is usual; the retrained model's is what to compare it
            with.
        epsilon: of single samples.
    """

    counts: ShadowCounts
    target: Mapping[str, GameScore]
    method: Mapping[str, GameScore]
    vulnerable: Mapping[str, GameScore]
    retained: Mapping[str, GameScore]
    epsilon: SampleEpsilon | Undefined

    def signs(self) -> tuple[Sign, ...]:
        """Of this model on its forget set, RMIA first.

        It has a direction, as the offline ratio has: above 0.5 the model is as sure of the samples
        as one that was trained on them. A ratio to unlearned models is near 1 for whatever tells
        these from retrained ones, and over-forgotten samples as well, so it says noticeable and
        never remembered.
        """
        made = [name for name in SHADOWS if name in self.target]
        found = (self.target[name].sign(SHADOWS[name]) for name in made)
        return tuple(sign for sign in found if sign)
