"""The verdict: constructed models receive theirs, and without evidence there is none."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from constructed import World
from examined import consensus, judge

from opcviz.common.config import ConfigError
from opcviz.verdict.rules import VERDICTS, Check, Thresholds, rules

CLASSES = {
    "identity": ("not forgotten", None),
    "head_edit": ("shallow", None),
    "rotated_head": ("damaged", None),
    "retrain": ("deep", "like retraining"),
    "collapsed": ("deep but conspicuous", "beyond retraining"),
    "retain_like": ("deep", "beyond retraining"),
    "destroyed": ("damaged", None),
    "harmed_neighbour": ("over-forgotten", None),
}
ONE_CLASS = CLASSES | {"collapsed": ("deep but conspicuous", None)}
SAMPLES = {
    "identity": ("not forgotten", None),
    "head_edit": ("shallow", None),
    "rotated_head": ("damaged", None),
    "retrain": ("deep", "like retraining"),
    "collapsed": ("over-forgotten", None),  # a point answers less than a model that never saw it
    "destroyed": ("damaged", None),
    "wrong_on_forget": ("over-forgotten", None),
}
CASES = [
    (forgotten, name, expected)
    for forgotten, table in ((3, CLASSES), (1, ONE_CLASS), (0, SAMPLES))
    for name, expected in table.items()
]


@cache
def world(forgotten: int, seed: int = 0) -> World:
    return World(forgotten, seed)


@cache
def evidence(forgotten: int, name: str, seed: int = 0) -> dict[str, Any]:
    return world(forgotten, seed).evidence(getattr(world(forgotten, seed), name)())


def verdict(forgotten: int, numbers: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    home = world(forgotten)
    return judge(numbers, *home.references(), **({"sizes": home.sizes()} | more))


@pytest.mark.parametrize(("forgotten", "name", "expected"), CASES)
def test_every_constructed_model_receives_its_verdict(
    forgotten: int, name: str, expected: tuple[str, str | None]
) -> None:
    found = verdict(forgotten, evidence(forgotten, name))
    assert (found["verdict"], found["level"]) == expected
    assert found["missing"] == []
    assert 1 <= len(found["numbers"]) <= 3
    assert found["confidence"]["level"] in ("low", "medium", "high")
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", CLASSES)
def test_other_draws_of_the_world_change_no_verdict(name: str, seed: int) -> None:
    home = world(3, seed)
    found = judge(evidence(3, name, seed), *home.references(), sizes=home.sizes())
    assert (found["verdict"], found["level"]) == CLASSES[name]


@pytest.mark.parametrize(("forgotten", "name", "expected"), CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_an_affine_change_of_the_features_changes_no_verdict(
    forgotten: int, name: str, expected: tuple[str, str | None], seed: int
) -> None:
    home = world(forgotten)
    found = verdict(forgotten, home.evidence(home.mapped(getattr(home, name)(), seed)))
    assert (found["verdict"], found["level"]) == expected


def test_one_class_at_a_point_names_its_class_and_is_not_called_shallow() -> None:
    """Features at the origin: any map gives them one answer, right for all of them or for none."""
    numbers = copy.deepcopy(evidence(1, "collapsed"))
    for attack in ("fm", "hr"):
        numbers["recovery"][attack]["retain"] |= {"forget_accuracy": 100.0, "recall": {"0": 100.0}}
    found = verdict(1, numbers)
    assert found["verdict"] == "deep but conspicuous"
    assert any("names the class" in note for note in found["notes"])
    numbers["collapse"]["radius_ratio"] = evidence(1, "retrain")["collapse"]["radius_ratio"] / 2
    assert verdict(1, numbers)["verdict"] == "shallow"


def test_a_constant_answer_by_luck_is_not_shallow() -> None:
    numbers = copy.deepcopy(evidence(3, "collapsed"))
    for attack in ("fm", "hr"):
        entry = numbers["recovery"][attack]["retain"]
        entry |= {"forget_accuracy": 33.3, "recall": {"0": 100.0, "1": 0.0, "2": 0.0}}
    assert verdict(3, numbers)["verdict"] == "deep but conspicuous"
    for attack in ("fm", "hr"):
        entry = numbers["recovery"][attack]["retain"]
        entry["recall"] = {"0": 60.0, "1": 30.0, "2": 10.0}
    assert verdict(3, numbers)["verdict"] == "shallow"


def test_who_knows_what_is_forgotten_may_fit_on_it_alone() -> None:
    """Features shrunk a thousandfold still hold all: only that attacker sees it."""
    home = world(3)
    numbers = copy.deepcopy(home.evidence(home.shrunk()))
    original, retrained = copy.deepcopy(home.references())
    assert numbers["recovery"]["fm"]["forget"]["forget_accuracy"] > 99
    assert judge(numbers, original, retrained)["level"] == "like retraining"
    for told in (numbers, original, retrained):
        for attack in ("fm", "hr", "hr_labels"):
            del told["recovery"][attack]["forget"]
    unseen = judge(numbers, original, retrained)
    assert unseen["level"] == "beyond retraining"
    assert any("fits on them alone" in note for note in unseen["notes"])
    for told, value in ((numbers, 100.0), (original, 100.0), (retrained, 95.0)):
        told["recovery"]["fm"]["forget"] = {"forget_accuracy": value}
    seen = judge(numbers, original, retrained)
    assert (seen["verdict"], seen["level"]) == ("deep but conspicuous", "like retraining")
    assert not any("fits on them alone" in note for note in seen["notes"])
    retrained["recovery"]["fm"]["forget"] = {"forget_accuracy": 70.0}
    assert judge(numbers, original, retrained)["verdict"] == "shallow"


def test_the_retrained_models_recovery_is_explained() -> None:
    found = verdict(3, evidence(3, "retrain"))
    assert any("from the retrained model" in note for note in found["notes"])
    assert found["confidence"]["level"] == "high"


def test_a_deep_model_with_a_telling_block_says_so() -> None:
    numbers = copy.deepcopy(evidence(3, "collapsed"))
    block = {"name": "stage2", "recovery": {"fm": {"all": {"forget_accuracy": 95.0}}}}
    numbers["blocks"] = [block, {"name": "stage3"}]
    assert any("'stage2'" in note and "95.0" in note for note in verdict(3, numbers)["notes"])


def test_damage_names_what_holds_besides() -> None:
    assert verdict(3, evidence(3, "rotated_head"))["also"] == ["over-forgotten", "shallow"]
    assert "shallow" not in verdict(3, evidence(3, "destroyed"))["also"]


def test_random_answers_are_not_a_trace() -> None:
    """One in seven right by chance is more than a retrained model's 0 %, and means nothing."""
    numbers = copy.deepcopy(evidence(3, "retrain"))
    numbers["accuracy"]["forget_train"] = 100 / 7
    assert verdict(3, numbers)["verdict"] == "deep"
    numbers["accuracy"]["forget_train"] = 40.0
    assert verdict(3, numbers)["verdict"] == "shallow"


