"""LiRA against Gaussians whose answer is known, a plain rendering, and bad input."""

import json
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from opcviz.attacks.membership import (
    ReferenceAttack,
    References,
    forget_references,
    reference_attack,
)
from opcviz.attacks.membership.roc import roc
from opcviz.common.config import ConfigError
from opcviz.results import LiraResult


def scored(*args, **kwargs):
    """The JSON of the attack, and the scores that are stored beside it."""
    result, scores = reference_attack(*args, **kwargs)
    assert LiraResult.from_dict(result.to_dict(), strict=True) == result
    return result.to_dict() | {"scores": None if scores is None else scores.tolist()}


DELTA = 1.0


def world(n=4000, models=60, delta=DELTA, seed=0, spread=3.0, sigma=None):
    """Samples of different difficulty; each model trained on a random half of them.

    t ~ N(μ_i + δ·σ_i·[i in model], σ_i²) with μ_i ~ N(0, spread²); the last model is the target.
    """
    g = torch.Generator().manual_seed(seed)
    mu = spread * torch.randn(n, generator=g, dtype=torch.float64)
    sigma = torch.ones(n, dtype=torch.float64) if sigma is None else sigma
    inside = torch.rand(models + 1, n, generator=g) < 0.5
    noise = torch.randn(models + 1, n, generator=g, dtype=torch.float64)
    scores = mu + sigma * (delta * inside + noise)
    return scores[-1], inside[-1], References(scores[:-1], inside[:-1])


def plain(target, references, variant, variance):
    """The formulas, sample by sample, with scipy's normal density."""
    sides = {}
    for name, mask in (("in", references.in_models), ("out", ~references.in_models)):
        rows = [references.scores[mask[:, i], i].numpy() for i in range(len(target))]
        own = [r.var(ddof=1) for r in rows]
        pooled = sum(v * (len(r) - 1) for v, r in zip(own, rows, strict=True))
        pooled /= sum(len(r) - 1 for r in rows)
        used = own if variance == "sample" else [pooled] * len(rows)
        sides[name] = [(r.mean(), math.sqrt(v)) for r, v in zip(rows, used, strict=True)]
    if variant == "offline":
        return [(t - m) / s for t, (m, s) in zip(target.tolist(), sides["out"], strict=True)]
    return [
        norm.logpdf(t, *a) - norm.logpdf(t, *b)
        for t, a, b in zip(target.tolist(), sides["in"], sides["out"], strict=True)
    ]


@pytest.mark.parametrize("variant", ["online", "offline"])
@pytest.mark.parametrize("variance", ["pooled", "sample"])
def test_scores_are_the_formulas(variant, variance):
    target, _, references = world(60, 80, seed=2)
    config = ReferenceAttack(variant=variant, variance=variance)
    got = scored(target, references, config)
    assert got["scores"] == pytest.approx(plain(target, references, variant, variance))
    assert got["references"]["inside"] == references.in_models.sum(0).min()
    assert got["references"]["outside"] == (~references.in_models).sum(0).min()


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["online", "offline"])
def test_gaussian_world_gives_the_known_auc_and_tpr(variant):
    """Unit deviations: AUC = Φ(δ/√2), TPR at FPR α = Φ(δ − z_{1−α}); a plain threshold on t only
    reaches Φ(δ/√(2(1 + spread²)))."""
    target, members, references = world()
    got = scored(target, references, ReferenceAttack(variant=variant))
    scores = torch.tensor(got["scores"], dtype=torch.float64)
    curve = roc(scores[members], scores[~members])
    assert curve.auc == pytest.approx(norm.cdf(DELTA / math.sqrt(2)), abs=0.02)
    for rate in (0.01, 0.1):
        known = norm.cdf(DELTA - norm.ppf(1 - rate))
        assert curve.tpr_at(rate) == pytest.approx(known, abs=0.05)  # three standard errors
    plain_auc = roc_auc_score(members.numpy(), target.numpy())
    assert plain_auc == pytest.approx(norm.cdf(DELTA / math.sqrt(2 * 10)), abs=0.02)


@pytest.mark.slow
def test_each_samples_own_deviation_pays_where_deviations_differ():
    g = torch.Generator().manual_seed(4)
    sigma = torch.exp(1.5 * torch.randn(4000, generator=g, dtype=torch.float64))
    target, members, references = world(sigma=sigma)
    aucs = {
        variance: roc_auc_score(
            members.numpy(),
            scored(target, references, ReferenceAttack(variant="offline", variance=variance))[
                "scores"
            ],
        )
        for variance in ("pooled", "sample")
    }
    assert aucs["sample"] == pytest.approx(norm.cdf(DELTA / math.sqrt(2)), abs=0.02)
    assert aucs["pooled"] < aucs["sample"] - 0.02


def models_game(n, originals, retrained, seed, member, delta=DELTA, variant="offline"):
    g = torch.Generator().manual_seed(seed)
    mu = 3 * torch.randn(n, generator=g, dtype=torch.float64)
    k = originals + retrained
    inside = (torch.arange(k) < originals)[:, None].expand(-1, n)
    scores = mu + torch.randn(k, n, generator=g, dtype=torch.float64) + delta * inside
    target = mu + torch.randn(n, generator=g, dtype=torch.float64) + delta * member
    return scored(
        target, References(scores, inside), ReferenceAttack(variant=variant, rates=(0.01,))
    )


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["online", "offline"])
def test_a_target_drawn_as_the_retrained_gives_chance(variant):
    runs = [models_game(500, 3, 4, s, member=0, variant=variant) for s in range(20)]
    assert sum(r["auc"] for r in runs) / 20 == pytest.approx(0.5, abs=0.01)
    assert all(len(r["folds"]) == 4 and r["game"] == "models" for r in runs)


