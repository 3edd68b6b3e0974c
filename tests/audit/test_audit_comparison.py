"""Two reports: the same, nearly the same, and not the same; every single value counts."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
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


def test_a_number_counts_from_the_tolerance_on_and_is_named_by_its_path(made: Report) -> None:
    here = made.models[-1]["accuracy"]["retain_test"]
    assert compare(made, _with_accuracy(made, here + 5e-5)).differences == ()  # 99.2: 1e-6 of it
    (found,) = compare(made, _with_accuracy(made, here + 5e-4)).differences
    at = len(made.models) - 1
    assert found.path == f"models[{at}, {made.model}].accuracy.retain_test"
    assert (found.before, found.now) == (here, here + 5e-4)
    assert found.path in str(found)
    assert len(compare(made, _with_accuracy(made, here + 5e-5), tolerance=0).differences) == 1


def test_a_setting_and_a_count_count_whatever_their_size(made: Report) -> None:
    told = json.loads(made.to_json())
    told["models"][-1]["settings"]["epochs"] += 1e-9
    told["question"]["training"]["lr"] += 1e-9
    told["inputs"][0]["bytes"] += 1
    assert [each.path.split(".")[-1] for each in compare(told, made).differences] == [
        *("bytes", "lr", "epochs")
    ]


def test_another_file_is_found_by_its_hash(made: Report) -> None:
    first, *rest = made.inputs
    swapped = replace(made, inputs=(replace(first, sha256="f" * 64), *rest))
    (found,) = compare(made, swapped).differences
    assert found.path == "inputs[0, original].sha256"
    (found,) = compare(made, replace(made, inputs=made.inputs[:4])).differences
    assert (found.path, found.now) == ("inputs[4, forget]", ABSENT)


def test_words_types_and_what_is_missing_differ(made: Report) -> None:
    profile = {**made.profile, "gone": "no"}
    changed = compare(made, replace(made, profile=profile)).differences
    assert [each.path for each in changed] == ["profile.gone"]
    del profile["gone"]
    (found,) = compare(made, replace(made, profile=profile)).differences
    assert found.now == ABSENT
    truth = replace(made, profile={**made.profile, "band": True})
    assert [each.path for each in compare(made, truth).differences] == ["profile.band"]
    fewer = replace(made, figures=made.figures[:-1])
    (found,) = compare(made, fewer).differences
    assert found.path.startswith(f"figures[{len(made.figures) - 1}")


# ---- every value of a report -------------------------------------------------------------------


def small(value: Any, depth: int = 0) -> Any:
    """The same with at most two entries of each list, and eight of each table below the top."""
    if isinstance(value, dict):
        most = len(value) if depth < 2 else 8
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
        return 1.01 * value + 0.01
    return f"{value}x" if isinstance(value, str) else ["x"]


def at(report: Any, path: Path) -> Any:
    for key in path:
        report = report[key]
    return report


def test_every_value_that_is_changed_is_told_but_for_a_short_list(made: Report) -> None:
    cut = made.to_dict() | {"models": made.to_dict()["models"][-1:]}
    told = small(json.loads(json.dumps(cut)))
    told["spec"], told["inputs"] = cut["spec"], cut["inputs"]  # the command names all of them
    honest = Report.from_dict(told)
    told = json.loads(honest.to_json())
    assert compare(told, honest).differences == compare(told, honest).notes == ()
    sections = set(Report.__dataclass_fields__)
    assert {path[0] for path in leaves(told)} == sections, "every section has a value to change"

    silent, informs = set(), set()
    for path in leaves(told):
        changed = copy.deepcopy(told)
        at(changed, path[:-1])[path[-1]] = other(at(told, path))
        found = compare(changed, honest)
        name = re.sub(r"\.\d+", "[]", ".".join(map(str, path)))
        if not found.differences:
            (informs if found.notes else silent).add(name)
    assert silent == {"made", "seconds", "attackers[].seconds"} | {
        name for name in silent if ".stage_seconds." in name
    }
    assert informs == {"version", "inputs[].name"} | {
        f"environment.{name}" for name in made.environment if name != "device"
    }, "the device is part of the command"
    assert {name.rpartition(".")[2] for name in silent} & OF_THE_RUN

    for path in tables(told):
        changed = copy.deepcopy(told)
        table = at(changed, path)
        if isinstance(table, list):
            table.append("signed by nobody")
        else:
            table["approved"] = True
        assert compare(changed, honest).differences, f"added to {path}"
    for path in leaves(told):
        changed = copy.deepcopy(told)
        del at(changed, path[:-1])[path[-1]]
        found = compare(changed, honest)
        assert found.differences or found.notes, f"{path} left out"


def test_a_command_or_settings_that_do_not_belong_together_are_told(made: Report) -> None:
    for path, value in (
        (("command",), made.command.replace("classes:0,1,2", "classes:0")),
        (("spec", "suite"), "quick"),
        (("spec", "mean"), [0.5]),
        (("spec", "forget"), "classes:3"),
        (("spec", "data", "name"), "cifar10"),
        (("spec", "evidence", "pictures"), 7),
        (("spec", "unlearned"), "elsewhere/unlearned.safetensors"),
        (("environment", "device"), "cuda, somebody's card"),
    ):
        changed = json.loads(made.to_json())
        at(changed, path[:-1])[path[-1]] = value
        found = compare(changed, Report.from_dict(changed)).differences
        assert [each.path for each in found] == ["command"], path