def test_standing_apart_betrays_where_the_retrained_model_does_not() -> None:
    numbers, original, retrained = (
        copy.deepcopy(evidence(3, name)) for name in ("retrain", "identity", "retrain")
    )
    retrained["separability"] |= {"linear": 0.55, "knn": 0.5}
    numbers["separability"] |= {"linear": 0.6, "knn": 0.58}
    assert judge(numbers, original, retrained)["verdict"] == "deep"
    numbers["separability"]["knn"] = 0.9
    assert judge(numbers, original, retrained)["verdict"] == "deep but conspicuous"


# ---- missing evidence ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (("accuracy", "retain_test"), "this model: accuracy retain test"),
        (("accuracy", "forget_train"), "this model: accuracy forget train"),
        (("recovery",), "this model: recovery fm all"),
        (("separability",), "this model: separability"),
        (("collapse",), "this model: collapse radius ratio"),
    ],
)
def test_without_a_figure_there_is_no_verdict(path: tuple[str, ...], told: str) -> None:
    numbers = copy.deepcopy(evidence(3, "collapsed"))
    holder = numbers
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = {} if isinstance(holder[path[-1]], dict) else None
    found = verdict(3, numbers)
    assert found["verdict"] is None
    assert found["confidence"] is None
    assert found["numbers"] == []
    assert any(line.startswith(told) for line in found["missing"])
    assert told in found["why"]


