"""Where forgetting lives, from figures that leave no doubt."""

from __future__ import annotations

from dataclasses import replace

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
    RelearnedPictures,
    RelearnedShots,
    ReopenedResult,
)
from opcviz.verdict.places import Attacked, Places, places

QUALITY = PictureQuality(99.0, {}, 0.3, 0.15, 0.9, 0.7, 1.8, 2.1, 450)


# What is judged, what is found quickly and what there is at a curve's ends leads astray everywhere.


def drawn(genuine: float, inside: float = 90.0, kept: float = 99.0) -> GenerationResult:
    shown = DrawnPictures(100.0, genuine, 0.0, inside, 0.1, {}, 400)
    judge = JudgeReport(99.0, {}, {}, 0)
    quality = replace(QUALITY, accuracy=kept)
    return GenerationResult(shown, shown, quality, 3.0, Undefined("none"), judge, False, 25, 1.0)


def regrown(genuine: float) -> RegenerationResult:
    ends = Regrowth(0, 100.0, 0.0), Regrowth(100, 100.0, 0.0)
    return RegenerationResult((ends[0], Regrowth(25, 90.0, genuine), ends[1]), 200)


def attacked(genuine: float, *sooner: float, after: float = 0.0) -> Attacked:
    def search(share: float) -> AddressSearch:
        return AddressSearch(100.0, share, 0.3, "mean", (0,), (), (), 36, 200)

    few = sooner or (0.0, 50.0, 80.0)
    curve = tuple(Regrowth(at, 100.0, share) for at, share in zip((10, 20, 40), few, strict=True))
    relearned = RelearnedPictures((RelearnedShots(10, curve),), 200)
    address = AddressResult(search(100 - genuine), search(genuine))
    return Attacked(address, relearned, ReopenedResult(100, search(after)))


NEVER = attacked(40.0, after=40.0)


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
    told = places(drawn(asked), regrown(back), attacked(found), NEVER)
    assert told.place == place
    assert said in told.told[0]


def test_what_belongs_to_no_class_is_conspicuous() -> None:
    attacks = regrown(0.0), attacked(0.0), attacked(0.0)
    assert places(drawn(0.0, 80.0), *attacks).conspicuous is False
    odd = places(drawn(0.0, 3.0), *attacks)
    assert odd.conspicuous is True
    assert "3 %" in odd.told[1]


def test_who_learns_it_sooner_than_a_model_that_never_saw_it_still_has_it() -> None:
    def of(*few: float) -> Places:
        return places(drawn(0.0), regrown(0.0), attacked(5.0, *few), NEVER)

    assert of(0.0, 96.0, 80.0).place == "weights"
    said = "96 % genuine after 20 steps on 10 pictures of the class, the retrained model 50 %"
    assert said in of(0.0, 96.0, 80.0).told[0]
    row = places(drawn(0.0), regrown(0.0), attacked(5.0, after=68.0), NEVER)
    assert row.place == "weights", "two attacks in a row"
    assert "68 % genuine under an address that was looked for after 100 steps" in row.told[0]
    assert of(0.0, 55.0, 84.0).place == "trunk"  # within what 200 pictures can tell
    assert of(0.0, 0.0, 10.0).place == "trunk"


def test_who_draws_nothing_any_more_has_no_place() -> None:
    found = places(drawn(0.0, kept=60.0), regrown(0.0), attacked(0.0), NEVER)
    assert isinstance(found.place, Undefined)
    assert "no longer draws the other classes: 60 % are right" in found.place.reason


def test_a_missing_attack_leaves_the_place_open() -> None:
    why = Undefined("regeneration was not computed yet")
    none = Attacked(why, why, why)
    assert places(drawn(0.0), why, attacked(0.0), NEVER).place == why
    assert places(drawn(99.0), why, none, none).place == "nowhere"
    assert places(drawn(0.0), regrown(90.0), none, none).place == "answer"
    gone = places(why, why, none, none)
    assert (gone.place, gone.conspicuous) == (why, why)
    for mine, theirs in ((attacked(0.0), none), (none, NEVER)):
        assert places(drawn(0.0), regrown(0.0), mine, theirs).place == why
    for lacks in (
        replace(NEVER, relearned=why),
        replace(NEVER, address=why),
        replace(NEVER, reopened=why),
    ):
        assert places(drawn(0.0), regrown(0.0), attacked(0.0), lacks).place == why
        assert places(drawn(0.0), regrown(0.0), lacks, NEVER).place == why
