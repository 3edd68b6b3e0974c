"""Records: their JSON by type hints, reasons beside nulls, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from opcviz.common.records import Percent, Record, Share, Undefined, defined, guard


@dataclass(frozen=True)
class Inner(Record):
    value: float | Undefined
    other: float | Undefined


@dataclass(frozen=True)
class Outer(Record, reasons="table"):
    score: float | Undefined
    rates: Mapping[str, float | Undefined]
    inner: Inner | Undefined
    pair: tuple[int, float | None]
    many: tuple[str, ...] | None = None
    note: str | None = None
    row: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Always(Record, always=True):
    value: int | Undefined


WHOLE = Outer(0.5, {"a": 1.0}, Inner(1.0, 2.0), (3, None))
BROKEN = Outer(
    Undefined("no samples"),
    {"0.1": Undefined("too few"), "0.5": 0.25},
    Undefined("no model"),
    (0, 1.5),
    ("x", "y"),
    "careful",
)


def test_fields_with_their_defaults_are_left_out() -> None:
    told = {"score": 0.5, "rates": {"a": 1.0}, "pair": [3, None]}
    assert WHOLE.to_dict() == {**told, "inner": {"value": 1.0, "other": 2.0}}


def test_reasons_stand_in_a_table_by_name() -> None:
    assert BROKEN.to_dict() == {
        "score": None,
        "rates": {"0.1": None, "0.5": 0.25},
        "inner": {"reason": "no model"},
        "pair": [0, 1.5],
        "many": ["x", "y"],
        "note": "careful",
        "reason": {"score": "no samples", "rates 0.1": "too few"},
    }


def test_reasons_stand_as_one_sentence() -> None:
    one = Undefined("empty")
    assert Inner(one, one).to_dict() == {"value": None, "other": None, "reason": "empty"}
    assert Inner(one, Undefined("far")).to_dict()["reason"] == "empty; far"
    assert "reason" not in Inner(Undefined(), 1.0).to_dict()  # it is told for a larger part
    assert Always(1).to_dict() == {"value": 1, "reason": None}


@pytest.mark.parametrize("record", [WHOLE, BROKEN, Inner(Undefined("x"), 1.0), Always(2)])
def test_a_record_comes_back_from_its_json(record: Record) -> None:
    assert type(record).from_dict(record.to_dict(), strict=True) == record


def test_unknown_names_are_refused_only_when_asked() -> None:
    told = {**WHOLE.to_dict(), "later": 1}
    assert Outer.from_dict(told) == WHOLE
    with pytest.raises(ValueError, match="Outer: unknown later"):
        Outer.from_dict(told, strict=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": "high"}, "Outer.score: wants float, got 'high'"),
        ({"score": True}, "Outer.score: wants float, got True"),
        ({"pair": [1]}, "Outer.pair: wants 2 values, got 1"),
        ({"pair": None}, "Outer.pair: is null"),
        ({"inner": {"value": 1.0}}, "Outer.inner: other is missing"),
        ({"inner": 3}, "Outer.inner: wants an object, got 3"),
        ({"rates": {"a": []}}, r"Outer.rates.a: wants float, got \[\]"),
        ({"many": "text"}, "Outer.many: wants"),
        ({"many": ["x", None]}, r"Outer.many\[1\]: is null"),
        ({"many": ["x", "y", 3]}, r"Outer.many\[2\]: wants str, got 3"),
        ({"row": [0.5, 1, True]}, r"Outer.row\[2\]: wants float, got True"),
        ({"row": [0.5, 1, "2"]}, r"Outer.row\[2\]: wants float, got '2'"),
    ],
)
def test_values_of_another_type_are_refused_with_their_place(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Outer.from_dict({**WHOLE.to_dict(), **change})


def test_a_whole_number_is_a_number_and_stays_one() -> None:
    read = Inner.from_dict({"value": 3, "other": 1.5})
    assert type(read.value) is int


def test_guard_gives_the_first_reason_that_holds() -> None:
    assert guard((False, "a"), (1, "b"), (True, "c")) == Undefined("b")
    assert guard((0, "a"), ([], "b")) is None
    assert (guard((False, "a")) or 4) == 4


def test_defined() -> None:
    assert [defined(each) for each in (0.0, None, Undefined("x"))] == [True, False, False]


@dataclass(frozen=True)
class Ranged(Record):
    accuracy: Percent | Undefined
    aucs: tuple[Share | None, ...] = ()
    recall: Mapping[str, Percent] | None = None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"accuracy": 140.0}, "Ranged.accuracy"),
        ({"accuracy": -1}, "Ranged.accuracy"),
        ({"accuracy": float("nan")}, "Ranged.accuracy"),
        ({"aucs": [0.5, None, 1.5]}, "Ranged.aucs[2]"),
        ({"recall": {"0": 100.0, "1": 101.0}}, "Ranged.recall.1"),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_its_place(change: dict, where: str) -> None:
    fine = {"accuracy": 100.00000001, "aucs": [0.0, None, 1.0], "recall": {"0": 3}}
    assert Ranged.from_dict(fine).accuracy == 100.00000001
    with pytest.raises(ValueError, match=re.escape(f"{where}: ")):
        Ranged.from_dict(fine | change)
