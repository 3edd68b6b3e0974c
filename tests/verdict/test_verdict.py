"""The verdict: constructed models receive their profile, and what is not known has no answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace

import pytest
from dossiers import band, dossier, judged, original, world

from opcviz.common.config import ConfigError
from opcviz.common.records import Undefined
from opcviz.common.statistics import difference, wilson
from opcviz.results import Attempt, Sign
from opcviz.results.membership_tests import MEMBERSHIP_TESTS
from opcviz.verdict import MEMBERSHIP, Dossier, Verdict, consensus, judge
from opcviz.verdict.check import Check
from opcviz.verdict.dossier import Band
from opcviz.verdict.questions import OF_ATTACKERS, Questions
from opcviz.verdict.words import GONE, KEPT, NOTICEABLE, Thresholds, in_words, rules

RETRAINED = "as in retrained models"
CLASSES = {
    "identity": ("no", RETRAINED, "yes"),
    "head_edit": ("hidden", RETRAINED, "yes"),
    "permuted_labels": ("hidden", RETRAINED, "yes"),
    "rotated_features": ("hidden", RETRAINED, "yes"),
    "dead_last_layer": ("hidden", "yes", "yes"),
    "dead_middle": (None, None, "no"),
    "retrain": (RETRAINED, RETRAINED, "yes"),
    "collapsed": ("beyond", "yes", "yes"),
    "retain_like": ("beyond", "no", "yes"),
    "destroyed": (None, "no", "no"),
}
SAMPLES = {
    "identity": ("no", "no", "yes"),
    "head_edit": ("hidden", "no", "yes"),
    "retrain": (RETRAINED, "no", "yes"),
    "collapsed": (None, "yes", "yes"),
    "wrong_on_forget": (None, "yes", "yes"),
}


# a world's models and attacks take seconds: the first ones are for every day, the others for all
WORLDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))]


@pytest.mark.parametrize("seed", WORLDS)
@pytest.mark.parametrize("name", CLASSES)
def test_every_constructed_model_receives_its_profile(name: str, seed: int) -> None:
    found = judged(3, getattr(world(3, seed), name)(), seed)
    gone, noticeable, kept = CLASSES[name]
    assert (found.gone, found.kept) == (gone, kept), found.why
    if noticeable is not None:
        assert found.noticeable == noticeable, found.why
    json.dumps(found.to_dict(), allow_nan=False)
    assert Verdict.from_dict(found.to_dict(), strict=True) == found


@pytest.mark.parametrize("seed", WORLDS[:3])
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_too(name: str, seed: int) -> None:
    found = judged(0, getattr(world(0, seed), name)(), seed)
    gone, noticeable, kept = SAMPLES[name]
    assert (found.noticeable, found.kept) == (noticeable, kept), found.why
    if gone is not None:
        assert found.gone == gone, found.why


@pytest.mark.parametrize("name", ["identity", "head_edit", "dead_last_layer", "retrain"])
def test_one_class_too(name: str) -> None:
    found = judged(1, getattr(world(1), name)())
    assert (found.gone, found.noticeable, found.kept) == CLASSES[name], found.why


@pytest.mark.parametrize("name", ["identity", "head_edit", "retrain", "collapsed", "retain_like"])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_affine_change_of_the_features_changes_no_word(name: str, seed: int) -> None:
    home = world(3)
    made = getattr(home, name)()
    moved = home.mapped(replace(made, stage=made.stage or made.features), seed)
    assert judged(3, moved).words == judged(3, made).words


def test_the_depth_is_where_no_map_gets_more() -> None:
    assert judged(3, world(3).dead_last_layer()).depth == "features"
    assert judged(3, world(3).head_edit()).depth is None
    assert judged(3, world(3).retrain()).depth == "stage1"


def test_the_attacker_who_came_furthest_is_named() -> None:
    found = judged(3, world(3).head_edit())
    assert found.furthest is not None
    assert found.furthest.holds == "retain"  # it never saw a forgotten picture: the band has none
    assert found.furthest.words in found.why


# ---- by hand ---------------------------------------------------------------------------------


def attempt(recovered: float, **changes: object) -> Attempt:
    made = Attempt("relearning", "last 1", "whole", "shots", 10, recovered, 200, 33.3)
    return replace(made, **changes)


def model(recovered: float, who: str = "this model", **changes: object) -> Dossier:
    """The retrained model of the first world, but for one attack that gets so much."""
    return replace(band(3)[0], who=who, attempts=(attempt(recovered),), **changes)


def verdict(recovered: float, others: tuple[float, ...] = (86.0, 88.0, 90.0), **changes: object):
    retrained = [model(value, f"retrained {n}") for n, value in enumerate(others)]
    return judge(model(recovered, **changes), original(3), retrained)


def test_more_than_from_the_best_retrained_model_and_more_than_chance() -> None:
    assert verdict(98.0).gone == "hidden"
    assert verdict(98.0).furthest == attempt(98.0)
    assert verdict(94.0).gone == RETRAINED  # four points: less than the line
    narrow = [model(value) for value in (86.0, 88.0, 90.0)]
    small = replace(model(98.0), attempts=(attempt(98.0, scored=20),))
    assert judge(small, original(3), narrow).gone == RETRAINED  # eight points of 20 pictures
    assert verdict(98.0, others=(80.0, 88.0, 97.0)).gone == RETRAINED  # one of the band gives it


def test_the_furthest_attacker_is_one_who_could_have_told() -> None:
    """Nobody whose line no figure passes, and, of the others, nobody who got nothing."""

    def both(easy: float, hard: float) -> Dossier:
        return replace(model(0), attempts=(attempt(easy, place="last 0"), attempt(hard)))

    retrained = [both(99.0, 30.0), both(97.0, 31.0), both(98.0, 32.0)]
    found = judge(both(100.0, 31.0), original(3), retrained)
    assert found.gone == RETRAINED
    assert found.furthest == attempt(31.0)
    assert "not even 100 %" not in found.why
    nothing = [
        replace(each, attempts=(*each.attempts, attempt(0.0, place="last 2")))
        for each in (both(100.0, 31.0), *retrained)
    ]
    assert judge(nothing[0], original(3), nothing[1:]).furthest == attempt(31.0)
    alone = [replace(each, attempts=each.attempts[:1]) for each in retrained]
    only = judge(
        replace(both(100.0, 0.0), attempts=(attempt(100.0),)),
        original(3),
        [replace(each, attempts=(replace(each.attempts[0], place="last 1"),)) for each in alone],
    )
    assert only.furthest == attempt(100.0), "where nobody could, it is still told who tried"


def test_an_attack_that_not_every_retrained_model_was_under_counts_for_nothing() -> None:
    retrained = [model(86.0), model(88.0), replace(model(90.0), attempts=())]
    found = judge(model(98.0), original(3), retrained)
    assert found.gone is None
    assert "attacks that both" in found.missing[0]


def test_one_attacker_is_enough_for_hidden_and_all_families_for_gone() -> None:
    lacking = {"relearning": "not made"}
    retrained = [model(value) for value in (86.0, 88.0, 90.0)]
    found = judge(model(98.0, lacking=lacking), original(3), retrained)
    assert found.gone == "hidden"
    assert any("relearning" in note for note in found.notes)
    found = judge(model(80.0, lacking=lacking), original(3), retrained)
    assert found.gone is None
    assert found.missing == ("relearning of this model (not made)",)


@pytest.mark.parametrize("holds", ["nothing", "retain", "other"])
def test_luck_is_no_trace(holds: str) -> None:
    """Whoever gives all forgotten pictures one answer, never having held one, may hit a class."""
    held = {"attacker": "affine", "place": "features", "view": "pooled", "holds": holds}
    held |= {"given": 0}

    def told(recovered: float, answers: float = 0.0, **changes: object) -> Verdict:
        asked = {"attacker": "answers", "place": "logits", "holds": "nothing", "given": 0}
        own = attempt(0.0, **asked, luck=answers)
        mine = replace(model(0), attempts=(own, attempt(recovered, **held, **changes)))
        others = [replace(model(0), attempts=(attempt(0.5, **held),)) for _ in range(3)]
        return judge(mine, original(3), others)

    assert told(33.3, one_answer=True).gone == RETRAINED
    assert told(33.3, luck=32.0).gone == RETRAINED
    assert told(33.3, luck=12.0).gone == "hidden"
    assert told(33.3, answers=32.0).gone == RETRAINED  # it names as often what the model names
    assert told(33.3).gone == "hidden"
    assert told(14.0).gone == RETRAINED  # one in seven classes


def test_the_last_block_pooled_is_the_point_that_the_features_are() -> None:
    """Of one class every attacker who is right gives one answer: what a point forces counts not."""

    def told(
        place: str, there: float = 97.0, ratio: float = 1e-6, view: str = "pooled", lost: int = 0
    ) -> str:
        def of(value: float, place: str, view: str = "pooled") -> Attempt:
            changes = {"one_answer": True, "luck": 10.0, "constant": 100.0, "view": view}
            held = {"attacker": "fm", "holds": "retain", "given": 0}
            return attempt(value, place=place, **held, **changes)

        blocks = ("stage2", "stage3", "features")
        tried = {(place, view): 97.0, ("features", "pooled"): there}
        mine = tuple(of(value, *at) for at, value in tried.items())
        theirs = tuple(of(5.0, *at) for at in tried)
        made = replace(model(0), attempts=mine, blocks=blocks, radius_ratio=ratio)
        widths = [*[Undefined("damaged")] * lost, *[0.5] * (3 - lost)]
        others = [replace(model(0), attempts=theirs, radius_ratio=width) for width in widths]
        found = judge(made, original(3), others)
        assert lost < 3 or any("width of the forgotten" in each for each in found.missing)
        return str(found.gone)

    assert [told("features", lost=lost) for lost in range(4)] == [*[RETRAINED] * 3, "None"]
    assert told("stage3") == RETRAINED
    assert told("stage3", there=90.0) == "hidden", "what is pooled is not what the features are"
    assert told("stage3", view="unpooled") == "hidden"
    assert told("stage2") == "hidden"
    assert told("stage3", ratio=0.5) == "hidden", "no point"


TWO = ("online LiRA", "RMIA")


def membership(auc: float, tests: Iterable[str] = TWO, half: float = 0.03) -> tuple[Sign, ...]:
    return tuple(Sign(MEMBERSHIP, test, auc, auc - half, auc + half) for test in tests)


def of_samples(auc: float, others: tuple[float, ...], first: float = 0.7) -> Verdict:
    """Of a retrained model of the samples' world, but for its membership AUC and the others'."""
    references = [
        replace(each, signs=membership(value)) for each, value in zip(band(0), others, strict=True)
    ]
    before = replace(original(0), signs=membership(first), accuracy=band(0)[0].accuracy)
    return judge(replace(band(0)[1], signs=membership(auc)), before, references)


def of_tests(**ours: tuple[float, float]) -> Verdict:
    """The verdict where tests find so much (AUC, and half of its interval); the band has 0.5."""

    def signs(found: dict[str, tuple[float, float]]) -> tuple[Sign, ...]:
        places = {
            test.lower().replace(" ", "_").replace("-", "_"): test for test in MEMBERSHIP_TESTS
        }
        return tuple(
            sign for name, at in found.items() for sign in membership(at[0], (places[name],), at[1])
        )

    never, knows = (dict.fromkeys(ours, (auc, 0.03)) for auc in (0.5, 0.7))
    references = [replace(each, signs=signs(never)) for each in band(0)]
    before = replace(original(0), signs=signs(knows), accuracy=band(0)[0].accuracy)
    return judge(replace(band(0)[1], signs=signs(ours)), before, references)


def test_not_gone_by_membership_wants_tests_of_two_kinds_beyond_chance() -> None:
    sure, unsure, nothing = (0.65, 0.05), (0.65, 0.16), (0.5, 0.05)
    both = of_tests(online_lira=sure, rmia=sure)
    assert both.gone == "no"
    assert both.numbers[0].clauses == (
        "membership AUC by online LiRA is 0.65 and by RMIA is 0.65",
        "of the original it is 0.70 and 0.70, of 3 retrained models 0.50 and 0.50",
    )
    for second in (unsure, nothing):
        alone = of_tests(online_lira=sure, rmia=second)
        assert alone.gone is None, "neither remembered nor as in retrained models"
        (wanted,) = [each for each in alone.missing if "second kind" in each]
        low, high = second[0] - second[1], second[0] + second[1]
        assert "membership AUC by online LiRA is 0.65;" in wanted
        assert f"by RMIA is {second[0]:.2f} (95 %: {low:.2f} to {high:.2f})" in wanted
    lesser = of_tests(online_lira=sure, rmia=(0.64, 0.05))
    assert named(lesser, "membership left").value == pytest.approx(70.0)  # 0.64 of 0.5 to 0.7
    # three likelihood ratios are one kind, and of the best of several more is chance
    same = of_tests(online_lira=sure, calibrated_lira=sure, offline_lira=sure, rmia=nothing)
    assert same.gone is None
    assert of_tests(online_lira=(0.65, 0.13), rmia=sure).gone == "no"
    best = of_tests(
        online_lira=(0.65, 0.13), offline_lira=nothing, calibrated_lira=nothing, rmia=sure
    )
    assert best.gone is None
    # a distance has no direction
    assert of_tests(rmia=sure, two_sided_distance=sure).gone == "no"  # RMIA, of the only kind


def test_what_was_not_tried_on_a_model_is_no_evidence_that_it_forgot() -> None:
    """Tests that tell the original alone could not have found anything in the model."""
    references = [replace(each, signs=membership(0.5)) for each in band(0)]
    alike = {"attempts": band(0)[1].attempts, "accuracy": band(0)[1].accuracy}
    before = replace(original(0), signs=membership(0.7), **alike)
    copy = replace(before, signs=membership(0.5))
    assert judge(copy, before, references).gone == RETRAINED
    untried = judge(replace(copy, signs=()), before, references)
    assert untried.gone is None
    (wanted,) = [each for each in untried.missing if "something that could be found" in each]
    assert "beside models of several seeds" in wanted
    unsure = judge(copy, replace(before, signs=membership(0.5)), references)
    (wanted,) = [each for each in unsure.missing if "something that could be found" in each]
    assert "beside more retrained models" in wanted, "those of several seeds were there"


def test_of_one_kind_of_membership_test_a_note_says_that_it_stands_alone() -> None:
    alone = of_tests(loss_threshold=(0.65, 0.05))
    assert alone.gone == "no"
    assert any("one alone (loss threshold)" in note for note in alone.notes)
    assert not any(
        "one alone" in n for n in of_tests(rmia=(0.65, 0.1), loss_threshold=(0.6, 0.1)).notes
    )


def test_any_test_of_membership_is_noticed_beyond_what_chance_gives_to_so_many() -> None:
    calm = (0.5, 0.05)
    offline = of_tests(online_lira=calm, offline_lira=(0.3, 0.05), rmia=calm)
    assert offline.noticeable == "yes"
    says = named(offline, "AUC beyond the retrained models'").says
    assert "AUC 0.30 (membership by offline LiRA), in 3 retrained models with 0.50" in says
    assert of_tests(online_lira=calm, rmia=calm, two_sided_distance=(0.7, 0.05)).noticeable == "yes"
    nearer = of_tests(online_lira=calm, rmia=calm, two_sided_distance=(0.3, 0.05))
    assert nearer.noticeable == "no", "as near as no retrained model is to another"
    # beyond `apart` and chance alone; of three tests one does so more easily
    assert of_tests(rmia=(0.62, 0.11)).noticeable == "yes"
    assert of_tests(rmia=(0.62, 0.11), online_lira=calm, offline_lira=calm).noticeable == "no"


def named(found: Verdict, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


def test_membership_of_samples_counts_in_both_directions() -> None:
    def told(auc: float) -> Verdict:
        return of_samples(auc, (0.5, 0.5, 0.5))

    assert told(0.68).gone == "no"
    assert told(0.52).gone == RETRAINED
    assert told(0.52).noticeable == "no"
    assert told(0.15).noticeable == "yes"  # treated worse than data never seen


def test_what_is_left_of_membership_counts_from_the_mean_of_the_band() -> None:
    found = of_samples(0.62, (0.4, 0.5, 0.6))
    assert found.gone == "no"
    left = named(found, "membership left")
    assert left.value == pytest.approx(60.0)  # of the lead of 0.7 over 0.5
    assert left.interval == pytest.approx((45.0, 75.0))


@pytest.mark.parametrize(("first", "told"), [(0.53, False), (0.56, True)])
def test_of_an_original_hardly_above_the_band_no_share_is_told(first: float, told: bool) -> None:
    checks = of_samples(first, (0.5, 0.5, 0.5), first).checks
    assert ("membership left" in [check.name for check in checks]) == told


def test_membership_below_the_band_counts_from_its_least_model() -> None:
    found = of_samples(0.42, (0.5, 0.54, 0.58))
    assert found.noticeable == "no"
    apart = named(found, "AUC beyond the retrained models'")
    assert apart.value == pytest.approx(0.08)
    assert apart.interval == pytest.approx((0.05, 0.11))
    assert of_samples(0.38, (0.5, 0.54, 0.58)).noticeable == "yes"


def test_below_the_band_chance_is_what_lies_above_a_figure() -> None:
    """An interval need not be as wide to either side."""

    def told(low: float, high: float) -> Verdict:
        references = [replace(each, signs=membership(0.5)) for each in band(0)]
        before = replace(original(0), signs=membership(0.7), accuracy=band(0)[0].accuracy)
        mine = Sign(MEMBERSHIP, "online LiRA", 0.3, low, high)
        return judge(replace(band(0)[1], signs=(mine,)), before, references)

    assert told(0.0, 0.35).noticeable == "yes"
    assert told(0.25, 0.6).noticeable != "yes"
    says = named(told(0.0, 0.35), "AUC beyond the retrained models'").says
    assert says.startswith("forgotten pictures look less familiar than to a model that never saw")


def test_a_contracted_set_is_pointed_at_by_a_judge_of_features_alone() -> None:
    """Membership says how like training data samples look, not where the forgotten ones are."""

    def told(features: float, member: float) -> Verdict:
        signs = (Sign("rbf", "features", features, features, features), *membership(member))
        mine = replace(model(80.0), signs=signs, radius_ratio=0.01)
        others = [replace(model(each), signs=signs, radius_ratio=1.0) for each in (78.0, 80.0)]
        return judge(mine, original(3), others)

    assert told(0.8, 0.5).noticeable == "yes"
    assert told(0.6, 0.8).noticeable == "no"


def test_the_forgotten_are_tighter_than_in_the_tightest_retrained_model() -> None:
    """Beside the widest they would look contracted where one retrained model has the same."""

    def told(ours: float | Undefined, *theirs: float | Undefined, auc: float = 0.8) -> Verdict:
        signs = (Sign("rbf", "features", auc, auc, auc),)
        mine = replace(model(80.0), signs=signs, radius_ratio=ours)
        others = [
            replace(model(80.0, f"retrained {n}"), signs=signs, radius_ratio=each)
            for n, each in enumerate(theirs)
        ]
        return judge(mine, original(3), others)

    times = Thresholds().tighter
    found = told(0.01, 1.0, 0.02 * times, 0.05 * times)
    tighter = named(found, "tighter than in the retrained models")
    assert tighter.value == pytest.approx(2 * times)
    assert found.noticeable == "yes"
    assert f"at least {0.02 * times:.2g} times" in tighter.says
    assert told(0.01, 1.0, 0.005 * times, 1.0).noticeable == "no"

    lost = Undefined("damaged")
    found = told(0.01, lost, 0.02 * times, 0.05 * times)
    assert named(found, tighter.name).value == tighter.value, "one lost figure hides nothing"
    assert "in 2 of 3 retrained models at least" in named(found, tighter.name).says
    unknown = "width of the forgotten features over that of the retained ones (damaged)"
    for auc in (0.8, 0.95):  # where judges have room to find more, and where they have none
        for who, found in {
            "retrained 0": told(0.01, lost, lost, lost, auc=auc),
            "this model": told(lost, 1.0, 1.0, 1.0, auc=auc),
        }.items():
            assert found.noticeable is None
            assert f"{who}: {unknown}" in found.missing
    assert told(lost, 1.0, 1.0, 1.0, auc=0.6).noticeable == "no", "nobody could point at it"


def test_what_is_left_of_answers_counts_from_the_most_that_a_retrained_model_answers() -> None:
    def answering(value: float) -> Dossier:
        return replace(model(80.0), accuracy=replace(band(3)[0].accuracy, forget_test=value))

    def left(value: float) -> Check:
        others = Band([answering(each) for each in (5.0, 40.0, 10.0)])
        found = Questions(answering(value), answering(90.0), others, Thresholds()).left()
        assert found is not None
        return found

    found = left(60.0)
    assert found.value == pytest.approx(40.0)  # of the way from 40 to 90
    size = band(3)[0].sizes["forget_test"]
    low, high = difference(60.0, 40.0, wilson(60.0, size), wilson(40.0, size))
    assert found.interval == pytest.approx((2 * low, 2 * high))
    assert not found.holds
    assert left(66.0).holds


def test_where_every_retrained_model_shows_it_no_judge_could_find_more() -> None:
    """As of whole classes: then the answer is that of the retrained models, and no word of ours."""

    def told(ours: float, theirs: float) -> Verdict:
        mine, others = (Sign("rbf", "features", auc, auc, auc) for auc in (ours, theirs))
        retrained = [replace(model(each), signs=(others,)) for each in (76.0, 78.0, 80.0)]
        return judge(replace(model(80.0), signs=(mine,)), original(3), retrained)

    assert told(1.0, 0.95).noticeable == RETRAINED
    assert told(1.0, 0.95).words == RETRAINED
    assert told(1.0, 0.85).noticeable == "yes"  # there was room, and it is used
    assert told(0.9, 0.85).noticeable == "no"
    assert told(0.6, 0.95).noticeable == "no"  # nobody could point at it


def mapped(recovered: float, place: str = "features", **changes: object) -> Attempt:
    made = Attempt("affine", place, "pooled", "all", 0, recovered, 200, 33.3)
    return replace(made, **changes)


def beside(mine: tuple[Attempt, ...], *others: tuple[Attempt, ...]) -> Verdict:
    """The verdict on these attempts, each retrained model with attempts of its own."""
    retrained = [replace(model(0), attempts=each) for each in others]
    return judge(replace(model(0), attempts=mine), original(3), retrained)


def test_beyond_is_less_than_from_the_least_of_the_band() -> None:
    most, least = (mapped(90.0), attempt(90.0)), (mapped(30.0), attempt(30.0))
    mine = (mapped(28.0), attempt(28.0))
    assert beside(mine, most, most, most).gone == "beyond"
    assert beside(mine, most, most, least).gone == RETRAINED


def test_beyond_wants_the_map_of_the_last_block_below() -> None:
    def told(stage1: float, features: float) -> str | None:
        theirs = (mapped(90.0, "stage1"), mapped(90.0), attempt(90.0))
        mine = (mapped(stage1, "stage1"), mapped(features), attempt(28.0))
        return beside(mine, theirs, theirs, theirs).gone

    assert told(stage1=90.0, features=28.0) == "beyond"
    assert told(stage1=28.0, features=90.0) == RETRAINED
    before = mapped(90.0, "stage1", view="unpooled")  # what the features are pooled from
    theirs = (before, mapped(90.0), attempt(90.0))
    found = beside((before, mapped(28.0), attempt(28.0)), theirs, theirs, theirs)
    assert found.gone == RETRAINED


@pytest.mark.parametrize("holds", ["all", "retain"])
def test_whoever_gets_more_at_a_block_counts_for_the_depth(holds: str) -> None:
    def attempts(recovered: float) -> tuple[Attempt, ...]:
        return mapped(60.0, "stage1"), mapped(recovered, holds=holds)

    def told(recovered: float) -> Verdict:
        return beside(attempts(recovered), *[attempts(50.0)] * 3)

    assert (told(95.0).gone, told(95.0).depth) == ("hidden", None)
    assert told(50.0).depth == "stage1"


def test_of_one_attackers_attempts_the_best_counts() -> None:
    once, twice = (attempt(90.0),), (attempt(90.0), attempt(20.0))
    found = beside((attempt(20.0), attempt(98.0)), once, once, once)
    assert found.gone == "hidden"
    assert found.furthest == attempt(98.0)
    assert beside((attempt(90.0),), twice, twice, twice).gone == RETRAINED


def test_without_a_model_a_reference_or_a_figure_there_is_no_answer() -> None:
    assert judge(model(1), None, band(3)).missing == ("the original model",)
    assert judge(model(1), original(3), []).missing == ("a retrained model",)
    diverged = Dossier("this model", Undefined("x"), failed="diverged, at step 120")
    assert judge(diverged, original(3), band(3)).missing == ("this model: diverged, at step 120",)
    failed = replace(original(3), failed="diverged")
    assert judge(model(1), failed, band(3)).missing == ("the original model",)
    for mine in (model(1), original(3)):  # a retrained model that failed is no model of the band
        among = judge(mine, original(3), [failed, *band(3)])
        assert among.to_dict() == judge(mine, original(3), band(3)).to_dict()
    assert judge(model(1), None, [failed]).missing == ("the original model", "a retrained model")
    blind = replace(model(80.0), signs=())
    retrained = [model(value) for value in (86.0, 88.0, 90.0)]
    found = judge(blind, original(3), retrained)
    assert found.noticeable is None
    assert found.missing == ("separability of this and the retrained models by the same judge",)
    unknown = replace(model(80.0), accuracy=Undefined("evidence was not computed yet"))
    found = judge(unknown, original(3), retrained)
    assert (found.gone, found.kept) == (None, None)
    assert "this model: accuracy forget test (evidence was not computed yet)" in found.missing
    through = replace(model(99.0), accuracy=Undefined("evidence was not computed yet"))
    low = [model(value) for value in (36.0, 38.0, 40.0)]
    assert judge(through, original(3), low).gone is None, "what it answers itself is not known"


def test_nobody_is_told_that_answers_are_gone_which_are_not_known() -> None:
    """One attacker is enough for *hidden*; but the word says of the answers that they are gone."""
    unknown = Undefined("evidence is damaged")
    blind = replace(original(3), accuracy=unknown)
    one_lost = [replace(band(3)[0], accuracy=unknown), *band(3)[1:]]
    for mine, others in ((blind, band(3)), (original(3), one_lost)):
        found = judge(mine, mine, others)
        assert (found.gone, found.furthest is not None) == (None, True)
        assert "answers are gone" not in found.why
        assert any("forget test (evidence is damaged)" in each for each in found.missing)
    # of an original that nobody asked: whatever it answers, these have few left, or most
    low = [model(value) for value in (36.0, 38.0, 40.0)]
    assert judge(model(99.0), blind, low).gone == "hidden"
    told = judge(replace(original(3), who="this model"), blind, band(3))
    assert told.gone == "no"
    assert "original it is not known, at most 100.0 %" in told.why


def test_without_an_original_what_is_found_is_found_and_nothing_is_called_gone() -> None:
    low = [model(value) for value in (36.0, 38.0, 40.0)]
    found = judge(model(99.0), None, low)
    assert (found.gone, found.noticeable, found.kept) == ("hidden", RETRAINED, "yes")
    assert judge(model(37.0), None, low).gone is None  # with one it would be as retrained
    answers = replace(original(3), who="this model")
    told = judge(answers, None, low)
    assert told.gone == "no"  # more than half of any lead there could be
    assert "original it is not known, at most 100.0 %" in told.why


def test_nothing_found_says_nothing_where_the_original_could_not_be_told_either() -> None:
    """Else a model of which nothing was removed is called as in retrained models."""

    def told(first: Dossier) -> Verdict:
        return judge(model(88.0), first, [model(value) for value in (86.0, 88.0, 90.0)])

    alike = replace(original(3), attempts=(attempt(90.0),))
    alike = replace(alike, accuracy=band(3)[0].accuracy, signs=())
    found = told(alike)
    assert found.gone is None
    assert any("tells even the original" in each for each in found.missing)
    assert "tells even the original" in found.why
    assert told(replace(alike, attempts=(attempt(99.0),))).gone == RETRAINED
    assert judge(model(99.0), alike, [model(86.0)] * 3).gone == "hidden", "what is found is found"


def test_without_a_band_only_whether_the_rest_was_kept_can_be_told() -> None:
    found = judge(model(99.0), original(3), [])
    assert (found.gone, found.noticeable, found.kept) == (None, None, "yes")
    assert (found.depth, found.furthest, found.band) == (None, None, 0)
    assert "Missing: a retrained model" in found.why
    assert judge(model(99.0), None, []).missing == ("the original model", "a retrained model")


def test_confidence_comes_from_intervals_and_from_seeds() -> None:
    clear, close = verdict(70.0, others=(96.0, 97.0, 98.0)), verdict(98.0)
    assert clear.confidence.level == "medium"  # one seed
    assert close.confidence.level == "low"  # 98 against 90 of 200 pictures: the interval has 5
    assert consensus([clear] * 3).confidence == "high"
    assert consensus([clear] * 2).confidence == "medium"
    assert consensus([close] * 3).confidence == "low"  # all three may lie on the line
    apart = consensus([clear, close, close])
    assert (apart.confidence, apart.verdict.reason[:18]) == ("low", "the seeds disagree")
    assert consensus([]).counts == {}
    alone = judge(model(1), None, [])
    assert consensus([alone]).verdict == Undefined("no seed has one")


def test_one_unsure_seed_or_one_that_shows_nothing_alone_makes_seeds_less_sure() -> None:
    clear, close = verdict(70.0, others=(96.0, 97.0, 98.0)), verdict(92.0)
    assert clear.words == close.words
    assert [each.confidence.level for each in (clear, close)] == ["medium", "low"]
    assert consensus([clear, clear, close]).confidence == "medium"
    assert consensus([clear, close]).confidence == "low"
    hidden = verdict(98.0, others=(20.0, 21.0, 22.0))
    assert (hidden.gone, hidden.confidence.level) == ("hidden", "medium")
    joined = consensus([hidden, hidden, clear], Check.above("together", 20.0, 5.0, ""))
    assert (joined.verdict, joined.confidence) == (hidden.words, "medium")


def test_one_clear_attacker_is_enough_to_be_sure_of_hidden() -> None:
    """Whom another attacker's close call beside him does not weaken, nor one about the rest."""
    theirs = (mapped(20.0), attempt(90.0))
    found = beside((mapped(99.0), attempt(98.0)), theirs, theirs, theirs)
    beyond = {
        c.says.split(" gets")[0].rstrip(","): c
        for c in found.checks
        if c.name.startswith("recovered")
    }
    assert {words: check.close for words, check in beyond.items()} == {
        mapped(99.0).words: False,
        attempt(98.0).words: True,
    }
    assert (found.gone, found.confidence.level) == ("hidden", "medium")
    alone = beside((mapped(20.0), attempt(98.0)), theirs, theirs, theirs)
    assert (alone.gone, alone.confidence.level) == ("hidden", "low")


