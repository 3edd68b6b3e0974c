"""The band of retrained models, the colours of models, and who is quoted on a card."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from opcviz.common.records import Undefined
from opcviz.common.statistics import wilson
from opcviz.results import Attempt, ConfidenceInterval, FitResult, UnseenScore
from opcviz.ui.charts.bands import Band, band_name
from opcviz.ui.charts.lines import Beside, lines_figure
from opcviz.ui.charts.palette import METHOD_COLOURS
from opcviz.ui.charts.relearned import Ways, relearned_figure
from opcviz.ui.reading.scores import answers, score_of
from opcviz.ui.sections.paint import paint
from opcviz.ui.sections.sentences import headline
from opcviz.ui.sections.verdicts import (
    decided,
    decided_in_short,
    deciding,
    reach,
    sensitivity_line,
)
from opcviz.verdict import GONE, Check, Figures, Flip, no_verdict

AXES = {"x_title": "x", "y_title": "y"}


def test_a_band_is_the_range_of_those_that_have_a_figure():
    assert Band.of([3.0, None, 1.0, float("nan"), 2.0]) == Band(1.0, 3.0, 3)
    assert Band.of([None, float("inf")]) is None
    assert Band.of([4.0]).words() == "1 retrained model 4.0 %"
    assert Band(1.0, 3.25, 3).words() == "3 retrained models 1.0 to 3.2 %"
    assert band_name(1) == "retrained (1 seed)"


def test_band_and_floors_lie_below_the_lines_and_are_named():
    beside = Beside(
        ["a", "b"],
        [Band(10.0, 20.0, 2), None],
        {"pixels": [50.0, 50.0]},
        {"m": ["first", "second"]},
    )
    figure = lines_figure({"m": (["a", "b"], [30.0, 40.0])}, beside=beside, **AXES)
    names = [trace.name for trace in figure.data]
    assert names == ["retrained, lowest", "retrained, highest", "pixels", "m"]
    low, high, floor, line = figure.data
    assert (low.y, high.y) == ((10.0, None), (20.0, None))
    assert high.fill == "tonexty"
    assert floor.line.dash == "dot"
    assert list(line.customdata) == ["first", "second"]
    named = [note.text.rpartition("</span> ")[2] for note in figure.layout.annotations]
    assert sorted(named) == ["m", "pixels", "retrained (2 seeds)"]


@pytest.mark.parametrize("wrong", [{"bands": [None]}, {"floors": {"pixels": [1.0]}}])
def test_what_does_not_fit_its_places_is_refused(wrong):
    with pytest.raises(ValueError, match="has 1, not 2"):
        lines_figure({}, beside=Beside(["a", "b"], **wrong), **AXES)


def test_no_name_is_outside_an_axis_that_begins_higher():
    lines = {name: (["a"], [100.0]) for name in "uvwxyz"}
    figure = lines_figure(lines, lowest=50.0, **AXES)
    low, high = figure.layout.yaxis.range
    assert all(low <= note.y <= high for note in figure.layout.annotations)


def test_no_way_of_relearning_is_no_figure():
    with pytest.raises(ValueError, match="nothing to draw"):
        relearned_figure(Ways({"m": {}}, {"m": {}}))


def test_a_method_has_its_colour_whichever_models_stand_beside_it():
    def column(name, label):
        return SimpleNamespace(name=name, label=label)

    opc, ssd = column("opc", "OPC"), column("ssd", "SSD")
    first, second = column("retrain", "Retrained · seed 0"), column("retrain", "Retrained · seed 1")
    alone = paint([opc])["OPC"]
    found = paint([column("original", "Original"), first, second, ssd, opc])
    assert found["OPC"] == alone == METHOD_COLOURS["opc"]
    assert found["Retrained · seed 0"] == METHOD_COLOURS["retrain"]
    assert len(set(found.values())) == 5
    six = [column("ssd", f"SSD {i}") for i in range(6)]
    assert len(set(paint(six).values())) == 6


# ---- the score that is shown --------------------------------------------------------------------

SPAN = ConfidenceInterval(1.0, 2.0, "wilson")
UNSEEN = UnseenScore(40.0, 41.0, SPAN, 107, 33.0, "forget_test", 142)
FIT = FitResult(
    forget_accuracy=99.0,
    balanced_accuracy=98.0,
    recall={},
    retain_accuracy=97.0,
    constant_predictor=30.0,
    sweep=None,
    interval=ConfidenceInterval(95.0, 99.9, "wilson"),
    unseen=UNSEEN,
)


def test_unseen_pictures_come_before_those_that_were_fitted_on():
    score = score_of(FIT, "all")
    assert (score.value, score.balanced, score.constant) == (40.0, 41.0, 33.0)
    assert (score.interval, score.scored, score.on) == ((1.0, 2.0), 107, "forget_test")
    assert not score.in_sample


@pytest.mark.parametrize(("fit", "in_sample"), [("all", True), ("forget", True), ("retain", False)])
def test_what_an_older_version_kept_says_whether_it_is_in_sample(fit, in_sample):
    score = score_of(replace(FIT, unseen=None), fit)
    assert (score.value, score.interval, score.scored) == (99.0, (95.0, 99.9), None)
    assert score.in_sample is in_sample


def test_an_attack_that_could_not_be_made_has_no_score():
    score = score_of(FitResult.undefined("diverged at step 3"), "all")
    assert (score.value, score.reason) == (None, "diverged at step 3")


def test_the_model_itself_is_asked_about_the_same_pictures():
    accuracy = SimpleNamespace(forget_test=10.0, forget_train=20.0)
    span = ConfidenceInterval(18.0, 22.0, "wilson")
    recovery = SimpleNamespace(before=SimpleNamespace(interval=span))
    evidence = SimpleNamespace(accuracy=accuracy, recovery=recovery)
    test = answers(evidence, score_of(FIT, "all"))
    assert (test.value, test.interval) == (10.0, wilson(10.0, 107))
    crossed = replace(FIT, unseen=replace(UNSEEN, scored_on="cross-fitted"))
    train = answers(evidence, score_of(crossed, "all"))
    assert (train.value, train.interval) == (20.0, (18.0, 22.0))
    assert answers(Undefined("diverged"), score_of(FIT, "all")).value is None


# ---- the card -----------------------------------------------------------------------------------

SAYS = "rbf on stage2, unpooled gets 92.5 % of the forgotten pictures; from 3 retrained 60.0 %"


def attempt(**changes) -> Attempt:
    told = {"attacker": "rbf", "place": "stage2", "view": "unpooled", "holds": "all", "given": 142}
    return Attempt(**{**told, "recovered": 92.5, "scored": 107, "constant": 33.6, **changes})


def figures(**changes):
    """Of that attack, as the verdict hands them over."""
    told = {"low": 41.0, "high": 60.0, "attempt": attempt(), "of": attempt().of, "line": 65.0}
    return Figures(attempt().words, 92.5, band=3, **{**told, **changes})


def checked(**changes):
    return Check("recovered", 32.5, 5.0, "points", 5.5, SAYS, None, figures=figures(**changes))


def verdict(**changes):
    check = checked()
    told = {"gone": "hidden", "numbers": (check,), "furthest": attempt(), "band": 3}
    return replace(no_verdict([]), **{**told, "depth": "features", **changes})


def results(status="finished"):
    return SimpleNamespace(
        training=SimpleNamespace(status=status, reason="diverged at step 3"),
        get=lambda record: Undefined("not there"),
    )


@pytest.mark.parametrize("word", GONE)
def test_the_card_quotes_the_figure_that_decided(word):
    said = headline("rl", results(), verdict(gone=word))
    assert said == f"{GONE[word][0].upper()}{GONE[word][1:]}: {SAYS}."
    assert headline("original", results(), verdict(gone=word)).endswith(said)


def test_without_a_verdict_nothing_is_quoted():
    assert deciding(verdict(gone=None)) == ""
    assert deciding(verdict(numbers=())) == ""
    assert headline("rl", results(), verdict(gone=None)) == "The evidence is not complete yet."
    assert "no model" in headline("rl", results("diverged"), verdict())


def test_a_panel_names_the_attacker_and_figures_whatever_the_sentence_says():
    """They are read, not cut out of it."""
    other = replace(checked(), says="Said in quite other words, 1.0 %; and 2 more", clauses=())
    for check in (checked(), other):
        said = decided_in_short(verdict(numbers=(check,)))
        assert said == "Decided by rbf on stage2: 92.5 %; retrained: 41.0 to 60.0 %."
    more = checked(luck=10.0, pixels=52.3, line=100.0)
    assert decided_in_short(verdict(numbers=(more,))) == (
        "Decided by rbf on stage2: 92.5 %; retrained: 41.0 to 60.0 %, luck 10.0 %, "
        "pixels alone 52.3 %, so much that this figure alone can never tell."
    )
    alone = checked(original=99.1, share=50.0, low=60.0)
    assert decided_in_short(verdict(numbers=(alone,))).endswith(
        "retrained: 60.0 %, more than 50 % of the way to 99.1 % must be left."
    )
    less = checked(line=None)
    assert decided_in_short(verdict(gone="beyond", numbers=(less,))) == (
        "Decided by rbf on stage2: at most 92.5 %; retrained: at least 41.0 %."
    )
    assert decided_in_short(verdict(gone=None)) == decided_in_short(verdict(numbers=())) == ""
    of_json = replace(checked(), figures=None)  # of a report: there the sentence is all there is
    assert decided_in_short(verdict(numbers=(of_json,))) == f"Decided by: {SAYS}."


def test_that_nothing_could_count_is_told_wherever_the_decider_is():
    clauses = ("rbf gets 92.5 %", "from 3 retrained 60.0 %", "not even 100 % would count")
    never = "so much that this figure alone can never tell"
    for figures, why in (
        ({}, "retrained models give"),
        ({"low": 20.0, "high": 60.0}, "retrained models differ"),  # a wide band is no great one
        ({"pixels": 97.0}, "the pixels alone give"),
    ):
        check = replace(checked(line=100.0, **{"low": 50.0, **figures}), clauses=clauses)
        told = [*clauses[:2], f"{why} {never}"]
        assert decided(verdict(numbers=(check,))) == f"Decided by: {'; '.join(told)}."
    some = replace(checked(line=65.0), clauses=clauses)
    assert decided(verdict(numbers=(some,))) == f"Decided by: {'; '.join(clauses[:2])}."


def test_the_furthest_attacker_is_named_once_and_the_depth_is_told():
    assert reach(verdict(), tried=True) == [
        "Depth: from features on maps get not clearly more than from retrained ones."
    ]
    other = attempt(attacker="relearning", place="last 2", view="whole", holds="shots", given=1)
    furthest, depth = reach(verdict(furthest=other, depth=None), tried=True)
    assert furthest == (
        "Furthest: relearning with the last 2 blocks anew, from 1 picture of each class, "
        "92.5 % of the forgotten pictures."
    )
    assert depth == "Depth: none: maps get clearly more than from retrained models even at the end."
    assert "not known" in reach(verdict(depth=None), tried=False)[0]
    assert reach(verdict(gone=None, furthest=None), tried=True) == []


def test_every_threshold_that_changes_a_word_is_named_with_its_value():
    flips = (Flip("left", 25.0, "not gone"), Flip("apart", 0.05, "hidden, noticeable"))
    said = sensitivity_line(verdict(sensitivity=flips))
    assert "left at 25: not gone; apart at 0.05: hidden, noticeable." in said
    assert sensitivity_line(verdict()).startswith("No threshold")