def test_a_number_that_is_none_decides_nothing() -> None:
    numbers = copy.deepcopy(evidence(3, "retrain"))
    numbers["accuracy"]["retain_test"] = float("nan")
    assert verdict(3, numbers)["missing"] == ["this model: accuracy retain test"]
    numbers = copy.deepcopy(evidence(3, "retrain"))
    for attack in ("fm", "hr", "hr_labels"):
        numbers["recovery"][attack]["all"]["forget_accuracy"] = float("nan")
    assert verdict(3, numbers)["missing"] == ["this model: recovery fm all forget accuracy"]


def test_reasons_are_handed_on_and_all_that_is_missing_is_listed() -> None:
    nothing = {"forget_accuracy": None, "reason": "evidence was not computed yet"}
    numbers = copy.deepcopy(evidence(3, "retrain"))
    numbers["recovery"] = {a: {"all": nothing, "retain": nothing} for a in ("fm", "hr")}
    numbers["separability"] = {"linear": None, "knn": None, "reason": "not computed"}
    missing = verdict(3, numbers)["missing"]
    assert len(missing) == len(set(missing)) == 3
    assert "(evidence was not computed yet)" in missing[0]
    assert "separability linear (not computed)" in missing[2]


def test_an_accuracy_that_decides_needs_no_more() -> None:
    numbers = copy.deepcopy(evidence(3, "identity"))
    for name in ("recovery", "collapse", "separability"):
        del numbers[name]
    assert verdict(3, numbers)["verdict"] == "not forgotten"


def test_without_a_model_or_a_reference_there_is_none() -> None:
    original, retrained = world(3).references()
    assert judge(None, original, retrained)["missing"][0] == "this model"
    assert "the retrained model" in judge(original, original, None)["missing"]
    assert "the original model" in judge(original, None, retrained)["missing"]
    diverged = {"status": "diverged", "reason": "diverged at step 120", "accuracy": {}}
    found = judge(diverged, original, retrained)
    assert found["verdict"] is None
    assert "diverged at step 120" in found["missing"][0]


def test_references_that_answer_alike_leave_it_to_membership() -> None:
    """Samples that the original hardly memorised: accuracy cannot place a model between the two."""
    original, retrained = copy.deepcopy(world(0).references())
    original["accuracy"]["forget_train"] = retrained["accuracy"]["forget_train"] + 1
    numbers = copy.deepcopy(retrained)
    missing = judge(numbers, original, retrained, sizes=world(0).sizes())["missing"]
    assert missing[0].startswith("membership evidence")
    kept = judge(numbers, original, retrained, membership=(0.68, 0.7, 0.5))
    assert kept["verdict"] == "not forgotten"
    assert kept["numbers"][0]["name"] == "membership left"
    gone = judge(numbers, original, retrained, membership=(0.52, 0.7, 0.5))
    assert (gone["verdict"], gone["level"]) == ("deep", "like retraining")
    shunned = judge(numbers, original, retrained, membership=(0.15, 0.7, 0.5))
    assert shunned["verdict"] == "over-forgotten"
    assert "treated worse than data never seen" in shunned["why"]
    alike = judge(numbers, original, retrained, membership=(0.51, 0.52, 0.5))
    assert alike["missing"][0].startswith("a trace to look for")
    for reference in (original, numbers, retrained):  # and now recovery cannot tell either
        for fits in (reference["recovery"][attack] for attack in ("fm", "hr", "hr_labels")):
            for entry in fits.values():
                entry["forget_accuracy"] = 97.0
    blind = judge(numbers, original, retrained, membership=(0.52, 0.7, 0.5))
    assert blind["verdict"] is None
    assert "recovery attacks get as much" in blind["missing"][0]