def test_one_call_over_its_line_makes_a_guess_of_gone_however_clear_the_answers_are() -> None:
    found = verdict(92.0)
    left, nearest = (
        named(found, n) for n in ("answers left", "recovered beyond the retrained models")
    )
    assert (left.close, nearest.close, nearest.near) == (False, True, False)
    assert found.gone == RETRAINED
    assert (found.confidence.level, found.confidence.closest) == ("low", nearest.name)


def test_how_sure_one_is_that_it_is_gone_does_not_depend_on_what_was_kept() -> None:
    kept = band(3)[0].accuracy

    def told(lost: float) -> Verdict:
        accuracy = replace(kept, retain_test=kept.retain_test - lost)
        return verdict(70.0, others=(96.0, 97.0, 98.0), accuracy=accuracy)

    damage = Thresholds().damage
    clear, near = told(0.0), told(damage + 0.1)
    assert named(near, "retain test accuracy lost").close
    assert near.gone == clear.gone == RETRAINED
    assert near.confidence == clear.confidence
    assert near.confidence.level == "medium"


def test_one_retrained_model_is_no_band_and_it_is_said() -> None:
    found = verdict(98.0, others=(90.0,))
    assert found.band == 1
    assert any("no band" in note for note in found.notes)


def test_sensitivity_names_the_thresholds_that_change_a_word() -> None:
    found = verdict(97.0, others=(88.0, 89.0, 90.0))
    assert found.gone == "hidden"
    flips = {flip.threshold: flip for flip in found.sensitivity}
    assert flips["points"].value == 10.0
    assert flips["points"].words.startswith(RETRAINED)
    assert verdict(20.0).sensitivity == ()


