"""Judges against distributions whose AUC is known, and what either of them alone can see."""

from __future__ import annotations

import math
from statistics import NormalDist

import known_results
import numpy as np
import pytest
import torch

from opcviz.artefacts import get_kind
from opcviz.attacks.judges import judge_place
from opcviz.attacks.judging_settings import Judging
from opcviz.common.config import ConfigError
from opcviz.common.records import Undefined
from opcviz.common.statistics import auc_interval
from opcviz.results import Sign, SignsResult

ALL = ("linear", "knn", "rbf", "boosted")


def normal(count: int, seed: int, shift: float = 0.0, d: int = 4) -> torch.Tensor:
    drawn = torch.randn(count, d, generator=torch.Generator().manual_seed(seed))
    drawn[:, 0] += shift
    return drawn


def aucs(*parts: torch.Tensor, **about) -> dict[str, float]:
    return {sign.judge: sign.auc for sign in judge_place("features", *parts, **about)}


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True])
def test_two_normal_clouds_are_told_apart_as_well_as_they_can_be(apart):
    """Means 1.5 deviations apart: the best judge's AUC is Φ(1.5/√2)."""
    best = NormalDist().cdf(1.5 / math.sqrt(2))
    learnt = (normal(1500, 3, 1.5), normal(1500, 4)) if apart else None
    found = aucs(normal(1500, 1, 1.5), normal(1500, 2), learnt=learnt)
    assert set(found) == set(ALL)
    for judge, auc in found.items():
        assert best - 0.06 < auc < best + 0.02, judge
    assert found["linear"] == pytest.approx(best, abs=0.02)


@pytest.mark.slow
def test_what_is_alike_is_not_told_apart_though_any_judge_could_learn_it_by_heart():
    for learnt in (None, (normal(200, 3, d=64), normal(200, 4, d=64))):
        found = aucs(normal(200, 1, d=64), normal(200, 2, d=64), learnt=learnt)
        for judge, auc in found.items():
            assert abs(auc - 0.5) < 0.09, judge


@pytest.mark.slow
def test_a_shell_around_the_retained_is_invisible_to_a_line_alone():
    inner, outer = normal(600, 1), 3 * torch.nn.functional.normalize(normal(600, 2)) * 2
    found = aucs(outer, inner)
    assert found["linear"] < 0.6
    assert min(found[name] for name in ("knn", "rbf", "boosted")) > 0.95


@pytest.mark.slow
def test_the_unit_of_the_features_changes_nothing():
    parts = normal(150, 1, 0.7), normal(150, 2)
    for factor in (1e-6, 10.0):
        assert aucs(*(factor * part for part in parts)) == pytest.approx(aucs(*parts), abs=0.01)


@pytest.mark.slow
def test_the_interval_holds_the_known_auc_as_often_as_it_says():
    """A hundred draws of a judge who learnt on enough: 95 % of the intervals hold his true AUC."""
    best = NormalDist().cdf(1 / math.sqrt(2))
    learnt = normal(4000, 1, 1.0, 1), normal(4000, 2, 0.0, 1)
    held = 0
    for draw in range(100):
        parts = normal(40, 100 + draw, 1.0, 1), normal(60, 900 + draw, 0.0, 1)
        (sign,) = judge_place("x", *parts, Judging(judges=("linear",)), learnt=learnt)
        assert [sign.low, sign.high] == auc_interval(sign.auc, 40, 60)
        held += sign.low <= best <= sign.high
    assert 89 <= held <= 100


def test_few_pictures_and_diverged_models_are_not_judged():
    few = judge_place("features", normal(10, 1), normal(100, 2))
    assert few == Undefined("10 forgotten and 100 retained pictures: judges want 20")
    lost = judge_place("logits", normal(30, 1) * torch.nan, normal(30, 2))
    assert lost == Undefined("the model's logits are not finite: it diverged")
    learnt = normal(5, 1), normal(50, 2)
    short = judge_place("features", normal(30, 1), normal(30, 2), learnt=learnt)
    assert short == Undefined("5 pictures of a kind to learn on: judges want 20")
    with pytest.raises(ValueError, match=r"judging stem: wants .*\(30, 4\) and \(30, 5\)"):
        judge_place("stem", normal(30, 1), normal(30, 2, d=5))
    with pytest.raises(ConfigError, match=r"Judging\.judges"):
        Judging(judges=("oracle",))


def test_features_that_do_not_vary_tell_nothing():
    assert aucs(torch.ones(40, 3), torch.ones(40, 3)) == dict.fromkeys(ALL, 0.5)
    constant = (torch.ones(40, 3), torch.ones(40, 3))
    assert aucs(normal(40, 1, d=3), normal(40, 2, d=3), learnt=constant) == dict.fromkeys(ALL, 0.5)


def test_the_clearest_sign_is_the_one_shown():
    signs = (
        Sign("linear", "features", 0.6, 0.5, 0.7),
        Sign("rbf", "features", 0.9, 0.8, 0.95),
        Sign("rbf", "logits", 0.95, 0.9, 0.99),
    )
    result = SignsResult(signs, "test", (30, 300))
    assert result.signs() == signs
    assert result.clearest().place == "logits"
    assert result.clearest("features").judge == "rbf"
    assert SignsResult.from_dict(result.to_dict(), strict=True) == result
    model = known_results.known(signs=result)
    rows = {row.name: row.value(model, known_results.known()) for row in get_kind("signs").rows}
    assert rows["best judge, features"] == "0.90 [0.80, 0.95] (rbf)"
    assert rows["best judge anywhere"] == "0.95 [0.90, 0.99] (rbf on logits)"
    columns = {column.name: column.value(model) for column in get_kind("signs").columns}
    assert columns == {"separability": 0.95, "AUC, features": 0.9, "AUC, logits": 0.95}
    none = SignsResult(Undefined("too few"), "test", (3, 3))
    assert none.signs() == ()
    assert none.clearest() is None
    assert np.isfinite([sign.auc for sign in signs]).all()
