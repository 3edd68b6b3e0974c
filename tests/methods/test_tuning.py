"""Tuned settings are data: every entry names a method and settings that it takes."""

from __future__ import annotations

import tomllib

import pytest

from opcviz.data import list_datasets
from opcviz.methods import create, get_method, list_methods, tuned_settings
from opcviz.methods.tuning import TUNED_FOLDER
from opcviz.study import Plan

FILES = sorted(TUNED_FOLDER.glob("*.toml"))
BEST_AS_THEY_ARE: dict[str, set[str]] = {"classes": set(), "samples": {"ssd", "opc_head"}}
ENTRIES = [
    (path.stem, scenario, method)
    for path in FILES
    for scenario, methods in tomllib.loads(path.read_text(encoding="utf-8")).items()
    for method in methods
]


def test_each_file_is_about_a_data_set_that_there_is() -> None:
    names = [path.stem for path in FILES]
    assert "digits" in names
    assert set(names) <= {info.name for info in list_datasets()}


@pytest.mark.parametrize(("dataset", "scenario", "method"), ENTRIES)
def test_an_entry_can_be_used(dataset: str, scenario: str, method: str) -> None:
    assert scenario in ("classes", "samples")
    settings = tuned_settings(method, dataset, scenario)
    assert settings
    made = create(method, dataset=dataset, scenario=scenario)
    assert made == get_method(method)(**settings)
    assert made != get_method(method)()


def test_every_method_but_the_references_is_tuned_for_digits() -> None:
    """For what it can forget, unless its own settings came out best."""
    methods = [cls for cls in list_methods("classification") if cls.info.family != "reference"]
    for scenario in ("classes", "samples"):
        names = {cls.info.name for cls in methods if scenario in cls.scenarios}
        names -= BEST_AS_THEY_ARE[scenario]
        tuned = {m for data, kind, m in ENTRIES if (data, kind) == ("digits", scenario)}
        assert tuned == names


def test_a_plan_takes_the_settings_of_what_it_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"digits": {"classes": {"ft": {"lr": 0.25}}, "samples": {"ft": {"lr": 0.75}}}}
    monkeypatch.setattr("opcviz.methods.tuning._tables", lambda: table)
    for forget, lr in (("classes:1", 0.25), ("random:10%", 0.75)):
        plan = Plan.from_dict({"forget": forget, "methods": ["ft", {"method": "ft", "epochs": 3}]})
        assert [method.lr for method in plan.methods] == [lr, lr]
    plan = Plan.from_dict({"task": "generation", "forget": "classes:1", "methods": ["ft"]})
    assert [method.lr for method in plan.methods] == [get_method("ft")().lr]  # not a classifier's


def test_what_is_returned_can_be_changed_safely() -> None:
    tuned_settings("ft", "digits", "classes")["lr"] = 7.0
    assert tuned_settings("ft", "digits", "classes")["lr"] != 7.0
