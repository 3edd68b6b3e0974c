"""Figures behind a verdict are handed over as they were measured, and make its sentences."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from dossiers import band, dossier, judged, original, world

from opcviz.results import Attempt
from opcviz.verdict import Check, Figures, Verdict, judge
from opcviz.verdict.told import apart, at_most, gets, membership, right

ATTEMPT = Attempt("affine", "stage3", "unpooled", "retain", 0, 76.6, 107, 33.6)
GOT = Figures(
    ATTEMPT.words, 76.6, 10.3, 17.8, 3, of=ATTEMPT.of, attempt=ATTEMPT, line=57.3, pixels=52.3
)


@pytest.mark.parametrize("name", ["head_edit", "rotated_features", "retrain", "collapsed"])
def test_who_decided_and_his_figures_are_those_that_were_measured(name: str) -> None:
    model = dossier(world(3), getattr(world(3), name)())
    first = judge(model, original(3), band(3)).numbers[0]
    f = first.figures
    assert f is not None
    assert f.attempt is not None
    mine = [a for a in model.attempts if a.key == f.attempt.key]
    assert f.value == max(a.recovered for a in mine)
    assert (f.band, f.unit) == (3, "%")
    if first.name == "recovered beyond the retrained models":
        theirs = [m.attempt(f.attempt.key) for m in band(3)]
        assert [f.low, f.high] == [
            pick(a.recovered for a in theirs if a is not None) for pick in (min, max)
        ]
        assert f.line is not None
        assert first.holds == (f.value > f.line)


def test_of_answers_that_are_left_the_originals_stand_beside_them() -> None:
    first = judged(3, world(3).identity()).numbers[0]
    f = first.figures
    assert f is not None
    assert f.value == f.original == original(3).answers()[0]
    answered = [m.answers()[0] for m in band(3)]
    assert (f.low, f.high) == (min(answered), max(answered))
    assert first.clauses == right(f)


def test_every_figure_of_the_sentence_is_one_that_is_handed_over() -> None:
    assert gets(GOT) == (
        "affine on stage3, unpooled, from retained data alone, gets 76.6 % of the forgotten "
        "pictures",
        "from 3 retrained models it gets 10.3 to 17.8 %, and from the pixels alone 52.3 %",
        "more than 57.3 % counts as a difference",
    )
    lucky = replace(GOT, low=0.0, high=0.0, luck=10.5, pixels=None)
    assert gets(lucky)[1] == "from 3 retrained models it gets 0.0 %, luck 10.5 %"
    alone = replace(GOT, band=1, high=10.3, pixels=None, original=99.1, share=50.0)
    assert gets(alone)[1] == (
        "from 1 retrained model it gets 10.3 %, beside which alone more than 50 % of the way to "
        "the original's 99.1 % must be left, beyond chance"
    )
    near = replace(alone, share=None)
    assert gets(near)[1].endswith(", too near to the original's 99.1 % to decide")
    assert at_most(GOT) == (
        "at most 76.6 % (affine on stage3, unpooled, from retained data alone), from 3 retrained "
        "models at least 10.3 %",
    )
    tested = Figures("membership AUC", 0.671, 0.46, 0.48, 3, unit="AUC", original=0.61)
    assert membership(tested) == (
        "membership AUC is 0.67",
        "of the original it is 0.61, of 3 retrained models 0.46 to 0.48",
    )


@pytest.mark.parametrize(
    ("unit", "line", "says"), [("%", 100.0, "not even 100 %"), ("AUC", 1.0, "not even 1.00")]
)
def test_a_line_that_nothing_could_pass_is_said_to_be_one(
    unit: str, line: float, says: str
) -> None:
    f = replace(GOT, unit=unit, line=line)
    assert f.undecidable
    assert f.in_vain == says
    assert gets(f)[-1] == f"{says} would count as a difference" == apart(f)[-1]
    passable = replace(f, line=line - 0.01)
    assert not passable.undecidable
    assert passable.in_vain == ""
    assert len(apart(passable)) == 1


def test_the_json_holds_the_sentence_alone_and_is_read_as_one_clause() -> None:
    """As in reports of older versions, which are still to be repeated to the letter."""
    check = Check.above("recovered", 58.8, 39.5, gets(GOT), figures=GOT)
    written = check.to_dict()
    assert {*written} == {"name", "value", "threshold", "unit", "margin", "says", "interval"}
    read = Check.from_dict(json.loads(json.dumps(written)), strict=True)
    assert read == check
    assert (read.clauses, read.figures) == ((check.says,), None)
    assert check.says == "; ".join(check.clauses)


def test_a_verdict_that_was_read_again_says_the_same() -> None:
    found = judged(3, world(3).head_edit())
    again = Verdict.from_dict(found.to_dict(), strict=True)
    assert [c.says for c in again.checks] == [c.says for c in found.checks]
    assert again.why == found.why
