"""RMIA against its definition, pair by pair, and on Gaussians whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from opcviz.attacks.membership import (
    Answers,
    ReferenceAttack,
    References,
    forget_references,
    reference_attack,
    rmia,
)
from opcviz.common.records import Undefined


def world(n=300, p=200, models=20, delta=1.0, spread=3.0, seed=0, shift=0.0):
    """t ~ N(μ_i + δ·[i in model], 1), μ_i ~ N(0, spread²); the population is in no model.

    The last model is the target; `shift` is added to all its answers.
    """
    g = torch.Generator().manual_seed(seed)
    mu = spread * torch.randn(n + p, generator=g, dtype=torch.float64)
    inside = torch.rand(models + 1, n, generator=g) < 0.5
    noise = torch.randn(models + 1, n + p, generator=g, dtype=torch.float64)
    t = mu + noise
    t[:, :n] += delta * inside
    t[-1] += shift
    references = References(t[:-1, :n], inside[:-1], population=t[:-1, n:])
    return Answers(t[-1, :n], t[-1, n:]), inside[-1], references


def pair_by_pair(target, references, gamma, a):
    """The definition with plain probabilities, one pair after the other."""

    def p(t):
        return 1 / (1 + math.exp(-t))

    def mean(scores):
        return sum(map(p, scores)) / len(scores)

    x_out = [
        mean(references.scores[~references.in_models[:, i], i].tolist())
        for i in range(len(target.samples))
    ]
    if a is None:
        x_in = [
            mean(references.scores[references.in_models[:, i], i].tolist())
            for i in range(len(target.samples))
        ]
        p_x = [(i + o) / 2 for i, o in zip(x_in, x_out, strict=True)]
        missed = [(1 - i, 1 - o) for i, o in zip(x_in, x_out, strict=True)]
        a = min(1, max(0, sum(i * o for i, o in missed) / sum(o * o for _, o in missed)))
    else:
        p_x = [((1 + a) * o + 1 - a) / 2 for o in x_out]
    p_z = [
        ((1 + a) * mean(references.population[:, j].tolist()) + 1 - a) / 2
        for j in range(references.population.shape[1])
    ]
    of_z = [p(t) / pz for t, pz in zip(target.population.tolist(), p_z, strict=True)]
    return [
        sum((p(t) / px) / z >= gamma for z in of_z) / len(of_z)
        for t, px in zip(target.samples.tolist(), p_x, strict=True)
    ]


@pytest.mark.parametrize("a", [None, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("gamma", [1.0, 1.5])
def test_scores_are_the_definition_pair_by_pair(gamma, a):
    target, _, references = world(40, 50, 12, seed=3)
    got = rmia(target, references, gamma=gamma, a=a)
    assert got.tolist() == pytest.approx(pair_by_pair(target, references, gamma, a))
    assert len(set(got.tolist())) > 5


def test_gaussian_world_gives_the_known_auc():
    """Confidences far from saturation: p ≈ e^t, so p(x|θ)/p(x) orders by t − log p(x).

    With many models p_out(x) → e^(μ + ½), p_in(x) → e^(μ + δ + ½): the ratio is t − μ and a
    constant, and the AUC that of two unit normals δ apart, Φ(δ/√2); a threshold on t alone only
    reaches Φ(δ/√(2(1 + spread²))).
    """
    target, members, references = world(3000, 1000, 200, spread=2.0)
    low = References(
        references.scores - 30, references.in_models, population=references.population - 30
    )
    asked = Answers(target.samples - 30, target.population - 30)
    known = norm.cdf(1 / math.sqrt(2))
    for a in (None, 1.0):
        scores = rmia(asked, low, a=a)
        assert roc_auc_score(members.numpy(), scores.numpy()) == pytest.approx(known, abs=0.02)
    plain = roc_auc_score(members.numpy(), asked.samples.numpy())
    assert plain == pytest.approx(norm.cdf(1 / math.sqrt(2 * 5)), abs=0.04)
    assert plain < known - 0.08
    # the population is exchangeable with non-members: their scores are uniform
    share = scores[~members].numpy()
    assert np.quantile(share, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


def test_a_sure_net_is_ranked_without_saturation():
    """p rounds to 1 from t = 37 on; log-odds of 40 to 60 are told apart all the same."""
    target, _, references = world(2000, 1000, 60, spread=1.0)
    moved = References(
        references.scores + 50, references.in_models, population=references.population + 50
    )
    scores = rmia(Answers(target.samples + 50, target.population + 50), moved, a=1.0)
    assert len(scores.unique()) > 100


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), i=st.integers(0, 29), more=st.floats(0, 5))
def test_the_score_rises_with_confidence(seed, i, more):
    target, _, references = world(30, 40, 10, seed=seed)
    assume(references.outside.any(0).all())  # else there is no score: see what is missing below
    before = rmia(target, references, a=0.3)
    samples = target.samples.clone()
    samples[i] += more
    after = rmia(Answers(samples, target.population), references, a=0.3)
    assert after[i] >= before[i]
    rest = torch.arange(30) != i
    assert torch.equal(after[rest], before[rest])


def test_a_model_surer_of_everything_looks_like_a_member_to_lira_and_not_to_rmia():
    """A model that saw nothing, one unit of confidence above the references on x and z alike."""
    g = torch.Generator().manual_seed(1)
    n, p, k = 400, 800, 12
    mu = -30 + 2 * torch.randn(n + p, generator=g, dtype=torch.float64)
    t = mu + torch.randn(2 * k + 1, n + p, generator=g, dtype=torch.float64)
    t[:k, :n] += 1
    t[-1] += 1
    references = forget_references(t[:k, :n], t[k:-1, :n], t[:-1, n:])
    found, _ = reference_attack(
        t[-1, :n], references, ReferenceAttack(rates=(0.1,)), population=t[-1, n:]
    )
    told = found.statistics
    assert told["offline"].auc == pytest.approx(norm.cdf(1 / math.sqrt(2)), abs=0.03)
    assert told["rmia"].auc == pytest.approx(0.5, abs=0.03)
    low, high = told["rmia"].auc_interval
    assert low < 0.5 < high


def test_what_is_missing_is_named():
    target, _, references = world(30, 40, 10)
    alone = rmia(Answers(target.samples), references)
    assert isinstance(alone, Undefined)
    assert "no population" in alone.reason
    none_in = References(
        references.scores, torch.zeros_like(references.in_models), population=references.population
    )
    online = rmia(target, none_in)
    assert isinstance(online, Undefined)
    assert "inside" in online.reason
    assert isinstance(rmia(target, none_in, a=0.3), torch.Tensor)
    all_in = torch.zeros_like(references.in_models)
    all_in[:, 3] = True
    everyone_saw = References(references.scores, all_in, population=references.population)
    unseen_by_none = rmia(target, everyone_saw, a=0.3)
    assert isinstance(unseen_by_none, Undefined)
    assert "no reference model outside" in unseen_by_none.reason
    with pytest.raises(ValueError, match="2 models, and 1 on the population"):
        forget_references([target.samples], [target.samples], [target.population])
