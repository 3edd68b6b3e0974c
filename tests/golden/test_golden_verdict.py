"""Every verdict shown, from the stored JSON alone: the rule written a second time, plainly."""

from __future__ import annotations

import math
from statistics import fmean, variance
from typing import Any

import pytest
from scipy import stats
from whose import shipped

POINTS, LEFT, FURTHER, PRIOR = 5.0, 50.0, 0.5, 4

Key = tuple[str, str, str, str, int]


@pytest.fixture(
    scope="module",
    params=[
        ("digits", (0,)),
        pytest.param(("digits", (1, 2)), marks=pytest.mark.slow),
        pytest.param(("digits-one", ()), marks=pytest.mark.slow),
    ],
    ids=lambda asked: "-".join(map(str, [asked[0], *asked[1]])),
)
def models(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """All, or those of some seeds beside the originals and retrained ones of every seed."""
    name, seeds = request.param
    result = shipped(name).result
    wanted = {
        m.key
        for m in result.models
        if not seeds or m.seed in seeds or m.method.info.name in ("original", "retrain")
    }
    return list(result.to_dict(wanted)["models"])


def attempts(model: dict[str, Any]) -> dict[Key, dict[str, Any]]:
    """The attacks on blocks, by relearning and in closed form, by who, where and what with."""
    found = [rung["attempt"] for rung in model["strongest"]["rungs"]]
    relearned = model["relearned"]
    found += [
        {
            "attacker": "relearning",
            "place": f"last {a['anew']}",
            "view": "whole",
            "holds": "shots" if a["shots"] else "retain",
            "given": a["shots"],
            "recovered": a["recovered"],
            "scored": relearned["scored"],
            "constant": relearned["constant"],
            "one_answer": a.get("one_answer", False),
        }
        for a in relearned["attacks"]
    ]
    found += fits(model["recovery"], "features")
    for block in model["blocks"]:
        found += fits(block["recovery"], block["name"])
    names = ("attacker", "place", "view", "holds", "given")
    return {tuple(a[n] for n in names): a for a in found if a["place"] != "pixels"}


def fits(recovery: dict[str, Any], place: str) -> list[dict[str, Any]]:
    """Closed-form maps, on pictures that they were fitted without; FM and HR are one on logits."""
    return [
        {
            "attacker": attack,
            "place": place,
            "view": "pooled",
            "holds": holds,
            "given": unseen["given"],
            "recovered": unseen["forget_accuracy"],
            "scored": unseen["scored"],
            "constant": unseen["constant_predictor"],
        }
        for attack in ("fm", "hr_labels")
        for holds in ("all", "retain")
        if (unseen := recovery[attack][holds]["unseen"]) and "reason" not in unseen
    ]


def pixels(model: dict[str, Any], holds: str) -> float:
    found = [rung["attempt"] for rung in model["strongest"]["rungs"]]
    return max(a["recovered"] for a in found if a["place"] == "pixels" and a["holds"] == holds)


def steady(attempt: dict[str, Any]) -> float:
    hits, scored = attempt["recovered"] / 100 * attempt["scored"], attempt["scored"]
    return math.asin(math.sqrt((hits + 0.375) / (scored + 0.75)))


def band_of(models: list[dict[str, Any]], model: dict[str, Any]) -> list[dict[str, Any]]:
    retrained = [m for m in models if m["method"] == "retrain"]
    others = [m for m in retrained if m["key"] != model["key"]]
    return others if len(others) >= 2 else retrained


def bounds(band: list[dict[str, Any]]) -> dict[Key, float]:
    """Beyond which half a percent of further retrained models would lie."""
    tables = [attempts(m) for m in band]
    # the answers themselves are an attacker too
    answers = [m["strongest"]["answers"] for m in band]
    rows = {key: [t[key] for t in tables] for key in tables[0]} | {("answers",): answers}
    values = {key: [steady(a) for a in row] for key, row in rows.items()}
    common = fmean(variance(row) for row in values.values())
    n = len(band)
    t = stats.t.ppf(1 - FURTHER / 100, PRIOR + n - 1)
    found = {}
    for key, row in values.items():
        s = math.sqrt((PRIOR * common + (n - 1) * variance(row)) / (PRIOR + n - 1))
        reached = min(fmean(row) + t * s * math.sqrt(1 + 1 / n), math.pi / 2)
        scored = rows[key][0]["scored"]
        found[key] = 100 * (math.sin(reached) ** 2 * (scored + 0.75) - 0.375) / scored
    return found


def test_who_is_hidden_and_by_whom(models: list[dict[str, Any]]) -> None:
    """One attacker beyond the band, the bound, five points and the pixels is enough."""
    words = set()
    for model in models:
        verdict, right = model["verdict"], model["accuracy"]["forget_test"]
        band = band_of(models, model)
        original = next(
            m for m in models if (m["method"], m["seed"]) == ("original", model["seed"])
        )
        highest = max(m["accuracy"]["forget_test"] for m in band)
        lead = original["accuracy"]["forget_test"] - highest
        names_nothing = model["accuracy"]["retain_test"] < 20  # ten classes: twice chance
        if names_nothing and len(model["strongest"]["rungs"][0]["recall"]) == 1:
            assert verdict["gone"] is None, model["key"]
            continue
        if 100 * (right - highest) / lead > LEFT and not names_nothing:
            assert verdict["gone"] == "no", model["key"]
            words.add("no")
            continue
        lines, tables = bounds(band), [attempts(m) for m in band]
        beyond = []
        for key, attempt in attempts(model).items():
            most = max(table[key]["recovered"] for table in tables)
            floor = pixels(model, "retain") if key[3] == "retain" and not key[4] else 0.0
            line = max(most + POINTS, lines[key], floor + POINTS)
            if attempt["recovered"] > line + 10:  # clearly, whatever chance has to say
                beyond.append(key)
        if beyond:
            assert verdict["gone"] == "hidden", (model["key"], beyond)
        words.add(verdict["gone"])
        furthest = verdict["furthest"]
        key = tuple(furthest[n] for n in ("attacker", "place", "view", "holds", "given"))
        if verdict["gone"] == "hidden" and key in attempts(model):
            assert furthest["recovered"] == attempts(model)[key]["recovered"]
            most = max(table[key]["recovered"] for table in tables)
            assert furthest["recovered"] > max(most + POINTS, lines[key])
    assert {"no", "hidden"} < words


def test_kept_is_told_from_the_retained_test_data(models: list[dict[str, Any]]) -> None:
    for model in models:
        band = band_of(models, model)
        original = next(
            m for m in models if (m["method"], m["seed"]) == ("original", model["seed"])
        )
        worst = min(m["accuracy"]["retain_test"] for m in [original, *band])
        lost = worst - model["accuracy"]["retain_test"]
        if lost <= 5:
            assert model["verdict"]["kept"] in ("yes", "one class harmed"), model["key"]
        else:
            assert model["verdict"]["kept"] in ("no", "one class harmed"), model["key"]