def test_a_target_that_remembers_gives_the_known_auc():
    """Means of k − 1 models err by 1/√(k−1): AUC = Φ(δ / √(2·(1 + 1/(k−1))))."""
    runs = [models_game(3000, 0, 4, s, member=1) for s in range(5)]
    known = norm.cdf(DELTA / math.sqrt(2 * (1 + 1 / 3)))
    assert sum(r["auc"] for r in runs) / 5 == pytest.approx(known, abs=0.01)
    assert runs[0]["auc"] == pytest.approx(sum(runs[0]["folds"]) / 4)
    assert runs[0]["tpr_at_fpr"]["0.01"] == pytest.approx(
        norm.cdf(DELTA / math.sqrt(4 / 3) - norm.ppf(0.99)), abs=0.03
    )


def test_models_game_by_hand():
    """Three models outside, two inside: leave each outside one out and count pairs."""
    g = torch.Generator().manual_seed(9)
    scores = torch.randn(5, 40, generator=g, dtype=torch.float64)
    target = torch.randn(40, generator=g, dtype=torch.float64) + 0.5
    inside = (torch.arange(5) < 2)[:, None].expand(-1, 40)
    got = scored(target, References(scores, inside))
    for fold, left_out in zip(got["folds"], (2, 3, 4), strict=True):
        keep = [m for m in range(5) if m != left_out]
        rest = References(scores[keep], inside[keep])
        a = torch.tensor(plain(target, rest, "online", "pooled"))
        b = torch.tensor(plain(scores[left_out], rest, "online", "pooled"))
        assert fold == pytest.approx((a[:, None] > b).double().mean().item())
    json.dumps(got, allow_nan=False)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(
    scale=st.floats(0.01, 100),
    shift=st.floats(-100, 100),
    variant=st.sampled_from(["online", "offline"]),
    seed=st.integers(0, 99),
)
def test_scores_do_not_see_a_change_of_unit_nor_the_order_of_models(scale, shift, variant, seed):
    target, _, references = world(40, 40, seed=seed)
    config = ReferenceAttack(variant=variant)
    before = scored(target, references, config)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(seed))
    moved = References(scale * references.scores[order] + shift, references.in_models[order])
    after = scored(scale * target + shift, moved, config)
    assert after["scores"] == pytest.approx(before["scores"], rel=1e-6, abs=1e-6)


def test_references_of_a_study_are_its_originals_and_retrained_models():
    g = torch.Generator().manual_seed(0)
    seen = [torch.randn(20, generator=g) for _ in range(5)]
    references = forget_references(seen[:2], seen[2:])
    assert references.in_models.sum(1).tolist() == [20, 20, 0, 0, 0]
    assert torch.equal(references.scores, torch.stack(seen))
    with pytest.raises(ValueError, match="same samples"):
        forget_references(seen[:2], [torch.randn(21, generator=g)])
    with pytest.raises(ValueError, match="no reference models"):
        forget_references([], [])


def reason(n=30, originals=3, retrained=3, change=lambda s: s, **config):
    g = torch.Generator().manual_seed(0)
    k = originals + retrained
    inside = (torch.arange(k) < originals)[:, None].expand(-1, n)
    scores = change(torch.randn(k, n, generator=g))
    got = scored(torch.randn(n, generator=g), References(scores, inside), ReferenceAttack(**config))
    if got["auc"] is None:
        assert got["roc"] is got["tpr_at_fpr"] is None
        return got["reason"]["auc"]
    return None


def test_too_few_models_or_samples_give_no_figure():
    assert reason() is None
    assert "2 reference models outside it; 3 are" in reason(retrained=2)
    assert "1 reference models inside it; 2 are" in reason(originals=1)
    assert reason(originals=0, variant="offline") is None
    assert "16 are the least" in reason(originals=15, retrained=20, variance="sample")
    assert "17 are the least" in reason(originals=20, retrained=16, variance="sample")
    assert reason(originals=16, retrained=17, variance="sample") is None
    assert "10 samples are fewer than 20" in reason(n=10)
    assert "outside do not vary" in reason(change=lambda s: s * 0 + 0.1)
    assert "inside do not vary" in reason(change=lambda s: s * (torch.arange(6) > 2)[:, None] + 0.1)


def test_a_lone_varying_model_leaves_no_variance_when_it_is_left_out():
    got = reason(change=lambda s: s * torch.tensor([1, 1, 1, 0, 0, 1.0])[:, None])
    assert "with one model left out" in got


def test_a_model_that_answers_the_population_alike_is_not_calibrated():
    target, _, references = world(30, 12)
    g = torch.Generator().manual_seed(5)
    varied = torch.randn(12, 997, generator=g, dtype=torch.float64)
    alike = varied.clone()
    alike[3] = 0.7  # so many have a deviation of 1e-16, by rounding
    assert alike[3].std() > 0
    for ours, theirs, answered in (
        (varied[0], varied, True),
        (alike[3], varied, False),
        (varied[0], alike, False),
    ):
        asked = replace(references, population=theirs)
        game = scored(target, asked, population=ours)["statistics"]["calibrated"]
        assert (game["auc"] is not None) == answered
        assert answered or "all of the population alike" in game["reason"]["auc"]


def test_bad_settings_are_named():
    with pytest.raises(ConfigError, match="variant"):
        ReferenceAttack(variant="rmia")
    with pytest.raises(ConfigError, match="rates"):
        ReferenceAttack(rates=(0.0, 0.1))
