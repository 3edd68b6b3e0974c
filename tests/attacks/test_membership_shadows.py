"""Shadow unlearned models: worlds in which what unlearning left is known."""

from __future__ import annotations

import json
import math
from functools import cache

import numpy as np
import pytest
import torch
from scipy.stats import norm

from opcviz.attacks.membership import Answers, ShadowAttack, Shadows, forget_sets, shadow_attack
from opcviz.attacks.membership.epsilon import sample_epsilon, sample_epsilons
from opcviz.attacks.membership.game import mean_auc_interval, play
from opcviz.attacks.membership.lira import statistics
from opcviz.common.config import ConfigError
from opcviz.common.progress import Progress
from opcviz.common.records import Undefined
from opcviz.results import MEMBERSHIP_JUDGE, ShadowResult
from opcviz.verdict import MEMBERSHIP

LABELS = np.repeat(np.arange(10), 300)
FORGOTTEN = np.sort(np.random.RandomState(3).choice(3000, 300, replace=False))


def world(left=0.0, learnt=3.0, models=4, sets=4, seed=0, population=200, exposed=0.0):
    """Samples raise confidence by `learnt` where trained on, by `left` where unlearned since.

    t ~ N(μ_i + what the model has of i, 1). Retained samples are raised by `exposed` more in
    unlearned models. The last unlearned model is the target, of the study's own forget set.
    """
    g = torch.Generator().manual_seed(seed)
    pool, inside = forget_sets(LABELS, FORGOTTEN, sets, seed=seed)
    inside = torch.from_numpy(inside)
    ours = torch.from_numpy(np.isin(pool, FORGOTTEN))
    n = len(pool)
    mu = 2 * torch.randn(n + population, generator=g, dtype=torch.float64) - 10
    forgot = inside.repeat(models, 1)

    def answers(forgotten, gains):
        t = mu + torch.randn(len(forgotten), n + population, generator=g, dtype=torch.float64)
        t[:, :n] += torch.where(forgotten, gains[0], gains[1])
        return t

    unlearned = answers(torch.cat([forgot, ours[None]]), (left, learnt + exposed))
    retrained = answers(forgot, (0.0, learnt))
    shadows = Shadows(
        unlearned[:-1, :n],
        retrained[:, :n],
        forgot,
        ~forgot,
        forgot,
        unlearned[:-1, n:],
        retrained[:, n:],
    )
    return Answers(unlearned[-1, :n], unlearned[-1, n:]), ours, shadows


@cache
def attacked(**about) -> ShadowResult:
    found = shadow_attack(*world(**about), ShadowAttack(rates=(0.0001, 0.001, 0.01, 0.1)))
    assert ShadowResult.from_dict(json.loads(json.dumps(found.to_dict())), strict=True) == found
    return found


def test_forget_sets_are_complementary_halves_of_a_pool_of_the_same_classes():
    pool, inside = forget_sets(LABELS, FORGOTTEN, 6)
    assert len(pool) == 600
    assert set(FORGOTTEN) < set(pool)
    ours, others = (np.bincount(LABELS[ids]) for ids in (FORGOTTEN, np.setdiff1d(pool, FORGOTTEN)))
    np.testing.assert_array_equal(ours, others)
    np.testing.assert_array_equal(inside.sum(0), 3)
    np.testing.assert_array_equal(inside[::2], ~inside[1::2])
    assert len({row.tobytes() for row in inside}) == 6
    for row in inside:
        assert abs(int(row.sum()) - 300) <= 1
        assert np.abs(np.bincount(LABELS[pool[row]], minlength=10) - ours).max() <= 1
    again = forget_sets(LABELS, FORGOTTEN, 6)
    np.testing.assert_array_equal(again[1], inside)
    with pytest.raises(ValueError, match="complementary"):
        forget_sets(LABELS, FORGOTTEN, 3)
    with pytest.raises(ConfigError, match="pairs"):
        ShadowAttack(sets=5)


@pytest.mark.slow
@pytest.mark.parametrize("left", [0.0, 1.0, -1.0])
def test_what_unlearning_left_is_found_in_either_direction(left):
    """A target δ from the null models, unit deviations, means of 7 models: AUC = Φ(δ/√(2·8/7)),
    monotone statistics on their own side of 0.5, the likelihood ratio above it for either sign."""
    found = attacked(left=left)
    apart = left / math.sqrt(8 / 7)
    known = norm.cdf(apart / math.sqrt(2))
    for part in (found.target, found.method):
        for name, wanted in (
            ("offline", known),
            ("rmia", known),
            ("likelihood_ratio", max(known, 1 - known)),
            ("calibrated", max(known, 1 - known)),
        ):
            score = part[name]
            assert score.auc == pytest.approx(wanted, abs=0.05), name
            low, high = score.auc_interval
            assert low < score.auc < high
            assert low < wanted < high, name
    assert found.target["likelihood_ratio"].samples == 300
    assert len(found.target["rmia"].folds) == 16
    assert len(found.method["rmia"].folds) == 16
    rare = norm.cdf(apart - norm.ppf(0.9))
    assert found.target["offline"].tpr_at_fpr["0.1"] == pytest.approx(rare, abs=0.07)
    # two-sided: |A| > |B| of unit normals where (A + B)·(A − B) > 0, two independent normals
    known = 0.5 + 2 * (known - 0.5) ** 2
    assert found.target["distance"].auc == pytest.approx(known, abs=0.04)


