"""Cells of the table of measures: every word and number of them, each from its own place."""

from __future__ import annotations

import known_results
import pytest

from opcviz.artefacts import get_kind
from opcviz.common.records import Record, Undefined
from opcviz.results import (
    RelearningCurve,
    RelearningResult,
    RelearningVariant,
    RetainAccuracy,
)

NOT_REACHED = Undefined("half of the original's accuracy is not reached in 60 steps")
VARIANTS = {"retain": 0.1, "shots_10": 0.3, "other": 0.5}


def cell(kind: str, name: str, answer: Record) -> str | None:
    """The text of one measure of a model of which only this answer is known."""
    (row,) = [row for row in get_kind(kind).rows if row.name == name]
    model = known_results.known(**{kind: answer})
    return row.value(model, model)


def relearnt(**changes: float | Undefined) -> RelearningResult:
    """Curves that agree in no figure, over variants and parts; these changes of every train one."""

    def variant(area: float) -> RelearningVariant:
        train = {"area": area, "steps_to_half": round(100 * area), **changes}
        test = {"area": area + 0.04, "steps_to_half": round(100 * area) + 4}
        curves = [RelearningCurve(None, 9, None, **part) for part in (train, test)]
        return RelearningVariant(0, None, RetainAccuracy(98.0, 97.0), *curves)

    return RelearningResult(90.0, {name: variant(area) for name, area in VARIANTS.items()})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("from retained data", "0.10, half is back after 10 steps"),
        ("from ten a class", "0.30, half is back after 30 steps"),
        ("from photographs", "0.50, half is back after 50 steps"),
    ],
)
def test_relearning_is_told_of_its_own_variant_on_the_forgotten_train_data(name, says):
    assert cell("relearning", name, relearnt()) == says


def test_relearning_says_what_its_curve_lacks():
    name = "from retained data"
    assert (
        cell("relearning", name, relearnt(steps_to_half=NOT_REACHED))
        == "0.10, half does not come back"
    )
    nothing = relearnt(area=Undefined("1 | 2 answers are not finite"))
    assert cell("relearning", name, nothing) == "1 / 2 answers are not finite"


@pytest.mark.parametrize(
    ("folds", "says"),
    [
        ([0.5, 0.3, 0.7, 0.4], "0.48 (0.30 to 0.70), TPR 3.4 %"),
        ([0.4, 0.3], "0.48 (0.30 to 0.40), TPR 3.4 %"),
        ([], "0.48, TPR 3.4 %"),
    ],
)
def test_the_range_over_retrained_models_is_that_of_all_in_any_order(folds, says):
    told = {"variant": "offline", "variance": "global", "game": "models", "auc": 0.48}
    told |= {"references": {"inside": 3, "outside": 4}, "roc": None}
    told |= {"folds": folds, "tpr_at_fpr": {"0.001": 0.012, "0.01": 0.034, "0.1": 0.21}}
    answer = known_results.read("reference", told)
    assert cell("reference", "LiRA, retrained models", answer) == says


def test_relearning_is_called_in_a_report_as_in_the_table():
    """Another kind relearns, too: to say that "relearning" was not tested would deny it."""
    kind = get_kind("relearning")
    assert {row.group for row in kind.rows} == {kind.title}
    assert not get_kind("relearned").title.startswith(kind.title)
