"""What is declared of the methods without their code is what their code says."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from opcviz.common.config import Config, ConfigError, Setting, fingerprint, settings_of
from opcviz.methods import (
    create,
    get_method,
    implementation,
    list_methods,
    method_settings,
    settings_class,
)
from opcviz.methods.catalogue import catalogue_text
from opcviz.methods.declaration import (
    CATALOGUE,
    METHODS,
    Declaration,
    IterativeSettings,
    MethodSettings,
)
from opcviz.training import Training

ROOT = Path(__file__).parents[2]
OURS = [
    *(cls for cls in list_methods() if cls.__module__.startswith("opcviz.")),
    get_method("brought"),  # no method to choose, but one that the store names
]
DECLARED = METHODS._stand_ins["catalogue"]


def test_the_catalogue_is_fresh() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == catalogue_text(), (
        "a method or its settings changed: run python -m opcviz.methods.catalogue"
    )


def test_it_lists_every_method_in_order() -> None:
    assert list(DECLARED) == [cls.info.name for cls in OURS]


def plain(about: Setting) -> dict[str, object]:
    choices = None if about.choices is None else tuple(about.choices)
    return {**vars(about), "choices": choices}


@pytest.mark.parametrize("real", OURS, ids=lambda cls: cls.info.name)
def test_a_declared_method_is_the_real_one_but_for_its_verb(real: type[MethodSettings]) -> None:
    other = DECLARED[real.info.name]
    assert other is not real
    assert settings_class(real.info.name) is real  # the class itself, where it is loaded
    assert (other.__name__, other.info) == (real.__name__, real.info)
    assert (other.tasks, other.scenarios, other.limits) == (
        real.tasks,
        real.scenarios,
        real.limits,
    )
    assert issubclass(other, IterativeSettings) == issubclass(real, IterativeSettings)
    for name, about in settings_of(real).items():
        assert plain(settings_of(other)[name]) == plain(about), name
    assert list(settings_of(other)) == list(settings_of(real))
    assert other().to_dict() == real().to_dict()
    assert implementation(other()) == real()


def values_to_try(cls: type[Config]) -> list[dict[str, object]]:
    """Every field at both ends of its range, beyond them, and of a wrong type."""
    tried: list[dict[str, object]] = [{"no_such_setting": 1}]
    for name, about in settings_of(cls).items():
        default = cls().all_values()[name]
        values: list[object] = [None, "x", 0.5, True, [], [1, 2], float("nan"), -1, 10**9]
        values += [bound for bound in (about.low, about.high) if bound is not None]
        values += list(about.choices or ())
        one = values if not isinstance(default, list) else [*values, *([v] for v in values)]
        tried += [{name: value} for value in one]
    return tried


def answer(cls: type[Config], values: dict[str, object]) -> object:
    try:
        made = cls.from_dict(values)
    except ConfigError as error:
        return str(error)
    return made.to_dict(), fingerprint(made)


@pytest.mark.parametrize("real", OURS, ids=lambda cls: cls.info.name)
def test_both_take_and_refuse_the_same_values_with_the_same_words(
    real: type[MethodSettings],
) -> None:
    other = DECLARED[real.info.name]
    answers = [(answer(real, values), answer(other, values)) for values in values_to_try(real)]
    assert all(a == b for a, b in answers), [pair for pair in answers if pair[0] != pair[1]][:3]
    assert any(isinstance(a, str) for a, _ in answers)  # something was refused


def test_a_setting_that_cannot_be_written_down_is_refused() -> None:
    class Odd(MethodSettings):
        __annotations__ = {"training": Training}
        training = Training()
        info = create("ft").info

    with pytest.raises(ConfigError, match=r"Odd\.training: a setting is int, float"):
        Declaration.of(dataclasses.dataclass(frozen=True)(Odd))


def test_settings_tuned_for_a_data_set_are_found_without_the_code() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from opcviz.methods import known_methods, method_settings\n"
        "made = {c.info.name: method_settings(c.info.name, dataset='digits').to_dict()"
        " for c in known_methods()}\n"
        "import json; print(json.dumps(made))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found == {name: create(name, dataset="digits").to_dict() for name in found}
    assert list(found) == [name for name in DECLARED if name != "brought"]
    assert method_settings("opc", dataset="digits") == create("opc", dataset="digits")
