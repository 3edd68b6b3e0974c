"""Per-sample ε: how far apart unlearned and retrained models are on each single sample.

The measure of the NeurIPS 2023 competition on unlearning (Triantafillou et al. 2024, arXiv
2406.09073): if unlearning were (ε, δ)-indistinguishable from retraining, every attack on a sample
obeyed FPR + e^ε·FNR >= 1 − δ and FNR + e^ε·FPR >= 1 − δ. So attacks on the models' answers to one
sample bound its ε from below, here a threshold in either direction, the best one of each sample.

Two deviations, for few models: rates are counted as (hits + ½) / (models + 1), since with eight
models a rate of 0 is no rate of 0 (the authors have 512, and leave such attacks out); and the best
of many thresholds finds something in pure chance, so a floor stands beside every figure: the same
number where the two groups of models are drawn alike.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...common.records import Undefined
from ...results import SampleEpsilon

__all__ = ["sample_epsilon", "sample_epsilons"]

MIN_MODELS = 4  # a side, below which no ε of more than chance can be seen
FLOOR_DRAWS = 4000
HIGH = 0.95  # quantile over samples, and of the floor


def sample_epsilons(unlearned: Tensor, retrained: Tensor) -> Tensor:
    """ε of n samples by the best threshold each, (n,) float64 from 0.

    Args:
        unlearned, retrained: (a, n) and (b, n) answers of either group of models.
    """
    a, b = len(unlearned), len(retrained)
    cuts = torch.cat([unlearned, retrained])  # accuse at or above each value
    of_a = (unlearned[None] >= cuts[:, None]).sum(1).double()
    of_b = (retrained[None] >= cuts[:, None]).sum(1).double()
    found = torch.zeros(unlearned.shape[1], dtype=torch.float64)
    for hits_a, hits_b in ((of_a, of_b), (a - of_a, b - of_b)):  # high accused, or low
        tpr, fpr = (hits_a + 0.5) / (a + 1), (hits_b + 0.5) / (b + 1)
        bounds = torch.maximum(tpr.log() - fpr.log(), (1 - fpr).log() - (1 - tpr).log())
        found = torch.maximum(found, bounds.amax(0))
    return found


def sample_epsilon(
    unlearned: Tensor, retrained: Tensor, forgot: Tensor, never_saw: Tensor, *, seed: int = 0
) -> SampleEpsilon | Undefined:
    """The distribution of ε over samples, beside its floor.

    Args:
        unlearned: (a, n) answers of unlearned models, `forgot` (a, n) whether each forgot it.
        retrained: (b, n) of retrained models, `never_saw` (b, n) whether each never saw it.
        seed: of the floor's draws.

    Returns:
        See `SampleEpsilon`; undefined with fewer than 4 models a side for every sample.
    """
    counts = torch.stack([forgot.sum(0), never_saw.sum(0)])
    enough = (counts >= MIN_MODELS).all(0)
    if not enough.any():
        a, b = (int(side.max()) for side in counts) if counts.numel() else (0, 0)
        return Undefined(
            f"a sample has {a} models that unlearned it and {b} that never saw it; {MIN_MODELS} of "
            "each are the least"
        )
    found, floor = [], []
    generator = np.random.default_rng(seed)
    for a, b in torch.unique(counts[:, enough], dim=1).T.tolist():
        same = enough & (counts[0] == a) & (counts[1] == b)
        ours = unlearned.T[same][forgot.T[same]].reshape(-1, a).T
        theirs = retrained.T[same][never_saw.T[same]].reshape(-1, b).T
        found.append(sample_epsilons(ours, theirs))
        drawn = torch.from_numpy(generator.random((a + b, FLOOR_DRAWS)))
        # every sample counts alike, so its floor is drawn as often as it occurs
        floor.append((sample_epsilons(drawn[:a], drawn[a:]), int(same.sum()) / FLOOR_DRAWS))
    epsilon = torch.cat(found)
    values = torch.cat([draws for draws, _ in floor])
    weights = torch.cat([torch.full_like(draws, weight) for draws, weight in floor])
    line = _quantile(values, weights, HIGH)
    return SampleEpsilon(
        median=float(epsilon.median()),
        high=float(epsilon.quantile(HIGH)),
        floor_median=_quantile(values, weights, 0.5),
        floor_high=line,
        beyond=100 * float((epsilon > line + 1e-9).double().mean()),
        beyond_by_chance=100 * float((weights * (values > line + 1e-9)).sum() / weights.sum()),
        samples=len(epsilon),
        models=(int(counts[0, enough].min()), int(counts[1, enough].min())),
    )


def _quantile(values: Tensor, weights: Tensor, share: float) -> float:
    """The least value with at least this share of the weight at or below it."""
    order = values.argsort()
    reached = weights[order].cumsum(0) / weights.sum()
    return float(values[order][int(torch.searchsorted(reached, share - 1e-12))])
