"""The line of an attacker: a prediction bound of the retrained models, and the pixels' floor."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

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
    ("slope_affine", "slope_rbf"),
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


def renamed(*shares: float, attacker: str = "own_head_rbf") -> Attempt:
    """An attempt with what it gets under every order of the names, the true one first."""
    return attempt(shares[0], "logits", attacker=attacker, holds="retain", given=0, renamed=shares)


@pytest.mark.parametrize(("orders", "free"), [(2, 1), (6, 2), (24, 3)])
def test_by_the_orders_of_names_the_bound_is_that_of_all_figures(orders: int, free: int) -> None:
    rng = np.random.default_rng(orders)
    rows = rng.uniform(20, 50, size=(4, orders))
    tried = [renamed(*row) for row in rows]
    key, other = tried[0].key, attempt(50.0)
    wider = [attempt(value) for value in (10.0, 50.0, 90.0, 50.0)]
    alone = Spread({key: tried})
    among = Spread({key: tried, other.key: wider})
    steady = np.arcsin(np.sqrt((rows / 100 * SCORED + 0.375) / (SCORED + 0.75)))
    t, s = stats.t.ppf(0.995, 4 * free), steady.std()

    def percent(reached: float) -> float:
        return 100 * (math.sin(reached) ** 2 * (SCORED + 0.75) - 0.375) / SCORED

    line = percent(steady.mean() + t * s * math.sqrt(1 + 1 / rows.size))
    assert among.bound(key, 0.5) == alone.bound(key, 0.5) == pytest.approx(line)
    three = percent(steady.mean() + t * s * math.sqrt(1 / 3 + 1 / rows.size))
    assert alone.bound(key, 0.5, tried[:3]) == pytest.approx(three)
    # how little the true orders happen to vary says nothing
    same = [renamed(33.0, *row[1:]) for row in rows]
    assert Spread({key: same}).bound(key, 0.5) > 50
    unasked = [replace(each, renamed=()) for each in tried]
    assert Spread({key: unasked}).bound(key, 0.5) != pytest.approx(line)
    assert Spread({key: [*tried[1:], unasked[0]]}).bound(key, 0.5) != pytest.approx(line)


def test_of_models_that_know_no_names_few_lie_above_the_bound_of_all_orders() -> None:
    """Each class's pictures prefer some outputs, whichever name these have."""
    rng, count = np.random.default_rng(0), SCORED // 3
    passed = models = 0
    for _ in range(300):
        made = []
        for _ in range(6):
            likes = np.exp(rng.normal(0, 1.2, size=(3, 3)))
            answers = np.array([rng.multinomial(count, row / row.sum()) for row in likes])
            shares = [
                100 * sum(answers[k, order[k]] for k in range(3)) / (3 * count)
                for order in permutations(range(3))
            ]
            made.append(renamed(*shares))
        *band_of, further = made
        line = Spread({further.key: band_of}).bound(further.key, 0.5)
        passed += sum(share > line for share in further.renamed)
        models += 6
    assert passed / models < 0.005, "no more than promised"


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


@pytest.mark.parametrize(
    "attacker", ["own_head", "own_head_centred", "own_head_standardised", "own_head_rbf"]
)
def test_pixels_behind_the_models_own_last_layer_are_no_floor_of_it(attacker: str) -> None:
    held = {"attacker": attacker, "holds": "retain", "given": 0}
    others = [model(attempt(value, "logits", **held)) for value in (30.0, 40.0, 35.0)]
    # by the original's last layer, which this attacker does not hold
    floor = attempt(95.0, "pixels", **(held | {"attacker": "affine"}))
    found = judge(model(attempt(90.0, "logits", **held), floors=(floor,)), original(3), others)
    assert found.gone == "hidden"
    assert "from retained data alone" in found.why


ORDERS = ((18.0, 40.0, 44.0, 30.0, 38.0, 30.0), (47.0, 20.0, 25.0, 45.0, 28.0, 35.0))


def test_a_last_layer_that_names_more_than_any_order_of_names_gives_is_hidden() -> None:
    """As of CT on digits, 74 % behind an RBF map; by the true orders' spread nobody could tell."""
    others = [model(renamed(*row), attempt(50.0)) for row in (*ORDERS, *ORDERS, ORDERS[0])]
    mine = renamed(76.0, 12.0, 10.0, 12.0, 40.0, 50.0)
    found = judge(model(mine, attempt(50.0)), original(3), others)
    assert found.gone == "hidden"
    assert found.furthest == mine
    assert "standardised, behind an RBF map from pixels, from retained data alone" in found.why
    no_orders = [
        replace(each, attempts=tuple(replace(a, renamed=()) for a in each.attempts))
        for each in others
    ]
    wide = [
        replace(each, attempts=(replace(each.attempts[0], recovered=share), each.attempts[1]))
        for each, share in zip(no_orders, (5.0, 47.0, 10.0, 60.0, 20.0), strict=True)
    ]
    assert judge(model(mine, attempt(50.0)), original(3), wide).gone == "as in retrained models"


def test_beside_one_retrained_model_all_orders_of_its_names_count_too() -> None:
    most = replace(original(3), attempts=(*original(3).attempts, renamed(98.0, *[1.0] * 5)))
    mine, answered = renamed(80.0, *[20.0] * 5), attempt(50.0)
    found = judge(model(mine, answered), most, [model(renamed(*ORDERS[0]), answered)])
    assert found.gone is None, "18 to 80 % is more than half of the way to 98"
    unasked = replace(renamed(*ORDERS[0]), renamed=())
    plain = judge(model(mine, answered), most, [model(unasked, answered)])
    assert plain.gone == "hidden"


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
