"""The line of an attacker: a prediction bound of the retrained models, and the pixels' floor."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from dossiers import band, original
from scipy import stats

from opcviz.results import Attempt
from opcviz.verdict import Dossier, Verdict, judge
from opcviz.verdict.spread import PRIOR, Spread, _student

SCORED = 200


def attempt(recovered: float, place: str = "last 1", **changes: object) -> Attempt:
    made = Attempt("relearning", place, "whole", "shots", 1, recovered, SCORED, 33.3)
    return replace(made, **changes)


def spread(table: dict[str, list[float]]) -> tuple[Spread, dict[str, tuple]]:
    """Of one attacker a place; the keys by place."""
    attempts = {place: [attempt(each, place) for each in row] for place, row in table.items()}
    keys = {place: row[0].key for place, row in attempts.items()}
    return Spread({keys[place]: row for place, row in attempts.items()}), keys


def test_the_bound_is_the_moderated_prediction_bound() -> None:
    table = {"last 1": [40.0, 45.0, 52.0], "last 2": [30.0, 31.0, 36.0], "last 0": [5.0, 9.0, 6.0]}
    made, keys = spread(table)
    steady = {
        place: np.arcsin(np.sqrt((np.array(row) / 100 * SCORED + 0.375) / (SCORED + 0.75)))
        for place, row in table.items()
    }
    common = np.mean([row.var(ddof=1) for row in steady.values()])
    for place, row in steady.items():
        variance = (PRIOR * common + 2 * row.var(ddof=1)) / (PRIOR + 2)
        t = stats.t.ppf(0.995, PRIOR + 2)
        reached = row.mean() + t * math.sqrt(variance * (1 + 1 / 3))
        wanted = 100 * (math.sin(reached) ** 2 * (SCORED + 0.75) - 0.375) / SCORED
        assert made.bound(keys[place], 0.5) == pytest.approx(wanted)


GROUPS = (
    ("few_shot", "few_shot_cosine"),
    ("masked_greatest", "masked_least", "masked_greatest_centred", "masked_least_centred"),
    ("own_head", "own_head_centred"),
    ("relearning", "affine"),
)


@pytest.mark.parametrize("group", GROUPS)
def test_the_spread_of_an_attacker_is_steadied_by_those_that_vary_like_it(group) -> None:
    def of(names: tuple[str, ...]) -> tuple[Spread, dict[str, tuple]]:
        every = [name for each in GROUPS for name in each]
        rows = {  # each spreads as no other does
            name: [
                attempt(value, attacker=name)
                for value in (50.0 - 2 * every.index(name), 50.0, 50.0 + every.index(name))
            ]
            for name in names
        }
        return Spread({row[0].key: row for row in rows.values()}), {n: rows[n][0].key for n in rows}

    among, keys = of(tuple(name for each in GROUPS for name in each))
    alone, _ = of(group)
    for name in group:
        assert among.bound(keys[name], 0.5) == pytest.approx(alone.bound(keys[name], 0.5))


@pytest.mark.slow
def test_few_further_models_lie_above_it() -> None:
    """Attackers of one spread, on models that differ from each other as retrained ones do."""
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.2, 0.8, size=(400, 20))  # worlds × attackers
    passed = 0
    for row in rates:
        logits = np.log(row / (1 - row)) + rng.normal(0, 0.3, size=(4, len(row)))
        found = rng.binomial(SCORED, 1 / (1 + np.exp(-logits))) / SCORED * 100
        made, keys = spread({f"last {n}": list(found[:3, n]) for n in range(len(row))})
        passed += sum(found[3, n] > made.bound(keys[f"last {n}"], 2.5) for n in range(len(row)))
    assert 0.003 < passed / rates.size < 0.025  # no more than promised


def test_one_model_has_no_spread() -> None:
    made, keys = spread({"last 1": [40.0]})
    assert made.bound(keys["last 1"], 0.5) is None


@pytest.mark.parametrize("row", [[100.0, 100.0, 100.0], [0.0, 0.0, 0.0], [100.0, 0.0, 50.0]])
def test_it_stays_a_percentage(row: list[float]) -> None:
    made, keys = spread({"last 1": row})
    bound = made.bound(keys["last 1"], 0.5)
    assert bound is not None
    assert 0 <= bound <= 100


# ---- in the verdict ----------------------------------------------------------------------------


def model(*attempts: Attempt, **changes: object) -> Dossier:
    return replace(band(3)[0], attempts=attempts, **changes)


def verdict(recovered: float, others: list[float]) -> Verdict:
    return judge(model(attempt(recovered)), original(3), [model(attempt(each)) for each in others])


def test_where_retrained_models_differ_much_more_is_asked() -> None:
    assert verdict(62.0, [38.0, 39.0, 40.0]).gone == "hidden"
    wide = verdict(62.0, [10.0, 25.0, 40.0])
    assert wide.gone == "as in retrained models"
    assert "counts" in wide.why


def test_what_the_pixels_give_is_not_the_models() -> None:
    held = {"attacker": "affine", "view": "pooled", "given": 0}
    mine = attempt(60.0, "stage1", holds="retain", **held)
    others = [model(attempt(2.0, "stage1", holds="retain", **held)) for _ in range(3)]
    floor = attempt(58.0, "pixels", holds="retain", **(held | {"attacker": "rbf"}))
    assert judge(model(mine), original(3), others).gone == "hidden"
    found = judge(model(mine, floors=(floor,)), original(3), others)
    assert found.gone == "as in retrained models"
    assert "from the pixels alone 58.0 %" in found.why
    other = replace(floor, holds="all")  # from other data than he has
    assert judge(model(mine, floors=(other,)), original(3), others).gone == "hidden"


@pytest.mark.parametrize("attacker", ["own_head", "own_head_centred"])
def test_pixels_behind_the_models_own_last_layer_are_no_floor_of_it(attacker: str) -> None:
    held = {"attacker": attacker, "holds": "retain", "given": 0}
    others = [model(attempt(value, "logits", **held)) for value in (30.0, 40.0, 35.0)]
    # by the original's last layer, which this attacker does not hold
    floor = attempt(95.0, "pixels", **(held | {"attacker": "affine"}))
    found = judge(model(attempt(90.0, "logits", **held), floors=(floor,)), original(3), others)
    assert found.gone == "hidden"
    assert "from retained data alone" in found.why


def test_beside_one_retrained_model_confidence_is_low() -> None:
    found = verdict(90.0, [20.0])
    assert (found.gone, found.confidence.level) == ("hidden", "low")
    assert "spread" in found.confidence.basis
    assert verdict(90.0, [20.0, 21.0, 22.0]).confidence.level == "medium"


@pytest.mark.parametrize("free", [1, 2, 3, 6, 7, 40])
@pytest.mark.parametrize("above", [0.01, 1.0, 5.0, 25.0])
def test_the_quantile_of_t_is_scipys(above, free):
    assert _student(above, free) == pytest.approx(stats.t.isf(above / 100, free), rel=1e-9)


def test_half_of_t_lies_above_nought():
    assert _student(50.0, 6) == pytest.approx(0.0, abs=1e-12)