@pytest.mark.slow
@pytest.mark.parametrize("left", [0.0, 2.0])
def test_a_method_that_makes_models_unsure_of_everything_is_told_from_sample_traces(left):
    """Every answer of unlearned models is halved, on all data: U-LiRA knows the method by that,
    calibrated it counts what is left on the samples alone."""
    target, ours, shadows = world(left=left)
    halved = Shadows(
        shadows.unlearned / 2 - 4,
        shadows.retrained,
        shadows.forgot,
        shadows.kept,
        shadows.never_saw,
        shadows.unlearned_population / 2 - 4,
        shadows.retrained_population,
    )
    asked = Answers(target.samples / 2 - 4, target.population / 2 - 4)
    found = shadow_attack(asked, ours, halved).target
    known = norm.cdf(left / math.sqrt(2 * 8 / 7))
    assert found["likelihood_ratio"].auc > 0.65
    assert found["calibrated"].auc == pytest.approx(known, abs=0.06)


@pytest.mark.slow
def test_signs_are_those_of_the_target_the_one_with_a_direction_first():
    """Over-forgotten samples: told apart by the likelihood ratio, and less like members by RMIA."""
    found = attacked(left=-3.0)
    signs = found.signs()
    assert [sign.place for sign in signs] == [
        "RMIA, shadow models",
        "U-LiRA",
        "U-LiRA, calibrated",
        "U-LiRA, offline",
        "distance, shadow models",
    ]
    assert [sign.test.directed for sign in signs] == [True, False, False, True, False]
    assert {sign.judge for sign in signs} == {MEMBERSHIP_JUDGE} == {MEMBERSHIP}
    first = found.target["rmia"]
    assert (signs[0].auc, signs[0].low, signs[0].high) == (first.auc, *first.auc_interval)
    assert signs[0].high < 0.5 < signs[1].low


@pytest.mark.slow
def test_many_left_out_models_resolve_rare_false_alarms():
    found = attacked(left=4.0)
    assert found.target["likelihood_ratio"].tpr_at_fpr["0.01"] > 0.8
    # 16 models of about 150 samples each: a thousandth is resolved, and by one set alone it is not
    rates = found.target["rmia"]
    assert rates.tpr_at_fpr["0.001"] > 0.5
    assert isinstance(rates.tpr_at_fpr["0.0001"], Undefined)


@pytest.mark.slow
@pytest.mark.parametrize("exposed", [0.0, 2.0])
def test_retained_samples_that_unlearning_exposed_are_told_better(exposed):
    found = attacked(learnt=1.0, exposed=exposed)
    known = norm.cdf((1.0 + exposed) / math.sqrt(2 * 8 / 7))
    assert found.retained["offline"].auc == pytest.approx(known, abs=0.04)
    assert found.target["offline"].auc == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_the_method_is_not_told_by_other_models_of_the_same_original():
    """Models of one original share how far each sample is off; unlearnt ones are else drawn as
    retrained ones are, so that nothing tells them, unless it is what they share."""
    g, n = torch.Generator().manual_seed(1), 600
    _, inside = forget_sets(LABELS, FORGOTTEN, 4)
    forgot = torch.from_numpy(inside).repeat(2, 1)
    parents = torch.arange(2).repeat_interleave(4)
    shared = torch.randn(2, n + 200, generator=g, dtype=torch.float64)
    unlearned = shared[parents] + torch.randn(8, n + 200, generator=g, dtype=torch.float64) / 4
    retrained = torch.randn(8, n + 200, generator=g, dtype=torch.float64)
    masks = forgot, ~forgot, forgot
    models = unlearned[:, :n], retrained[:, :n], *masks, unlearned[:, n:], retrained[:, n:]
    target = Answers(unlearned[0, :n], unlearned[0, n:])

    def method(parents):
        return shadow_attack(target, forgot[0], Shadows(*models, parents)).method

    for name in ("likelihood_ratio", "calibrated"):
        assert method(parents)[name].auc == pytest.approx(0.5, abs=0.03), name
        assert method(None)[name].auc > 0.56, name
    few = method(torch.zeros(8, dtype=torch.long))
    assert "of other originals a sample has 0 shadow models" in few["rmia"].auc.reason


