"""Two reports: the same, nearly the same, and not the same; every single value counts."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from reported import reported

from opcviz.audit.comparison import ABSENT, OF_THE_RUN, compare
from opcviz.audit.report import Report

Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def made() -> Report:
    return reported()[0]


@pytest.mark.slow
def test_a_report_does_not_differ_from_itself_nor_from_one_made_later(made: Report) -> None:
    assert compare(made, made).differences == ()
    later = replace(
        made,
        made="2031-01-01T00:00:00+00:00",
        seconds=3.0,
        environment={**made.environment, "torch": "9.9"},
        inputs=tuple(replace(each, name="renamed.pt") for each in made.inputs),
    )
    found = compare(made, later)
    assert found.differences == ()
    told = {each.path for each in found.notes}
    assert told == {
        "environment.torch",
        *(f"inputs[{i}, {each.role}].name" for i, each in enumerate(made.inputs)),
    }


def _with_accuracy(made: Report, value: float) -> Report:
    models = copy.deepcopy(list(made.models))
    models[-1]["accuracy"]["retain_test"] = value
    return replace(made, models=tuple(models))


@pytest.mark.slow
def test_a_number_counts_from_the_tolerance_on_and_is_named_by_its_path(made: Report) -> None:
    here = made.models[-1]["accuracy"]["retain_test"]
    assert compare(made, _with_accuracy(made, here + 5e-5)).differences == ()  # 99.2: 1e-6 of it
    (found,) = compare(made, _with_accuracy(made, here + 5e-4)).differences
    at = len(made.models) - 1
    assert found.path == f"models[{at}, {made.model}].accuracy.retain_test"
    assert (found.before, found.now) == (here, here + 5e-4)
    assert found.path in str(found)
    assert len(compare(made, _with_accuracy(made, here + 5e-5), tolerance=0).differences) == 1


@pytest.mark.parametrize(
    ("before", "by", "differs"),
    [
        (0.5, 9e-7, False),
        (0.5, 2e-6, True),  # up to 1 the tolerance is absolute
        (50.0, 4e-5, False),
        (50.0, 6e-5, True),  # above 1 it is relative: a millionth of 50
        (-50.0, 4e-5, False),
        (-50.0, -6e-5, True),
    ],
)
def test_the_tolerance_is_absolute_up_to_one_and_relative_above(
    before: float, by: float, differs: bool
) -> None:
    first, again = {"found": before}, {"found": before + by}
    assert bool(compare(first, again).differences) == differs
    assert bool(compare(again, first).differences) == differs


@pytest.mark.slow
def test_a_setting_and_a_count_count_whatever_their_size(made: Report) -> None:
    told = json.loads(made.to_json())
    told["models"][-1]["settings"]["epochs"] += 1e-9
    told["question"]["training"]["lr"] += 1e-9
    told["inputs"][0]["bytes"] += 1
    assert [each.path.split(".")[-1] for each in compare(told, made).differences] == [
        *("bytes", "lr", "epochs")
    ]


@pytest.mark.slow
def test_another_file_is_found_by_its_hash(made: Report) -> None:
    first, *rest = made.inputs
    swapped = replace(made, inputs=(replace(first, sha256="f" * 64), *rest))
    (found,) = compare(made, swapped).differences
    assert found.path == "inputs[0, original].sha256"
    (found,) = compare(made, replace(made, inputs=made.inputs[:4])).differences
    assert (found.path, found.now) == ("inputs[4, forget]", ABSENT)


def test_words_types_and_what_is_missing_differ(little: Report) -> None:
    profile = {**little.profile, "gone": "no"}
    changed = compare(little, replace(little, profile=profile)).differences
    assert [each.path for each in changed] == ["profile.gone"]
    del profile["gone"]
    (found,) = compare(little, replace(little, profile=profile)).differences
    assert found.now == ABSENT
    truth = replace(little, profile={**little.profile, "band": True})
    assert [each.path for each in compare(little, truth).differences] == ["profile.band"]
    fewer = replace(little, figures=little.figures[:-1])
    (found,) = compare(little, fewer).differences
    assert found.path.startswith(f"figures[{len(little.figures) - 1}")


# ---- every value of a report -------------------------------------------------------------------


def small(value: Any, depth: int = 0) -> Any:
    """The same with at most two entries of each list, and three of each table deep inside."""
    if isinstance(value, dict):
        most = len(value) if depth < 3 else 3
        return {key: small(each, depth + 1) for key, each in list(value.items())[:most]}
    return [small(each, depth + 1) for each in value[:2]] if isinstance(value, list) else value


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict | list) and value:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in inner:
            yield from leaves(each, (*path, key))
    else:
        yield path


def tables(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict | list):
        yield path
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from tables(each, (*path, key))


def other(value: Any) -> Any:
    """Another value of the same type: what a forger would write."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + 0.01 * (1 + abs(value))
    return f"{value}x" if isinstance(value, str) else ["x"]


