"""RMIA: is this answer raised more than those on data that nobody trained on?

Robust membership inference (Zarifzadeh, Liu and Shokri 2024, ICML, arXiv 2312.03262). Sample x is
compared with each population sample z, which no model was trained on:

    LR(x, z) = [p(x|θ) / p(x)] / [p(z|θ) / p(z)],    score(x) = share of z with LR(x, z) >= γ,

with p(x|θ) the target's probability of the true class and p(x) its mean over models, half of them
trained with x. Without such models (offline) p_in(x) is taken to be a·p_out(x) + 1 − a; so are the
z, which are outside every model. A model that is surer of everything raises x and z alike, so that
only what it knows of x beyond them counts; the score rises with p(x|θ).

Threat model: LiRA's attacker (see `References`), who has a few hundred samples of the same kind
besides that no model was trained on; one query more for each.

The authors count false alarms at γ = 2 where confidences vary; nets that are sure of nearly all
samples leave every ratio near 1, so that 1 is the default here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ...common.records import Undefined, guard
from .references import Answers, References

__all__ = ["rmia"]


def rmia(
    target: Answers, references: References, *, gamma: float = 1.0, a: float | None = None
) -> Tensor | Undefined:
    """RMIA's score of n samples, (n,) float64 in 0..1; the higher, the more like a member.

    Args:
        target: of the model asked about.
        references: the attacker's models, each sample outside one at least.
        gamma: γ.
        a: of the offline correction, 0..1; None for the online p(x), for which each sample wants a
            model inside. The population, outside all models, is then corrected with the a that
            fits the samples' own p_in best by least squares.

    Returns:
        The scores, or why there are none.
    """
    inside, outside = references.in_models, references.outside
    why = guard(
        (
            target.population is None or references.population is None,
            "no population was observed that the samples could be compared with",
        ),
        (not outside.any(0).all(), "a sample has no reference model outside it"),
        (
            a is None and not inside.any(0).all(),
            "a sample has no reference model inside it (offline RMIA wants none)",
        ),
    )
    if why:
        return why
    assert target.population is not None
    assert references.population is not None
    # retrained shadow models retained different samples, yet none of them saw the population
    everyone = torch.ones_like(references.population, dtype=torch.bool)
    of_out = _mean(references.scores, outside)
    of_population = _mean(references.population, everyone)
    if a is None:
        of_in = _mean(references.scores, inside)
        of_samples = _halved(of_in, of_out)
        a = _fitted(of_in, of_out)
    else:
        of_samples = _corrected(of_out, a)
    of_x = logsigmoid(target.samples) - of_samples.log_p
    of_z = logsigmoid(target.population) - _corrected(of_population, a).log_p
    of_z = of_z.sort().values
    beaten = torch.searchsorted(of_z, of_x - math.log(gamma), right=True)
    return beaten.double() / len(of_z)


class _Probability(NamedTuple):
    """A probability that may be next to 0 or next to 1, (n,) each."""

    log_p: Tensor
    q: Tensor  # 1 − p

    @classmethod
    def of(cls, log_p: Tensor, q: Tensor) -> _Probability:
        """The logarithm from whichever of the two is exact: near 1, that is q."""
        return cls(torch.where(q < 0.5, torch.log1p(-q.clamp(max=0.5)), log_p), q)


def _mean(scores: Tensor, models: Tensor) -> _Probability:
    """The mean p_y over the masked models, from (k, n) scaled confidences."""
    count = models.sum(0)
    logs = logsigmoid(scores).masked_fill(~models, float("-inf"))
    return _Probability.of(
        logs.logsumexp(0) - count.log(), (torch.sigmoid(-scores) * models).sum(0) / count
    )


def _halved(a: _Probability, b: _Probability) -> _Probability:
    """The mean of two."""
    return _Probability.of(torch.logaddexp(a.log_p, b.log_p) - math.log(2), (a.q + b.q) / 2)


def _corrected(out: _Probability, a: float) -> _Probability:
    """½·((1 + a)·p_out + 1 − a)."""
    log_p = torch.log(((1 + a) * out.log_p.exp() + 1 - a) / 2)
    return _Probability.of(log_p, (1 + a) / 2 * out.q)


def _fitted(inside: _Probability, outside: _Probability) -> float:
    """The a in 0..1 with 1 − p_in ≈ a·(1 − p_out); 1 where all models are sure."""
    square = outside.q.square().sum()
    return 1.0 if square == 0 else float(((inside.q * outside.q).sum() / square).clamp(0, 1))
