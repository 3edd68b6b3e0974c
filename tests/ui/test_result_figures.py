"""`opcviz.plot` draws the numbers it was given, each where it belongs: all of them differ here."""

from __future__ import annotations

import plotly.graph_objects as go

from opcviz.common.records import Undefined
from opcviz.results import (
    BeforeAttack,
    FitResult,
    MembershipResult,
    RecoveryResult,
    RelearningResult,
    RelearningVariant,
    RocCurve,
    RocReport,
    SvcScore,
    SvcScores,
    ThresholdScores,
)
from opcviz.results.recovery import ConfidenceInterval, RidgeSweep
from opcviz.results.relearning import RelearningCurve, RetainAccuracy
from opcviz.ui.charts.results import plot

WHY = Undefined("not asked here")
SVC = SvcScores(None, *[SvcScore.undefined(WHY)] * 5)


def numbers(figure: go.Figure) -> dict[str, list[tuple[float, float]]]:
    """The points of every trace, by its name."""
    return {trace.name: list(zip(trace.x, trace.y, strict=True)) for trace in figure.data}


def dashed(figure: go.Figure, dash: str = "dash") -> list[float]:
    return [shape.y0 for shape in figure.layout.shapes if shape.line.dash == dash]


def curve(first: float, constant: float) -> RelearningCurve:
    return RelearningCurve((first, first + 1, first + 2), 10, constant, WHY, WHY)


def variant(first: float) -> RelearningVariant:
    """The forget part of the train set stands at `first`, of the test set 20 above."""
    return RelearningVariant(
        0,
        (0, 5, 10),
        RetainAccuracy(first + 40, first + 50),
        forget_train=curve(first, first + 30),
        forget_test=curve(first + 20, first + 35),
    )


MODELS = {
    "OPC": RelearningResult(100.0, {"retain": variant(1.0), "shots_1": variant(6.0)}),
    "Retrained": RelearningResult(100.0, {"retain": variant(11.0), "shots_1": variant(16.0)}),
}


def test_relearning_draws_the_forget_part_of_the_train_set() -> None:
    one = plot(MODELS["OPC"])
    assert numbers(one) == {
        "retain": [(0, 1.0), (5, 2.0), (10, 3.0)],
        "shots_1": [(0, 6.0), (5, 7.0), (10, 8.0)],
    }
    assert dashed(one) == [36.0]  # the greater of the two constant answers
    assert numbers(plot(MODELS["OPC"], "retain")).keys() == {"retain"}
    both = plot(MODELS, "shots_1")
    assert numbers(both) == {
        "OPC": [(0, 6.0), (5, 7.0), (10, 8.0)],
        "Retrained": [(0, 16.0), (5, 17.0), (10, 18.0)],
    }
    assert dashed(both) == [46.0]
    assert numbers(plot(MODELS))["Retrained"] == [(0, 11.0), (5, 12.0), (10, 13.0)]


def fit(first: float) -> FitResult:
    """Every number of it another."""
    return FitResult(
        forget_accuracy=first,
        balanced_accuracy=first + 1,
        recall={"a": first + 2},
        retain_accuracy=first + 3,
        constant_predictor=first + 4,
        sweep=RidgeSweep((1e-6, 1e-3), (first + 5, first + 6), (first + 7, first + 8)),
        interval=ConfidenceInterval(first - 2, first + 2, "wilson"),
    )


def recovery(first: float) -> RecoveryResult:
    return RecoveryResult(
        fm={"all": fit(first + 10), "retain": fit(first + 20)},
        hr={"all": fit(first + 30), "retain": fit(first + 40)},
        hr_labels={"all": fit(first + 50), "retain": fit(first + 60)},
        ridge=1e-3,
        hr_targets="logits",
        intercept=True,
        level=95.0,
        resamples=0,
        constant_predictor=first + 9,
        before=BeforeAttack(first, first + 0.5),
        sizes=None,
    )


def test_recovery_draws_before_fm_and_hr_of_all_training_data() -> None:
    figure = plot(recovery(2.0), retrained=recovery(3.0))
    assert list(figure.data[0].y) == [2.0, 12.0, 32.0]
    whiskers = figure.data[0].error_y
    assert list(whiskers.array)[1:] == [2.0, 2.0]
    assert list(whiskers.arrayminus)[1:] == [2.0, 2.0]
    assert dashed(figure) == [11.0]
    bands = [s for s in figure.layout.shapes if s.name == "retrained"]
    assert [(s.y0, s.y1) for s in bands] == [(3.0, 3.0), (13.0, 13.0), (33.0, 33.0)]
    assert [(s.x0 + s.x1) / 2 for s in bands] == [0, 1, 2]  # each over its own bar
    swept = numbers(plot(recovery(2.0), "ridge"))
    assert swept["FM"] == [(1e-6, 17.0), (1e-3, 18.0)]
    assert swept["HR"] == [(1e-6, 37.0), (1e-3, 38.0)]


def test_membership_draws_the_curve_of_the_score_asked_for_in_percent() -> None:
    def report(auc: float) -> RocReport:
        return RocReport(auc, (0.0, 1.0), {}, RocCurve((0.01, 0.5, 1.0), (auc / 4, auc, 1.0)))

    scores = [report(auc) for auc in (0.6, 0.65, 0.7, 0.75, 0.8)]
    found = MembershipResult(SVC, ThresholdScores(*scores, "forget_test", 10, 10))
    assert numbers(plot(found))["loss: 0.60"] == [(1.0, 15.0), (50.0, 60.0), (100.0, 100.0)]
    margin = numbers(plot(found, "margin"))["margin: 0.80"]
    assert margin == [(1.0, 20.0), (50.0, 80.0), (100.0, 100.0)]
