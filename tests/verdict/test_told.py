"""Figures behind a verdict are handed over as they were measured, and make its sentences."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from dossiers import band, dossier, judged, original, world

from opcviz.results import LOSS, Attempt, Sign
from opcviz.verdict import Check, Dossier, Figures, Thresholds, Verdict, judge
from opcviz.verdict.dossier import MEMBERSHIP, Band
from opcviz.verdict.questions import Questions
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


@pytest.mark.slow
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
    tested = Figures("online LiRA", 0.671, 0.46, 0.48, 3, unit="AUC", original=0.61)
    assert membership(tested) == (
        "membership AUC by online LiRA is 0.67",
        "of the original it is 0.61, of 3 retrained models 0.46 to 0.48",
    )
    second = Figures("RMIA", 0.59, 0.48, 0.5, 3, unit="AUC")
    assert membership(replace(tested, also=second)) == (
        "membership AUC by online LiRA is 0.67 and by RMIA is 0.59",
        "of the original it is 0.61 and not known, of 3 retrained models 0.46 to 0.48 and 0.48 to "
        "0.50",
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
    said = f"{says} would count as a difference: this figure alone cannot tell"
    assert gets(f)[-1] == said == apart(f)[-1]
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


# ---- every field, of models of which two never have the same figure ----------------------------

RETAIN = Attempt("affine", "stage1", "pooled", "retain", 0, 60.0, 200, 33.3)


def tries(*recovered: float, of: Attempt = RETAIN, **changes: object) -> tuple[Attempt, ...]:
    """The same attacker with one outcome after the other; the greatest is his."""
    return tuple(replace(of, recovered=each, **changes) for each in recovered)


def under(*attempts: Attempt, **changes: object) -> Dossier:
    return replace(band(3)[0], attempts=attempts, **changes)


def questions(model: Dossier, first: Dossier | None, *retrained: Dossier) -> Questions:
    return Questions(model, first, Band(retrained), Thresholds())


def the_one(asked: Questions) -> tuple[Check, Figures]:
    ((_, check),) = asked.gained
    assert check.figures is not None
    return check, check.figures


@pytest.mark.parametrize(
    ("luck", "floor", "told"),
    [
        (0.0, 20.0, {}),
        (45.0, 20.0, {"luck": 45.0}),
        (0.0, 70.0, {"pixels": 70.0}),
        (45.0, 70.0, {"luck": 45.0, "pixels": 70.0}),
    ],
)
def test_of_an_attacker_every_figure_is_that_of_its_model(
    luck: float, floor: float, told: dict[str, float]
) -> None:
    """Luck and the pixels are told where they raise the line, and nowhere else."""
    mine = under(
        *tries(12.0, 60.0, luck=luck, settings="mine"),
        floors=tries(7.0, floor, attacker="rbf", place="pixels"),
    )
    retrained = [under(*tries(*each, settings="theirs")) for each in ((5.0, 21.0), (30.0,), (9.0,))]
    check, f = the_one(questions(mine, original(3), *retrained))
    wanted = {"value": 60.0, "low": 9.0, "high": 30.0, "band": 3, "of": RETAIN.of, **told}
    assert f == Figures(RETAIN.words, **wanted, attempt=mine.attempts[1], line=f.line)
    bar = max(30.0, luck)
    assert check.value == 60.0 - bar
    assert f.line == pytest.approx(bar + check.threshold)
    if "pixels" in told:
        assert f.line == pytest.approx(floor + Thresholds().points)


@pytest.mark.parametrize(
    ("theirs", "answered", "end", "share"),
    [
        (98.0, None, 100.0, 50.0),
        (70.0, 90.0, 90.0, 50.0),
        (70.0, 66.0, 70.0, 50.0),
        (47.0, 90.0, 47.0, None),
        (None, 90.0, 90.0, 50.0),
        (None, None, 100.0, 50.0),
    ],
)
def test_beside_one_the_end_of_the_way_is_what_the_original_knows(
    theirs: float | None, answered: float | None, end: float, share: float | None
) -> None:
    knew = () if theirs is None else tries(theirs - 3, theirs)
    if answered is not None:
        asked = Attempt("answers", "logits", "whole", "nothing", 0, answered, 200, 33.3)
        knew = (*knew, asked)
    first = replace(original(3), attempts=knew) if knew else None
    check, f = the_one(questions(under(*tries(85.0)), first, under(*tries(11.0, 38.0))))
    wanted = {"low": 38.0, "high": 38.0, "band": 1, "of": RETAIN.of, "original": end}
    attempt = tries(85.0)[0]
    assert f == Figures(RETAIN.words, 85.0, **wanted, attempt=attempt, share=share, line=f.line)
    assert f.line == pytest.approx(38.0 + check.threshold)


def test_of_a_membership_test_every_figure_is_that_of_its_model() -> None:
    def tested(auc: float, of: Dossier = band(3)[0]) -> Dossier:
        signs = (Sign(MEMBERSHIP, LOSS.name, auc, auc - 0.02, auc + 0.02),)
        return replace(of, signs=signs)

    retrained = [tested(auc) for auc in (0.47, 0.55, 0.45)]
    check = questions(tested(0.8), tested(0.9, original(3)), *retrained).left_in_membership()
    assert check is not None
    known = {"unit": "AUC", "original": 0.9, "test": LOSS}
    assert check.figures == Figures("loss threshold", 0.8, 0.45, 0.55, 3, **known)


def test_less_than_from_every_retrained_model_counts_from_the_strongest_on_each() -> None:
    """Two maps and two relearnings: on each retrained model another one is the strongest."""
    affine = replace(RETAIN, place="features", holds="all")
    maps = affine, replace(affine, attacker="rbf")
    begun = Attempt("relearning", "last 1", "whole", "shots", 10, 0.0, 200, 33.3)
    both = *maps, begun, replace(begun, place="last 2")

    def met(*recovered: float) -> Dossier:
        return under(*(replace(a, recovered=r) for a, r in zip(both, recovered, strict=True)))

    mine = met(19.5, 20.0, 29.0, 30.0)
    retrained = (
        met(80.0, 74.0, 50.0, 45.0),
        met(71.0, 84.0, 46.0, 52.0),
        met(79.0, 72.0, 48.0, 55.0),
    )
    found = questions(mine, original(3), *retrained).below()
    wanted = [(mine.attempts[1], 79.0, 84.0), (mine.attempts[3], 50.0, 55.0)]
    assert [check.figures for check in found] == [
        Figures(best.words, best.recovered, low, high, 3, of=best.of, attempt=best)
        for best, low, high in wanted
    ]
    assert [check.value for check in found] == [59.0, 20.0]