@pytest.mark.slow
def test_vulnerable_samples_are_those_that_training_memorises():
    """A quarter of the samples is hard and only right when trained on; unlearning leaves them."""
    target, ours, shadows = world(learnt=0.0)
    n = len(ours)
    hard = torch.arange(n) % 4 == 0
    trained = torch.zeros(n, dtype=torch.float64).masked_fill(hard, 12.0)
    kept = shadows.retrained + torch.where(shadows.never_saw, 0.0, 1.0) * trained
    left = torch.zeros(n, dtype=torch.float64).masked_fill(hard, 2.0)
    moved = Shadows(
        shadows.unlearned + shadows.forgot * left,
        kept,
        shadows.forgot,
        shadows.kept,
        shadows.never_saw,
        shadows.unlearned_population,
        shadows.retrained_population,
    )
    memorised = moved.memorised()
    assert memorised[hard].quantile(0.1) > memorised[~hard].max()
    seen = Answers(target.samples + ours * left, target.population)
    found = shadow_attack(seen, ours, moved)
    assert found.vulnerable["offline"].auc == pytest.approx(
        norm.cdf(2 / math.sqrt(2 * 8 / 7)), abs=0.07
    )
    assert found.vulnerable["offline"].auc > found.target["offline"].auc + 0.2


@pytest.mark.slow
def test_a_retrained_target_is_not_told_even_on_vulnerable_samples():
    """Choosing samples by models that are then scored would favour the target: six worlds."""
    aucs = [
        attacked(seed=seed, learnt=1.0, models=2).vulnerable["offline"].auc for seed in range(6)
    ]
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.04)


@pytest.mark.slow
def test_intervals_cover_the_known_auc():
    """Nominally 95 % over samples and null models; the target's own draw is the samples' here."""
    known, hits = norm.cdf(0.5 / math.sqrt(2 * 8 / 7)), 0
    offline = statistics(ShadowAttack())["offline"]
    for seed in range(30):
        target, ours, shadows = world(left=0.5, seed=seed)
        references = shadows.references(shadows.forgot)
        played = play(
            target, references, offline, (), progress=Progress(), chosen=lambda _, ours=ours: ours
        )
        low, high = played.score.auc_interval
        hits += low <= known <= high
    assert hits >= 26


def test_the_interval_holds_the_spread_of_samples_and_of_models():
    few = mean_auc_interval(0.7, 50, [0.7] * 8)
    many = mean_auc_interval(0.7, 5000, [0.7] * 8)
    uneven = mean_auc_interval(0.7, 5000, [0.6, 0.8] * 4)
    assert few[0] < many[0] < 0.7 < many[1] < few[1]
    assert uneven[0] < many[0] - 0.05
    assert uneven[1] > many[1] + 0.05
    assert mean_auc_interval(1.0, 50, [1.0] * 8)[0] < 1.0
    assert mean_auc_interval(0.01, 50, [0.0, 0.02])[0] == 0.0


def test_too_few_models_are_named():
    found = shadow_attack(*world(models=1))
    for part in (found.target, found.method, found.vulnerable, found.retained):
        assert all("3 of each" in score.auc.reason for score in part.values())
    assert found.signs() == ()
    assert "4 of each" in found.epsilon.reason


# ---- per-sample ε -------------------------------------------------------------------------------


def plain_epsilon(a, b):
    """Every threshold between values, both directions, with smoothed rates."""
    best = 0.0
    for cut in sorted({*a, *b}):
        for accused in (lambda t, c=cut: t >= c, lambda t, c=cut: t < c):
            tpr = (sum(map(accused, a)) + 0.5) / (len(a) + 1)
            fpr = (sum(map(accused, b)) + 0.5) / (len(b) + 1)
            best = max(best, math.log(tpr / fpr), math.log((1 - fpr) / (1 - tpr)))
    return best


def test_epsilon_is_the_best_threshold_of_each_sample():
    g = torch.Generator().manual_seed(0)
    a, b = torch.randn(8, 30, generator=g) + 0.7, torch.randn(6, 30, generator=g)
    b[0] = a[0]  # ties
    wanted = [plain_epsilon(x.tolist(), y.tolist()) for x, y in zip(a.T, b.T, strict=True)]
    assert sample_epsilons(a, b).tolist() == pytest.approx(wanted)


def test_epsilon_of_groups_apart_is_the_most_that_their_numbers_resolve():
    a, b = torch.ones(8, 5), torch.zeros(8, 5)
    assert sample_epsilons(a, b).tolist() == pytest.approx([math.log(8.5 / 0.5)] * 5)
    assert sample_epsilons(a, a).tolist() == pytest.approx([0.0] * 5)


@pytest.mark.slow
def test_epsilon_of_alike_groups_is_its_floor_and_of_others_above_it():
    same = attacked(left=0.0).epsilon
    assert same.models == (8, 8)
    assert same.median == pytest.approx(same.floor_median, abs=0.25)
    assert same.beyond == pytest.approx(same.beyond_by_chance, abs=3)
    assert same.beyond_by_chance < 5
    apart = attacked(left=2.0).epsilon
    assert apart.median > same.median + 0.5
    assert apart.beyond > 30


def test_samples_without_enough_models_have_no_epsilon():
    t, mask = torch.randn(6, 40), torch.ones(6, 40, dtype=torch.bool)
    mask[3:, :10] = False
    found = sample_epsilon(t, t + 1, mask, mask)
    assert found.samples == 30
    mask[3:] = False
    told = sample_epsilon(t, t + 1, mask, mask)
    assert isinstance(told, Undefined)
    assert "3 models that unlearned it and 3 that never saw it" in told.reason
