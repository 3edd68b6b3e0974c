"""U-LiRA: are these samples' answers like a model's that unlearned them, or that never saw them?

Hayes et al. (2024, arXiv 2403.01218): the attacker trains originals of his own, runs the unlearning
method on them, retrains beside them, and fits on every sample how the two kinds of model answer.
LiRA from originals asks whether a sample still looks trained on; a method whose traces look like
neither training nor ignorance passes that test, and not this one.

His forget sets overlap the target's: a pool of the forgotten samples and as many retained ones of
the same classes is cut into complementary halves (`forget_sets`), so that each sample is unlearned
in half of the shadow models and retained in the others. From the same models follow

* `target`: the model asked about, on its own forget set, against each retrained shadow model.
  A model that is less sure of everything than retrained ones is told from them by U-LiRA, whatever
  it knows of single samples: `calibrated` and RMIA leave that out;
* `method`: every shadow unlearned model in that role, over all forget sets: what the method does,
  beyond one model of it. Those that began with the same original are left out with it, for the
  target began with none of the attacker's;
* `vulnerable`: the target on the samples that training memorises most (Feldman and Zhang 2020,
  arXiv 2008.03703: p_y with them in training minus without), from the retrained models alone;
* `retained`: samples that were to be kept, against models that never saw them. They are members;
  what unlearning others does to how exposed they are (the onion effect, Carlini et al. 2022, arXiv
  2206.10469) is the difference to the same figure of the retrained model;
* `epsilon`: how far the two kinds of shadow model lie apart on each single sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined, defined
from ...results import GameScore, ShadowCounts, ShadowResult
from .epsilon import sample_epsilon
from .game import Chosen, Statistic, mean_auc_interval, play
from .lira import statistics
from .references import Answers, References
from .settings import ShadowAttack

__all__ = ["Shadows", "forget_sets", "shadow_attack"]

NAMES = {"online": "likelihood_ratio"}  # of LiRA, as it is called here
MIN_EACH = 3  # unlearned and retrained models a sample; one of them is left out at a time


@dataclass(frozen=True, eq=False)
class Shadows:
    """Threat model: the attacker trains, unlearns and retrains models as the target's owner does.

    He knows labels, architecture, recipe and method, which forget set each of his models had, and
    the candidates among which the target's forgotten samples are; he queries all models. Budget:
    with s originals and j forget sets s·(1 + 2·j) trainings, 36 by default, of which all but the
    unlearned s·j serve against every method.

    Attributes:
        unlearned, retrained: (k, n) and (m, n) scaled confidences on the pool.
        forgot: (k, n) bool, which samples each model was trained on and unlearned.
        kept: (k, n) bool, which it was trained on and not asked to unlearn.
        never_saw: (m, n) bool, which each retrained model was not trained on.
        unlearned_population, retrained_population: (k, p) and (m, p) on data nobody trained on.
        parents: (k,) which original each unlearned model began with; None: each with another.
    """

    unlearned: Tensor
    retrained: Tensor
    forgot: Tensor
    kept: Tensor
    never_saw: Tensor
    unlearned_population: Tensor
    retrained_population: Tensor
    parents: Tensor | None = None

    def family(self, model: int) -> Tensor:
        """(k + m,) bool, which of `references` began with the same original as an unlearned one."""
        count = len(self.unlearned)
        parents = torch.arange(count) if self.parents is None else self.parents
        return torch.cat([parents == parents[model], torch.zeros(len(self.retrained)).bool()])

    def references(self, inside: Tensor) -> References:
        """The unlearned models, in where a mask says so, then the retrained, out where unseen."""
        none_of = torch.zeros_like
        return References(
            torch.cat([self.unlearned, self.retrained]),
            torch.cat([inside, none_of(self.never_saw)]),
            torch.cat([none_of(inside), self.never_saw]),
            torch.cat([self.unlearned_population, self.retrained_population]),
        ).exact()

    def memorised(self, without: int | None = None) -> Tensor:
        """p_y of retrained models with the sample in training minus without, (n,)."""
        used = torch.arange(len(self.retrained)) != (-1 if without is None else without)
        p = self.retrained[used].double().sigmoid()
        unseen = self.never_saw[used]

        def mean(models: Tensor) -> Tensor:
            return (p * models).sum(0) / models.sum(0).clamp(min=1)

        return mean(~unseen) - mean(unseen)


def forget_sets(
    labels: np.ndarray, forgotten: np.ndarray, sets: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A pool of samples, and forget sets that are complementary halves of it.

    Args:
        labels: (N,) of the train set.
        forgotten: (f,) ids of what the target was asked to forget.
        sets: how many, an even number.
        seed: of the draws.

    Returns:
        (n,) ids of the pool, ascending: the forgotten samples and as many retained ones of each
        class, as far as there are any; and (sets, n) bool, whether each is in each forget set. Of
        every class half of the pool, up to one sample, is in each set, and each sample is in half
        of the sets.

    Raises:
        ValueError: for an odd number of sets.
    """
    if sets % 2:
        raise ValueError(f"forget sets come in complementary pairs: {sets} is odd")
    draw = np.random.RandomState(seed)
    retained = np.setdiff1d(np.arange(len(labels)), forgotten)
    pools = []
    for label in np.unique(labels[forgotten]):
        ours = forgotten[labels[forgotten] == label]
        others = retained[labels[retained] == label]
        more = draw.choice(others, min(len(ours), len(others)), replace=False)
        pools.append(np.concatenate([ours, more]))
    pool = np.sort(np.concatenate(pools))
    inside = np.zeros((sets, len(pool)), bool)
    for pair in range(0, sets, 2):
        odd = 0  # of two classes of odd size one half is rounded up, one down
        for samples in pools:
            at = draw.permutation(np.searchsorted(pool, samples))
            half = (len(at) + odd) // 2
            odd ^= len(at) % 2
            inside[pair, at[:half]] = True
        inside[pair + 1] = ~inside[pair]
    return pool, inside