@pytest.mark.parametrize("line", [each.name for each in fields(Thresholds)])
def test_attackers_are_compared_anew_where_a_line_of_theirs_moves(line: str) -> None:
    usual = Thresholds()
    other = usual.replace(**{line: 0.6 if line == "visible" else getattr(usual, line) / 2})
    moved = set()
    cases = [
        (model(92.0), original(3), [model(value) for value in others])
        for others in ((88.0,), (86.0, 88.0, 90.0), (30.0, 60.0, 90.0))
    ]
    # seven times tighter, where all pictures get the one answer that is right
    point = mapped(97.0, holds="retain", one_answer=True, luck=10.0, constant=100.0)
    wide = [replace(model(0), attempts=(mapped(5.0, holds="retain"),), radius_ratio=0.7)] * 3
    blocks = ("stage1", "features")
    tight = replace(model(0), attempts=(point,), radius_ratio=0.1, blocks=blocks)
    never = [replace(each, signs=membership(0.5)) for each in band(0)]
    knows = replace(original(0), signs=membership(0.7))
    cases += [(tight, original(3), wide), (replace(never[0], signs=knows.signs), knows, never)]
    for mine, before, others in cases:
        first, anew = (Questions(mine, before, Band(others), t) for t in (usual, other))
        moved.add(first.gained == anew.gained)
        for kept in ("gained", "remembered", "judged"):
            assert getattr(first, kept) is not None  # known before the lines move
            assert getattr(first.with_lines(other), kept) == getattr(anew, kept)
    assert (False in moved) == (line in OF_ATTACKERS)


