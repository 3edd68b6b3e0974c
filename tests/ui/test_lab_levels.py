"""The lines that a run's curves are compared with, on a study made up here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import known_results
import pytest

from opcviz.ui.charts.curves_component import CURVES, DASHED, DOTTED
from opcviz.ui.lab.levels import levels_line, levels_of

NAMES = ("fm_retain_accuracy", "fm_accuracy")


def model(name: str, seed: int, *ends: float | None) -> Any:
    """A model whose attackers had, after its last epoch, these figures; before it others."""
    history = [dict.fromkeys(NAMES, 99.0), dict(zip(NAMES, ends, strict=True))] if ends else []
    return SimpleNamespace(
        method=SimpleNamespace(info=SimpleNamespace(name=name)),
        seed=seed,
        training=SimpleNamespace(history=history),
        results=known_results.known(),
    )


def study(*models: Any) -> Any:
    return SimpleNamespace(models=models)


def test_lines_are_of_the_retrained_model_of_the_runs_own_seed_when_it_had_ended():
    made = study(
        model("original", 1, 90.0, 91.0), model("retrain", 0, 30.0, 40.0), model("retrain", 1, 5, 7)
    )
    for seed, ends in ((0, [30.0, 40.0]), (1, [5, 7])):
        found = levels_of(made, seed)
        assert [(each.label, each.value) for each in found] == [
            ("retrained", ends[0]),
            ("retrained, all data", ends[1]),
        ]
        assert [each.color for each in found] == [CURVES[name].color for name in NAMES]
        assert {each.dash for each in found} == {DOTTED}
        assert f"retrained model of seed {seed}, which never saw" in levels_line(made, seed)


@pytest.mark.parametrize(
    ("models", "says"),
    [
        ([model("retrain", 0, 1.0, 2.0)], "there is no retrained model of seed 1 yet"),
        ([model("retrain", 1)], "attacks were not watched"),
        ([model("retrain", 1, None, None)], "attacks were not watched"),
    ],
)
def test_without_one_there_is_no_line_and_the_words_say_so(models, says):
    assert levels_of(study(*models), 1) == []
    assert says in levels_line(study(*models), 1)


def test_the_dashed_line_is_the_constant_answer_of_the_study():
    shipped = known_results.shipped_study()
    dashed = [each for each in levels_of(shipped, 0) if each.dash == DASHED]
    constant = known_results.record("evidence").recovery.constant_predictor
    assert [each.value for each in dashed] == [constant]
