"""Whose floor is whose: recomputed from what each stored model says, attacker by attacker."""

from __future__ import annotations

from statistics import fmean

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