def test_thresholds_stand_in_the_rule() -> None:
    text = rules(Thresholds(damage=1.0, points=7.0))
    assert "above 1 points" in text
    assert "more than 7 points" in text
    for word in GONE:
        assert f"**{word}**" in text
    with pytest.raises(ConfigError):
        Thresholds(damage=-1)


def test_words_in_one_line() -> None:
    for gone in GONE:
        for noticeable in NOTICEABLE:
            for kept in KEPT:
                assert in_words(gone, noticeable, kept)
    assert in_words("hidden", RETRAINED, "yes") == "hidden"
    assert in_words("no", "no", "yes") == "not gone, not noticeable"
    assert in_words("beyond", "yes", "no") == "gone beyond retraining, noticeable, damaged"
    assert in_words(None, None, None) == "none"


def test_a_check_without_a_threshold_still_has_a_margin() -> None:
    assert Check.above("x", 1.0, 0.0, "").holds
    assert not Check.above("x", 0.0, 0.0, "").holds
    assert Check.times("x", 1.0, 1.0, "").margin == 0


def test_an_interval_over_the_line_is_a_close_call() -> None:
    assert Check.above("x", 8.0, 5.0, "", interval=(4.0, 12.0)).close
    assert not Check.above("x", 8.0, 5.0, "", interval=(6.0, 10.0)).close
    assert Check.above("x", 5.5, 5.0, "").close
    assert not Check.above("x", 7.0, 5.0, "").close


def test_damage_to_one_class_alone() -> None:
    found = judged(3, world(3).harmed_neighbour())
    assert found.kept == "one class harmed"


def test_the_dossier_is_of_the_attacks_it_was_under() -> None:
    made = dossier(world(3), world(3).original)
    assert {a.place for a in made.attempts} == {"logits", "stage1", "features", "last 1"}
    assert made.attempt(("affine", "stage1", "pooled", "all", 0)) is not None