@contextmanager
def changed_at(report: Any, path: Path, value: Any) -> Iterator[Any]:
    """The report with another value at a path; the tables on the way are copied."""
    top = copy.copy(report)
    inner = top
    for key in path[:-1]:
        inner[key] = copy.copy(inner[key])
        inner = inner[key]
    inner[path[-1]] = value
    yield top


def at(report: Any, path: Path) -> Any:
    for key in path:
        report = report[key]
    return report


@pytest.fixture(scope="module")
def little(made: Report) -> Report:
    """A report with every section, a few values of each."""
    cut = made.to_dict() | {"models": made.to_dict()["models"][-1:]}
    told = small(json.loads(json.dumps(cut)))
    told["spec"], told["inputs"] = cut["spec"], cut["inputs"]  # the command names all of them
    return Report.from_dict(told)


@pytest.mark.slow
def test_every_value_that_is_changed_is_told_but_for_a_short_list(little: Report) -> None:
    told = json.loads(little.to_json())
    assert compare(told, told).differences == compare(told, told).notes == ()
    sections = set(Report.__dataclass_fields__)
    assert {path[0] for path in leaves(told)} == sections, "every section has a value to change"

    silent, informs = set(), set()
    for path in leaves(told):
        with changed_at(told, path, other(at(told, path))) as changed:
            found = compare(changed, told)
        name = re.sub(r"\.\d+", "[]", ".".join(map(str, path)))
        if not found.differences:
            (informs if found.notes else silent).add(name)
    assert {"made", "seconds", "attackers[].seconds"} < silent
    assert [name for name in silent if not OF_THE_RUN & set(name.split("."))] == []
    assert informs == {"version", "inputs[].name", "question.place"} | {
        f"environment.{name}" for name in little.environment if name != "device"
    }, "the device is part of the command"


@pytest.mark.slow
def test_what_is_added_or_left_out_anywhere_is_told(little: Report) -> None:
    told = json.loads(little.to_json())
    for path in tables(told):
        table = at(told, path)
        if isinstance(table, list):
            more, less = [*table, "signed by nobody"], table[1:]
        else:
            first = next(iter(table), None)
            more = {**table, "approved": True}
            less = {key: value for key, value in table.items() if key != first}
        for other_table in (more, less) if table else (more,):
            with changed_at({"top": told}, ("top", *path), other_table) as changed:
                found = compare(changed["top"], told)
            informs = other_table == less and found.notes
            assert found.notes if informs else found.differences, path
    for section in told:
        less = {name: value for name, value in told.items() if name != section}
        found = compare(less, told)
        assert found.differences or section in ("version",), section


def test_a_command_or_settings_that_do_not_belong_together_are_told(little: Report) -> None:
    for path, value in (
        (("command",), little.command.replace("classes:0,1,2", "classes:0")),
        (("spec", "suite"), "quick"),
        (("spec", "mean"), [0.5]),
        (("spec", "forget"), "classes:3"),
        (("spec", "data", "name"), "cifar10"),
        (("spec", "evidence", "pictures"), 7),
        (("spec", "unlearned"), "elsewhere/unlearned.safetensors"),
        (("environment", "device"), "cuda, somebody's card"),
    ):
        changed = json.loads(little.to_json())
        at(changed, path[:-1])[path[-1]] = value
        found = compare(changed, Report.from_dict(changed)).differences
        assert [each.path for each in found] == ["command"], path
