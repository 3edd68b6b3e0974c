from dataclasses import replace

import pytest
from known_results import evidence, fit, known, record

from opcviz.common.records import Undefined
from opcviz.results import ConfidenceInterval, MapReadOut, TrainingResult, UnseenScore
from opcviz.ui.sections.sentences import HOW_TO_READ, collapse_line, headline, percent


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
    assert said == "The answers are gone (0.5 %); an affine map of the features restores 91.2 %."
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


def test_the_collapse_line_holds_true_and_drawn_size():
    about = replace(
        record("evidence").collapse, radius_ratio=0.0004, norm_ratio=0.25, effective_rank=3.14
    )
    said = collapse_line(about, MapReadOut(0.8, None))
    assert said == (
        "The forgotten features are 2,500 times narrower than the kept ones; the map draws them "
        "too large.  \nradius ratio **4·10⁻⁴** (as drawn 0.80) · norm ratio **0.25** · "
        "effective rank **3.1**"
    )


def test_features_at_one_point_have_no_rank():
    why = Undefined("the forget features do not vary: rank is undefined at a point")
    found = record("evidence").collapse
    about = replace(found, radius_ratio=0.0, norm_ratio=0.0, effective_rank=why)
    said = collapse_line(about, None)
    assert "radius ratio **0.00** (as drawn –)" in said
    assert "effective rank **none: a point**" in said


def test_no_model_is_not_a_collapsed_one():
    said = collapse_line(Undefined("diverged at step 3"), None)
    assert said == "no numbers: diverged at step 3"


def test_every_row_says_how_to_read_it():
    assert {"umap", "densmap", "pca", "recovery", "inversion"} <= HOW_TO_READ.keys()
