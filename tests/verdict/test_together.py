"""What no seed shows alone and all seeds together do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from dossiers import band, original
from scipy import stats

from opcviz.common.records import Undefined
from opcviz.results import Attempt
from opcviz.verdict import Dossier, consensus, judge, together
from opcviz.verdict.spread import PRIOR, Spread

SCORED = 107
RETRAINED = (19.6, 36.4, 10.0)


def attempt(recovered: float, **changes: object) -> Attempt:
    made = Attempt("relearning", "last 0", "whole", "shots", 1, recovered, SCORED, 33.6)
    return replace(made, **changes)


def model(*attempts: Attempt, **changes: object) -> Dossier:
    return replace(band(3)[0], attempts=attempts, **changes)


def models(values: tuple[float, ...]) -> list[Dossier]:
    return [model(attempt(value)) for value in values]


def test_three_seeds_show_what_none_shows_alone() -> None:
    ours, others = models((68.0, 70.0, 72.0)), models(RETRAINED)
    alone = [judge(each, original(3), others) for each in ours]
    assert {each.gone for each in alone} == {"as in retrained models"}
    found = together(ours, others)
    assert found.holds
    assert found.value == pytest.approx(70.0 - np.mean(RETRAINED))
    assert "70.0 % of the forgotten pictures on average over 3 seeds" in found.says
    shared = consensus(alone, found)
    assert shared.verdict.startswith("hidden")
    assert shared.together == found
    assert consensus(alone).verdict.startswith("as in retrained models")


def test_the_line_is_a_moderated_two_sample_bound() -> None:
    ours, theirs = (48.0, 60.0, 62.0), RETRAINED
    steady = [
        np.arcsin(np.sqrt((np.array(v) / 100 * SCORED + 0.375) / (SCORED + 0.75)))
        for v in (ours, theirs)
    ]
    a, b = (v.var(ddof=1) for v in steady)
    s = math.sqrt((PRIOR * b + 2 * b + 2 * a) / (PRIOR + 4))  # one attacker: the common is his own
    reached = steady[1].mean() + stats.t.ppf(0.998, PRIOR + 4) * s * math.sqrt(2 / 3)
    wanted = 100 * (math.sin(reached) ** 2 * (SCORED + 0.75) - 0.375) / SCORED
    attempts = [attempt(v) for v in theirs]
    made = Spread({attempts[0].key: attempts})
    assert made.bound(attempts[0].key, 0.2, [attempt(v) for v in ours]) == pytest.approx(wanted)


@pytest.mark.slow
def test_retrained_models_of_other_seeds_are_seldom_hidden_together() -> None:
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(200):
        rates = rng.uniform(0.2, 0.8, 12)
        logits = np.log(rates / (1 - rates)) + rng.normal(0, 0.4, size=(6, len(rates)))
        found = 100 * rng.binomial(SCORED, 1 / (1 + np.exp(-logits))) / SCORED
        made = [model(*(attempt(v, place=f"last {n}") for n, v in enumerate(row))) for row in found]
        passed += together(made[:3], made[3:]).holds
    assert passed <= 10  # of 200 draws with 12 attackers each


def test_luck_and_pixels_count_for_seeds_together_too() -> None:
    held = {"attacker": "affine", "place": "stage1", "view": "pooled", "given": 0}
    mine = attempt(60.0, holds="retain", **held)
    floor = replace(mine, place="pixels", recovered=58.0)
    others = [model(replace(mine, recovered=v)) for v in (1.0, 2.0, 3.0)]
    assert together([model(mine)] * 3, others).holds
    assert not together([model(mine, floors=(floor,))] * 3, others).holds
    one = replace(mine, recovered=33.0, one_answer=True)
    assert not together([model(one)] * 3, others).holds


def test_one_seed_or_one_retrained_model_is_not_together() -> None:
    assert together(models((60.0,)), models(RETRAINED)) is None
    assert together(models((60.0, 61.0)), models((20.0,))) is None
    failed = replace(model(attempt(60.0)), failed="diverged")
    assert together([failed, *models((60.0,))], models(RETRAINED)) is None


def test_seeds_that_disagree_about_hidden_alone_agree_together() -> None:
    others = models(RETRAINED)
    said = [judge(each, original(3), others) for each in models((68.0, 70.0, 95.0))]
    assert {each.gone for each in said} == {"as in retrained models", "hidden"}
    assert isinstance(consensus(said).verdict, Undefined)
    joined = consensus(said, together(models((68.0, 70.0, 95.0)), others))
    assert joined.verdict.startswith("hidden")
    assert joined.confidence == "medium"
