from dataclasses import replace

import pytest
from known_results import evidence, fit, known, record

from opcviz.common.records import Undefined
from opcviz.results import (
    CoincidentGroup,
    ConfidenceInterval,
    EvidenceResult,
    MapReadOut,
    TrainingResult,
    UnseenScore,
)
from opcviz.ui.sections.sentences import (
    HOW_TO_READ,
    collapse_line,
    collapse_numbers,
    headline,
    how_recovery_reads,
    introduced,
    percent,
)


def numbers(
    method="rl", *, before=0.0, after=90.0, constant=33.3, seen=True, status="finished", reason=None
):
    span = ConfidenceInterval(0.0, 100.0, "wilson")
    unseen = UnseenScore(after, after, span, 107, constant, "forget_test", 142)
    told = {"forget_accuracy": after, "constant_predictor": constant, "unseen": unseen}
    fits = {"all": fit(**(told if seen else {**told, "unseen": None}))}
    told = evidence(fits=fits, forget_train=before)
    return method, known(TrainingResult(status, reason), evidence=told)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0 %"), (99.96, "100 %"), (33.333, "33.3 %"), (0.04, "0 %"), (7.05, "7 %")],
)
def test_percent(value, text):
    assert percent(value) == text


def test_shallow_forgetting_is_named_by_its_numbers():
    said = headline(*numbers(before=0.5, after=91.2))
    assert said == "The answers are gone (0.5 %); a linear map of the features restores 91.2 %."
    said = headline(*numbers(before=0.5, after=91.2, seen=False))
    assert said.endswith("restores 91.2 % of what it was fitted on.")


def test_deep_forgetting_is_measured_against_the_constant_answer():
    said = headline(*numbers("opc", before=0.0, after=33.3))
    assert said.endswith("restores no more than a constant answer would.")
    said = headline(*numbers("opc", before=0.0, after=34.4))  # a point more than a constant answer
    assert "restores 34.4 %" in said


def test_a_model_that_still_answers_is_not_called_forgetful():
    said = headline(*numbers(before=62.0, after=97.0))
    assert said.startswith("It still answers 62 % of the forget data")
    assert "97 %" in said


def test_references_are_told_apart():
    assert "Before unlearning" in headline(*numbers("original", before=100.0, after=100.0))
    said = headline(*numbers("retrain", before=0.0, after=93.4))
    assert "never saw the forgotten data" in said
    assert "93.4 %" in said


@pytest.mark.parametrize("missing", ["before", "after", "constant"])
def test_without_a_number_nothing_is_claimed(missing):
    assert headline(*numbers(**{missing: None})) == "The evidence is not complete yet."


def test_a_diverged_model_says_where():
    about = numbers(before=None, after=None, status="diverged", reason="diverged at step 3")
    assert headline(*about) == "Training diverged at step 3: there is no model to examine."


def size(ratio):
    return replace(record("evidence").collapse, radius_ratio=ratio)


def spot(count, forgotten, width=1e-4):
    return CoincidentGroup(count, forgotten, {"0": 1.0}, width)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.2e-4, "8,300 times narrower than the kept data"),
        (3e-8, "3·10⁷ times narrower than the kept data"),
        (0.31, "3.2 times narrower than the kept data"),
        (0.9, "about as wide as the kept data"),
        (1.1, "about as wide as the kept data"),
        (2.5, "2.5 times wider than the kept data"),
        (0.0, "all at the very same point"),
    ],
)
def test_the_line_below_a_map_says_how_wide_the_forgotten_samples_are(ratio, words):
    assert collapse_line(size(ratio), None) == f"The forgotten samples are **{words}**."


