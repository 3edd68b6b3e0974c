"""Kinds and records: what `measure` may return, and what `read` gives back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from opcviz.artefacts import Kind, Made, ModelResults, get_kind
from opcviz.artefacts.kind import as_made
from opcviz.common.records import Record, Undefined
from opcviz.results import (
    EvidenceResult,
    LiraResult,
    PlainResult,
    SimilarityResult,
    TrainingResult,
)
from opcviz.study import Store, open_study, shipped_root


@dataclass(frozen=True)
class Margin(Record):
    mean: float | Undefined


class Margins(Kind):
    name = "margin"
    result = Margin


def test_a_record_is_stored_as_its_json() -> None:
    made = as_made(Margins(), Margin(Undefined("no samples")))
    assert made.record.to_dict() == {"mean": None, "reason": "no samples"}
    assert Made({"mean": 1.0}).record.to_dict() == {"mean": 1.0}
    with pytest.raises(TypeError, match="must return a dict of numbers, a Record or Made, not int"):
        as_made(Margins(), 3)


def test_a_kind_reads_what_it_stored() -> None:
    assert Margins().read({"mean": 1.5, "seconds": 0.1}) == Margin(1.5)
    with pytest.raises(ValueError, match="Margin: mean is missing"):
        Margins().read({})


def test_the_numbers_of_a_kind_without_a_record_are_kept_as_they_are() -> None:
    told = {"mean": 1.5, "by_class": {"0": [1, None]}, "seconds": 0.1}
    found = get_kind("features").read(told)
    assert isinstance(found, PlainResult)
    assert list(found.to_dict().items()) == list(told.items())
    assert found.at("by_class", "0") == [1, None]
    assert found.at("mean", "0") is found.at("nothing") is None
    found.to_dict()["by_class"]["0"].clear()
    assert found == get_kind("features").read(told)


def test_numbers_of_a_kind_are_asked_for_by_its_record() -> None:
    found = SimilarityResult.from_dict(get_kind("similarity").read(shipped_similarity()).to_dict())
    known = ModelResults(TrainingResult("finished"), {"similarity": found})
    assert known.get(SimilarityResult) is known.answer("similarity") is found
    assert known.get(EvidenceResult) == Undefined("evidence was not computed yet")
    assert "run with --seeds" in known.get(LiraResult).reason
    with pytest.raises(TypeError, match="Margin is no kind's record"):
        known.get(Margin)
    with pytest.raises(TypeError, match="'evidence' is a SimilarityResult"):
        ModelResults(known.training, {"evidence": found}).get(EvidenceResult)


def shipped_similarity() -> dict[str, object]:
    model = open_study(Store(shipped_root()), "digits").models[-1]
    return model.artefact("similarity").json()


def test_the_shipped_kinds_declare_theirs() -> None:
    assert get_kind("similarity").result is SimilarityResult
