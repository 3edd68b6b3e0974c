"""Few retrained models, or wrong ones: no word hangs on which were brought."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from dossiers import band, original

from opcviz.results import Attempt
from opcviz.verdict import Dossier, Verdict, judge
from opcviz.verdict.dossier import Band

RETRAINED = "as in retrained models"
SCORED = 200


def attempt(recovered: float, place: str = "last 1", **changes: object) -> Attempt:
    made = Attempt("relearning", place, "whole", "shots", 10, recovered, SCORED, 33.3)
    return replace(made, **changes)


def two_kinds(recovered: float) -> tuple[Attempt, ...]:
    """Two attackers who get as much: one alone casts no doubt on a retrained model."""
    other = {"attacker": "few_shot", "view": "pooled"}
    return attempt(recovered), attempt(recovered, "features", **other)


def model(recovered: float, who: str = "this model", **changes: object) -> Dossier:
    """The retrained model of the first world, but for attacks that get so much."""
    return replace(band(3)[0], **{"who": who, "attempts": two_kinds(recovered), **changes})


def before(recovered: float) -> Dossier:
    return replace(original(3), attempts=two_kinds(recovered))


def verdict(
    recovered: float, others: tuple[float, ...], first: float | None = 98.0, **changes: object
) -> Verdict:
    retrained = [model(value, f"retrained {n}") for n, value in enumerate(others)]
    known = None if first is None else before(first)
    return judge(model(recovered, **changes), known, retrained)


# ---- one ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("first", [98.0, None])
def test_beside_one_it_is_hidden_where_it_is_nearer_to_the_original(first: float | None) -> None:
    """By more than chance; without an original half of the way to 100 % counts."""
    found = verdict(85.0, (38.0,), first)
    assert found.gone == "hidden"
    assert "more than 50 % of the way to the original's" in found.numbers[0].says.split("; ")[1]
    for short in (60.0, 72.0):  # 68 is half of the way, and 72 of 200 pictures no more by chance
        left = verdict(short, (38.0,), first)
        assert left.gone is None
        assert any("more retrained models, three in all" in each for each in left.missing)
        assert any("--retrain 3" in each for each in left.missing)
        assert verdict(short, (37.0, 38.0, 39.0), first).gone == "hidden"


def test_beside_one_an_attacker_decides_nothing_whom_the_original_gives_as_little() -> None:
    found = verdict(85.0, (38.0,), first=47.0)
    assert found.gone is None
    assert "too near to the original's 47.0 %" in found.missing[-1]


def test_what_the_original_knows_is_what_it_answers() -> None:
    """Who gets 70 % of it back where it answers all has not its 70 % as the goal."""
    answers = Attempt("answers", "logits", "whole", "nothing", 0, 100.0, SCORED, 33.3)
    knew = replace(original(3), attempts=(answers, attempt(70.0)))
    assert judge(model(66.0), knew, [model(19.0)]).gone is None
    assert judge(model(85.0), knew, [model(19.0)]).gone == "hidden"


def test_beside_one_nothing_more_than_from_it_is_as_in_it() -> None:
    found = verdict(40.0, (38.0,))
    assert (found.gone, found.confidence.level) == (RETRAINED, "low")
    assert "one retrained model" in found.confidence.basis
    assert any("no band" in note for note in found.notes)


def test_beside_one_nothing_is_beyond() -> None:
    def told(recovered: float) -> tuple[Attempt, ...]:
        held = {"attacker": "affine", "view": "pooled", "holds": "all", "given": 0}
        return attempt(recovered), attempt(recovered, "features", **held)

    retrained = [model(0, f"retrained {n}", attempts=told(90.0)) for n in range(3)]
    mine = model(0, attempts=told(20.0))
    assert judge(mine, before(98.0), retrained).gone == "beyond"
    assert judge(mine, before(98.0), retrained[:1]).gone == RETRAINED


# ---- a wrong one among them --------------------------------------------------------------------


def test_one_that_saw_the_data_is_named_and_hides_nothing() -> None:
    found = verdict(95.0, (38.0, 40.0, 96.0))
    assert found.gone == "hidden"
    assert [each.who for each in found.doubted] == ["retrained 2"]
    assert found.with_doubted.startswith(RETRAINED)
    assert found.without_doubted == found.words
    assert found.band == 2
    assert found.sensitivity == verdict(95.0, (38.0, 40.0)).sensitivity, "without it, too"
    named, both, *_ = found.notes
    assert "retrained 2, knows more than the other 2" in named
    assert "was it trained without the forgotten data?" in named
    assert f"“{found.with_doubted}”" in both
    assert f"“{found.without_doubted}”" in both
    assert Verdict.from_dict(found.to_dict(), strict=True) == found


ONE_KIND = (
    ("relearning",),
    ("own_head_centred", "own_head_standardised", "own_head_rbf"),
    ("mlp", "slope_affine", "slope_rbf"),
)


@pytest.mark.parametrize("kind", ONE_KIND)
def test_one_kind_of_attacker_alone_casts_no_doubt(kind: tuple[str, ...]) -> None:
    """What luck gives to one of them it gives to the others."""

    def made(recovered: float, who: str, *more: str) -> Dossier:
        told = [attempt(recovered, attacker=each, holds="all") for each in (*kind, *more)]
        return model(0, who, attempts=(*told, attempt(40.0, "last 2")))

    def doubted(*more: str) -> tuple[str, ...]:
        alone = [made(v, f"retrained {n}", *more) for n, v in enumerate((38.0, 40.0, 96.0))]
        first = made(98.0, "the original", *more)
        return tuple(each.who for each in judge(made(95.0, "a", *more), first, alone).doubted)

    assert doubted() == ()
    assert doubted("few_shot") == ("retrained 2",)


def test_models_of_one_name_are_told_apart() -> None:
    retrained = [model(value, "Retrained") for value in (38.0, 40.0, 96.0)]
    found = judge(model(95.0), before(98.0), retrained)
    assert (found.gone, found.band, len(found.doubted)) == ("hidden", 2, 1)


def test_of_two_that_are_as_far_apart_as_the_original_is_the_one_is_doubted() -> None:
    found = verdict(95.0, (38.0, 96.0))
    assert found.gone == "hidden"
    assert [each.who for each in found.doubted] == ["retrained 1"]
    assert found.band == 1


def test_two_that_differ_by_more_than_chance_are_said_to() -> None:
    found = verdict(50.0, (38.0, 52.0))
    assert found.doubted == ()
    assert any("two retrained models differ by 14.0 points" in note for note in found.notes)
    assert not any("differ by" in note for note in verdict(50.0, (38.0, 42.0)).notes)


def test_the_spread_of_honest_ones_is_no_doubt() -> None:
    found = verdict(50.0, (38.0, 45.0, 52.0))
    assert (found.doubted, found.with_doubted) == ((), "")


def test_who_answers_forgotten_classes_by_their_names_was_trained_on_them() -> None:
    """However alike such models are, and however many."""
    wrong = [
        model(96.0, f"retrained {n}", accuracy=original(3).accuracy, sizes=original(3).sizes)
        for n in range(3)
    ]
    found = judge(model(95.0), before(98.0), wrong)
    assert len(found.doubted) == 3
    assert found.gone is None
    assert "a retrained model" in found.missing
    assert RETRAINED not in found.with_doubted, "beside them nothing tells even the original"
    assert "knows the forgotten classes" in found.notes[0]


def test_the_order_of_retrained_models_changes_nothing() -> None:
    retrained = [model(value, f"retrained {value:.0f}") for value in (38.0, 44.0, 96.0)]
    for mine in (45.0, 95.0):
        found = [judge(model(mine), before(98.0), each) for each in permutations(retrained)]
        assert len({str(each.to_dict()) for each in found}) == 1


# ---- what is destroyed -------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_destroyed_is_not_forgotten_as_in_retrained_models() -> None:
    from dossiers import dossier, world

    home = world(3)
    found = judge(dossier(home, home.destroyed()), original(3), band(3))
    assert (found.gone, found.kept) == (None, "no")
    assert "a network that still answers" in found.missing[-1]
    assert "what is destroyed is not forgotten as in retrained models" in found.why


# ---- confidence --------------------------------------------------------------------------------


def test_another_attacker_near_his_line_lowers_the_confidence() -> None:
    def told(second: float) -> Verdict:
        retrained = [
            model(0, f"retrained {n}", attempts=(attempt(a), attempt(b, "last 2", scored=20_000)))
            for n, (a, b) in enumerate([(60.0, 30.0), (62.0, 31.0), (64.0, 32.0)])
        ]
        mine = (attempt(10.0), attempt(second, "last 2", scored=20_000))
        return judge(model(0, attempts=mine), before(98.0), retrained)

    clear = told(10.0)
    assert (clear.gone, clear.confidence.level) == (RETRAINED, "medium")
    line = next(c for c in clear.checks if c.name.startswith("recovered")).threshold
    near = told(32.0 + 0.9 * line)
    assert (near.gone, near.confidence.level) == (RETRAINED, "low")


def test_fewer_than_three_retrained_models_lower_the_confidence() -> None:
    assert verdict(95.0, (30.0, 31.0, 32.0)).confidence.level == "medium"
    found = verdict(95.0, (30.0, 31.0))
    assert (found.gone, found.confidence.level) == ("hidden", "low")
    assert "two retrained models" in found.confidence.basis


def test_among_equal_attackers_the_first_by_name_is_told_in_every_process() -> None:
    """Names in a set come in another order in every process, and the report said another one."""
    places = [f"last {n}" for n in range(9)]
    models = [model(38.0, attempts=tuple(map(attempt, [38.0] * 9, places))) for _ in range(2)]
    assert [key[1] for key in Band(models).tried] == places