@pytest.mark.parametrize(
    ("kind", "true", "drawn", "words"),
    [
        ("umap", 1e-4, 0.3, " (drawn far too large: UMAP evens out size)"),
        ("umap", 0.1, 0.3, " (drawn 3.0 times too large: UMAP evens out size)"),
        (
            "umap",
            0.6,
            0.2,
            " (drawn 3.0 times too small: UMAP does not keep distances between clusters)",
        ),
        ("densmap", 0.6, 0.2, " (drawn 3.0 times too small: densMAP keeps sizes only roughly)"),
        ("pca", 1e-3, 1e-3, ""),
    ],
)
def test_the_line_says_where_the_picture_shows_another_size(kind, true, drawn, words):
    said = collapse_line(size(true), MapReadOut(drawn, None), kind=kind)
    assert said.endswith(f"kept data**{words}.")


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([spot(90, 90)], "90 of them lie on one spot, drawn as one mark."),
        ([spot(113, 90)], "With **23 kept** samples they lie on one spot, drawn as one mark."),
        ([spot(5, 0)], "5 kept samples lie on one spot, drawn as one mark."),
        ([spot(5, 5), spot(2, 1)], "7 samples lie on 2 spots, each drawn as one mark."),
    ],
)
def test_the_line_says_who_is_drawn_as_one_mark(groups, words):
    said = collapse_line(size(1e-4), MapReadOut(0.3, None), together=groups)
    assert said.endswith(f". {words}")
    told = "at their true size they could not be seen" in said
    assert told == any(group.forgotten for group in groups)
    assert ("UMAP evens out" in said) != told


@pytest.mark.parametrize(
    ("shares", "gone", "words"),
    [
        ({"0": 0.5, "8": 0.5}, {0}, "kept** samples, all of class eight, they lie"),
        ({"0": 0.5, "7": 0.2, "8": 0.3}, {0}, "kept** samples, of classes seven and eight, they"),
        ({"0": 0.2, **{str(c): 0.2 for c in (1, 2, 3, 4)}}, {0}, "samples, of 4 classes, they"),
        ({"0": 0.5, "8": 0.5}, (), "kept** samples they lie"),  # single samples were forgotten
    ],
)
def test_the_line_names_the_classes_of_kept_samples_on_the_spot(shares, gone, words):
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    group = CoincidentGroup(20, 10, shares, 1e-4)
    assert words in collapse_line(size(1e-4), None, together=[group], classes=names, gone=gone)


def test_a_set_drawn_as_one_mark_has_no_width_as_drawn():
    drawn = MapReadOut(0.3, None)
    assert "(as drawn 0.30)" in collapse_numbers(size(1e-4), drawn)
    assert "(as drawn 0.30)" in collapse_numbers(size(1e-4), drawn, [spot(5, 0)])
    assert "as drawn" not in collapse_numbers(size(1e-4), drawn, [spot(90, 90)])


def of_samples(about):
    """The same results of a study that forgot single samples."""
    method, results = about
    told = results.get(EvidenceResult)
    alone = replace(told.accuracy, forget_test=Undefined("there are no such samples"))
    return method, known(results.training, evidence=replace(told, accuracy=alone))


def test_of_single_samples_no_other_class_is_spoken_of():
    method, results = of_samples(numbers("retrain", before=98.0, after=97.0))
    said = headline(method, results)
    assert said.endswith("as it answers new pictures: that is generalisation, not memory.")
    assert "classes" not in said
    assert introduced(method, results) in said
    assert introduced("retrain", numbers("retrain")[1]) != introduced(method, results)
    assert introduced("rl", results) == ""
    assert "no label for a forgotten class" not in how_recovery_reads([results])
    assert "no label for a forgotten class" in how_recovery_reads([numbers("retrain")[1]])


def test_features_that_are_not_finite_have_no_width():
    said = collapse_line(size(Undefined("the model diverged")), None)
    assert said == "No width: the model diverged."


def test_no_model_is_not_a_collapsed_one():
    said = collapse_line(Undefined("diverged at step 3"), None)
    assert said == "no numbers: diverged at step 3"


def test_every_row_says_how_to_read_it():
    assert {"umap", "densmap", "pca", "recovery", "inversion"} <= HOW_TO_READ.keys()
