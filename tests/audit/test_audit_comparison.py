"""Two reports: the same, nearly the same, and not the same."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from reported import reported

from opcviz.audit.comparison import differences
from opcviz.audit.report import Report


@pytest.fixture(scope="module")
def made() -> Report:
    return reported()[0]


def test_a_report_does_not_differ_from_itself_nor_from_one_made_later(made: Report) -> None:
    assert differences(made, made) == ()
    later = replace(
        made,
        made="2031-01-01T00:00:00+00:00",
        seconds=3.0,
        command="opcviz audit elsewhere",
        environment={"device": "cuda"},
        inputs=tuple(replace(each, name="renamed.pt") for each in made.inputs),
    )
    assert differences(made, later) == ()


def _with_accuracy(made: Report, value: float) -> Report:
    models = copy.deepcopy(list(made.models))
    models[-1]["accuracy"]["retain_test"] = value
    return replace(made, models=tuple(models))


def test_a_number_counts_from_the_tolerance_on_and_is_named_by_its_path(made: Report) -> None:
    here = made.models[-1]["accuracy"]["retain_test"]
    assert differences(made, _with_accuracy(made, here + 5e-5)) == ()  # 99.2: a 1e-6 of it
    (found,) = differences(made, _with_accuracy(made, here + 5e-4))
    at = len(made.models) - 1
    assert found.path == f"models[{at}, {made.model}].accuracy.retain_test"
    assert (found.before, found.now) == (here, here + 5e-4)
    assert found.path in str(found)
    assert len(differences(made, _with_accuracy(made, here + 5e-5), tolerance=0)) == 1


def test_another_file_is_found_by_its_hash(made: Report) -> None:
    first, *rest = made.inputs
    swapped = replace(made, inputs=(replace(first, sha256="f" * 64), *rest))
    (found,) = differences(made, swapped)
    assert found.path == "inputs[0, original].sha256"
    fewer = differences(made, replace(made, inputs=made.inputs[:2]))
    assert {each.path for each in fewer} == {
        f"inputs[2, retrained].{field}" for field in ("role", "sha256", "bytes")
    }
    assert {each.now for each in fewer} == {"(absent)"}


def test_words_types_and_what_is_missing_differ(made: Report) -> None:
    profile = {**made.profile, "gone": "no"}
    assert [each.path for each in differences(made, replace(made, profile=profile))] == [
        "profile.gone"
    ]
    del profile["gone"]
    (found,) = differences(made, replace(made, profile=profile))
    assert found.now == "(absent)"
    truth = replace(made, profile={**made.profile, "band": True})
    assert [each.path for each in differences(made, truth)] == ["profile.band"]
    fewer = replace(made, figures=made.figures[1:])
    assert [each.path for each in differences(made, fewer)] == ["figures"]
