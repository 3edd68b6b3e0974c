"""Where forgetting lives, from figures that leave no doubt."""

from __future__ import annotations

import pytest

from opcviz.common.records import Undefined
from opcviz.results import (
    AddressResult,
    AddressSearch,
    DrawnPictures,
    GenerationResult,
    JudgeReport,
    PictureQuality,
    RegenerationResult,
    Regrowth,
)
from opcviz.verdict.places import places

QUALITY = PictureQuality(99.0, {}, 0.3, 0.15, 0.9, 0.7, 1.8, 2.1, 450)


def drawn(genuine: float, inside: float = 90.0) -> GenerationResult:
    shown = DrawnPictures(genuine, genuine, 0.0, inside, 0.1, {}, 400)
    judge = JudgeReport(99.0, {}, {}, 0)
    return GenerationResult(shown, shown, QUALITY, 3.0, Undefined("none"), judge, False, 25, 1.0)


def regrown(genuine: float) -> RegenerationResult:
    return RegenerationResult((Regrowth(0, 0.0, 0.0), Regrowth(25, genuine, genuine)), 200)


def inverted(genuine: float) -> AddressResult:
    search = AddressSearch(genuine, genuine, 0.3, "mean", (0,), (), (), 36, 200)
    return AddressResult(search, search)


@pytest.mark.parametrize(
    ("asked", "back", "found", "place", "said"),
    [
        (99.0, 99.0, 99.0, "nowhere", "still draws it: 99 % genuine"),
        (0.0, 35.0, 99.0, "answer", "after 25 steps"),
        (0.0, 1.0, 99.0, "address", "99 % genuine, the retrained model 40 %"),
        (0.0, 1.0, 45.0, "trunk", "45 % genuine"),  # within what 200 pictures can tell
        (0.0, 1.0, 5.0, "trunk", "5 % genuine"),
        (2.0, 6.0, 5.0, "trunk", "5 % genuine"),  # 12 of 200 could be 3 %
    ],
)
def test_a_place_is_the_deepest_that_no_attack_reached(
    asked: float, back: float, found: float, place: str, said: str
) -> None:
    told = places(drawn(asked), regrown(back), inverted(found), inverted(40.0))
    assert told.place == place
    assert said in told.told[0]


def test_what_belongs_to_no_class_is_conspicuous() -> None:
    attacks = regrown(0.0), inverted(0.0), inverted(0.0)
    assert places(drawn(0.0, 80.0), *attacks).conspicuous is False
    odd = places(drawn(0.0, 3.0), *attacks)
    assert odd.conspicuous is True
    assert "3 %" in odd.told[1]


def test_a_missing_attack_leaves_the_place_open() -> None:
    why = Undefined("regeneration was not computed yet")
    assert places(drawn(0.0), why, inverted(0.0), inverted(0.0)).place == why
    assert places(drawn(99.0), why, why, why).place == "nowhere"
    assert places(drawn(0.0), regrown(90.0), why, why).place == "answer"
    gone = places(why, why, why, why)
    assert (gone.place, gone.conspicuous) == (why, why)
    found = inverted(0.0)
    assert places(drawn(0.0), regrown(0.0), found, Undefined("no retrained")).place == Undefined(
        "no retrained"
    )
