"""Whose floor is whose: recomputed from what each stored model says, attacker by attacker."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from types import SimpleNamespace

import known_results
import pytest

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.reading.board import board_of
from opcviz.ui.reading.board_floors import floor_of
from opcviz.ui.sections.scoreboard_pareto import drawn_points

PIXEL_FLOORS = {
    "worst": ("strongest", "all", None),
    "worst, retain only": ("strongest", "retain", None),
    "few-shot 1": ("few_shot", "shots", 1),
    "few-shot 10": ("few_shot", "shots", 10),
}


@pytest.fixture(scope="module")
def study():
    return open_study(Store(shipped_root()), "digits")


def attempts(model, kind):
    return [rung["attempt"] for rung in model.artefact(kind).json()["rungs"]]


@pytest.mark.parametrize("measure", PIXEL_FLOORS)
def test_the_pixels_floor_is_that_of_the_same_attackers(study, measure):
    kind, holds, given = PIXEL_FLOORS[measure]
    by_seed = {}
    for model in study.models:
        if model.seed in by_seed or not model.artefact(kind):
            continue
        by_seed[model.seed] = max(
            each["recovered"]
            for each in attempts(model, kind)
            if each["place"] == "pixels"
            and each["holds"] == holds
            and given in (None, each["given"])
        )
    found = floor_of("pixels", measure, study.models)
    assert found.mean == pytest.approx(fmean(by_seed.values()))
    values = {floor_of("pixels", each, study.models).mean for each in PIXEL_FLOORS}
    assert len(values) == len(PIXEL_FLOORS), "else two of them could change places unseen"


@pytest.mark.parametrize(("measure", "holds"), [("worst", "all"), ("worst, retain only", "retain")])
def test_the_constant_answer_is_that_of_who_came_furthest(study, measure, holds):
    model = study.models[0]
    worst = max(
        (e for e in attempts(model, "strongest") if e["holds"] == holds and e["place"] != "pixels"),
        key=lambda each: each["recovered"],
    )
    assert floor_of("constant", measure, [model]).mean == pytest.approx(worst["constant"])


def test_each_constant_answer_is_that_of_its_own_attack():
    """On numbers made up here: in a stored study many are of the same pictures."""

    def attack(of: str):
        fits = {
            fit: replace(
                known_results.fit(),
                constant_predictor=in_sample,
                unseen=replace(unseen, constant_predictor=in_sample + (1 if of == "fm" else 2)),
            )
            for fit, in_sample in (("all", 10.0), ("heldout", 20.0), ("forget", 30.0))
        }
        return fits

    unseen = known_results.record("evidence").recovery.fm["all"].unseen
    evidence = known_results.record("evidence")
    recovery = replace(evidence.recovery, fm=attack("fm"), hr_labels=attack("hr"))
    few = known_results.record("few_shot")
    rungs = tuple(
        replace(rung, attempt=replace(rung.attempt, constant=40.0 + rung.attempt.given))
        for rung in few.rungs
    )
    results = known_results.known(
        evidence=replace(evidence, recovery=recovery), few_shot=replace(few, rungs=rungs)
    )
    model = SimpleNamespace(seed=0, results=results)
    wanted = {
        "FM": 11.0,
        "HR": 12.0,
        "FM in-sample": 10.0,
        "FM held-out": 20.0,
        "FM forget": 30.0,
        "few-shot 1": 41.0,
        "few-shot 10": 50.0,
        "membership": 0.5,
    }
    assert {name: floor_of("constant", name, [model]).mean for name in wanted} == wanted
    assert floor_of("constant", "UA", [model]) is None


@pytest.mark.slow
def test_a_point_of_the_scatter_has_its_own_deviations_and_figures(study):
    board = board_of(study)
    by_name = {measure.name: measure for measure in board.measures}
    x, y = by_name["TA"], by_name["worst, retain only"]
    lines = {line.title: line for line in board.lines if line.models}
    points = drawn_points(board, board.lines, x, y)
    assert len(points) > 10
    for point in points:
        across, up = lines[point.name].cells[x.key], lines[point.name].cells[y.key]
        assert (point.x, point.y) == (across.mean, up.mean)
        assert point.sd == (across.sd, up.sd)
        told = point.words.split("<br>")
        assert told[1].startswith(f"{x.words.head}: {across.mean:.1f}")
        assert told[2].startswith(f"{y.words.head}: {up.mean:.1f}")