@torch.no_grad()
def shadow_attack(
    target: Answers,
    forgotten: Tensor,
    shadows: Shadows,
    config: ShadowAttack | None = None,
    *,
    progress: Progress | None = None,
) -> ShadowResult:
    """Attack one model by shadow unlearned models.

    Args:
        target: of the model asked about, on the pool.
        forgotten: (n,) bool, which of the pool it was asked to unlearn; the others it retains.
        shadows: the attacker's models on the same pool; the target is not among them.
        config: statistics, rates, the share that counts as vulnerable.
        progress: asked between models whether to stop.

    Returns:
        A score for each statistic: `likelihood_ratio` (U-LiRA), `calibrated`, `rmia`, `offline` and
        `distance`, see `lira`.
        With fewer than 3 models a side for some sample nothing is defined.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or ShadowAttack(), progress or Progress()
    population = None if target.population is None else target.population.double().cpu()
    asked = Answers(target.samples.detach().double().cpu(), population)
    forgotten = forgotten.bool().cpu()
    judges = {NAMES.get(name, name): judge for name, judge in statistics(config).items()}
    forgot = shadows.references(shadows.forgot)
    first = len(shadows.unlearned)

    def vulnerable(model: int) -> Tensor:
        """The most memorised of the forgotten samples that one left-out model never saw."""
        unseen = shadows.never_saw[model - first] & forgotten
        memorised = shadows.memorised(without=model - first).masked_fill(~unseen, -math.inf)
        most = memorised.topk(math.ceil(config.vulnerable / 100 * int(unseen.sum()))).indices
        return torch.zeros_like(unseen).index_fill(0, most, True)

    parts = {
        "target": (forgot, _always(forgotten)),
        "vulnerable": (forgot, vulnerable),
        "retained": (shadows.references(shadows.kept), _always(~forgotten)),
    }
    scores: dict[str, dict[str, GameScore]] = {}
    why = _too_few(shadows)
    for part, (references, chosen) in parts.items():
        scores[part] = {
            name: GameScore.undefined(why)
            if why
            else play(
                asked, references, judge, config.rates, progress=progress, chosen=chosen
            ).score
            for name, judge in judges.items()
        }
    scores["method"] = {
        name: GameScore.undefined(why) if why else _of_method(shadows, judge, config, progress)
        for name, judge in judges.items()
    }
    return ShadowResult(
        counts=ShadowCounts(
            unlearned=first,
            retrained=len(shadows.retrained),
            unlearned_each=int(shadows.forgot.sum(0).min()) if first else 0,
            retrained_each=int(shadows.never_saw.sum(0).min()) if len(shadows.retrained) else 0,
            pool=len(forgotten),
            forgotten=int(forgotten.sum()),
        ),
        epsilon=sample_epsilon(
            shadows.unlearned.double(),
            shadows.retrained.double(),
            shadows.forgot,
            shadows.never_saw,
        ),
        **scores,
    )


def _too_few(shadows: Shadows) -> Undefined | None:
    a, b = (
        int(side.sum(0).min()) if len(side) else 0 for side in (shadows.forgot, shadows.never_saw)
    )
    if min(a, b) >= MIN_EACH:
        return None
    return Undefined(
        f"a sample has {a} shadow models that unlearned it and {b} that never saw it; {MIN_EACH} "
        "of each are the least"
    )


def _of_method(
    shadows: Shadows, judge: Statistic, config: ShadowAttack, progress: Progress
) -> GameScore:
    """Every unlearned model as the target, on what it forgot; `folds` are theirs."""
    references = shadows.references(shadows.forgot)
    played: list[GameScore] = []
    for model, forgot in enumerate(shadows.forgot):
        others = references.without(shadows.family(model))
        if (least := int(others.in_models[:, forgot].sum(0).min())) < MIN_EACH - 1:
            few = f"of other originals a sample has {least} shadow models that unlearned it"
            return GameScore.undefined(Undefined(f"{few}; {MIN_EACH - 1} are the least"))
        score = play(
            references.answers(model),
            others,
            judge,
            config.rates,
            progress=progress,
            chosen=_always(forgot),
        ).score
        if not defined(score.auc):
            return score
        played.append(score)
    folds = [score.auc for score in played if defined(score.auc)]
    auc, samples = sum(folds) / len(folds), shadows.forgot.shape[1]
    rates = {}
    for name in played[0].tpr_at_fpr or {}:
        tprs = [(score.tpr_at_fpr or {})[name] for score in played]
        lacking = next((tpr for tpr in tprs if isinstance(tpr, Undefined)), None)
        rates[name] = lacking or sum(tpr for tpr in tprs if defined(tpr)) / len(tprs)
    return GameScore(auc, mean_auc_interval(auc, samples, folds), rates, tuple(folds), samples)


def _always(samples: Tensor) -> Chosen:
    """The same samples, whichever model is left out."""
    return lambda model: samples
