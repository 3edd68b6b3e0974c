"""Kinds and records: what `measure` may return, and what `read` gives back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from opcviz.artefacts import Kind, Made, get_kind
from opcviz.artefacts.kind import as_made
from opcviz.common.records import Record, Undefined
from opcviz.results import SimilarityResult


@dataclass(frozen=True)
class Margin(Record):
    mean: float | Undefined


class Margins(Kind):
    name = "margin"
    result = Margin


def test_a_record_is_stored_as_its_json() -> None:
    made = as_made(Margins(), Margin(Undefined("no samples")))
    assert made.json() == {"mean": None, "reason": "no samples"}
    assert Made({"mean": 1.0}).json() == {"mean": 1.0}
    with pytest.raises(TypeError, match="must return a dict of numbers, a Record or Made, not int"):
        as_made(Margins(), 3)


def test_a_kind_reads_what_it_stored() -> None:
    assert Margins().read({"mean": 1.5, "seconds": 0.1}) == Margin(1.5)
    with pytest.raises(ValueError, match="Margin: mean is missing"):
        Margins().read({})


def test_a_kind_without_a_record_says_so() -> None:
    with pytest.raises(TypeError, match="'features' declares no record"):
        get_kind("features").read({})


def test_the_shipped_kinds_declare_theirs() -> None:
    assert get_kind("similarity").result is SimilarityResult