# ---- margins, intervals, thresholds -------------------------------------------------------


def moved(points: float, interval: bool) -> dict[str, Any]:
    """The retrained model with this much retain test accuracy lost."""
    original, retrained = copy.deepcopy(world(3).references())
    numbers = copy.deepcopy(retrained)
    numbers["accuracy"]["retain_test"] -= points
    sizes = world(3).sizes() if interval else None
    return judge(numbers, original, retrained, sizes=sizes)


@pytest.mark.parametrize(
    ("points", "level"),
    [
        (0.0, "high"),
        (2.4, "high"),  # half the width of 5 points from the line
        (2.6, "medium"),
        (3.9, "medium"),  # a fifth
        (4.1, "low"),
        (5.9, "low"),
        (6.1, "medium"),
        (7.4, "medium"),
        (7.6, "high"),
    ],
)
def test_confidence_is_that_of_the_closest_call(points: float, level: str) -> None:
    found = moved(points, interval=False)
    assert found["verdict"] == ("damaged" if points > 5 else "deep")
    assert found["confidence"]["level"] == level
    assert "no intervals are known" in moved(20.0, interval=False)["confidence"]["basis"]


@pytest.mark.parametrize("worse", [0, 1], ids=["original", "retrained"])
def test_accuracy_is_lost_against_the_worse_reference(worse: int) -> None:
    """Who unlearns cannot be asked for more than the original had, nor than retraining keeps."""
    references = copy.deepcopy(world(3).references())
    references[worse]["accuracy"]["retain_test"] -= 20
    numbers = copy.deepcopy(evidence(3, "retrain"))
    numbers["accuracy"]["retain_test"] = references[worse]["accuracy"]["retain_test"] - 4
    found = judge(numbers, *references)
    assert found["verdict"] == "deep"
    (lost,) = [check for check in found["checks"] if check["name"] == "retain test accuracy lost"]
    assert lost["value"] == pytest.approx(4)
    numbers["accuracy"]["retain_test"] -= 2
    assert judge(numbers, *references)["verdict"] == "damaged"


def test_an_interval_over_the_line_is_low_confidence() -> None:
    assert moved(3.5, interval=True)["confidence"]["level"] == "low"
    assert "intervals of" in moved(3.5, interval=True)["confidence"]["basis"]
    assert moved(30.0, interval=True)["confidence"]["level"] == "high"


def test_thresholds_move_the_lines_and_stand_in_the_rule() -> None:
    strict = Thresholds(damage=1.0, points=7.0)
    numbers = copy.deepcopy(evidence(3, "retrain"))
    numbers["accuracy"]["retain_test"] -= 3
    assert verdict(3, numbers)["verdict"] == "deep"
    assert verdict(3, numbers, thresholds=strict)["verdict"] == "damaged"
    text = rules(strict)
    assert "above 1 points" in text
    assert "at least 14 points" in text
    for word in VERDICTS:
        assert f"**{word}**" in text
    with pytest.raises(ConfigError):
        Thresholds(damage=-1)


def test_a_check_without_a_threshold_still_has_a_margin() -> None:
    assert Check.above("x", 1.0, 0.0, "").holds
    assert not Check.above("x", 0.0, 0.0, "").holds
    assert Check.times("x", 1.0, 1.0, "").margin == 0


def test_seeds_that_agree_and_seeds_that_do_not() -> None:
    shallow, deep = ({"verdict": word} for word in ("shallow", "deep"))
    assert consensus([shallow, shallow]) == {"verdict": "shallow", "counts": {"shallow": 2}}
    split = consensus([deep, shallow, deep])
    assert split["verdict"] is None
    assert split["reason"] == "the seeds disagree: 2 × deep, 1 × shallow"
    assert consensus([{"verdict": None}])["reason"] == "no seed has one"
    assert consensus([])["counts"] == {}
