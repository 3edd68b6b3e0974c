"""The registry of methods: names, needs, tuned settings and what numbers are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcviz.common.config import ConfigError, settings_of
from opcviz.methods import Method, create, get_method, list_methods, register, tuned_settings

METHODS = list_methods()


def test_the_references_come_first() -> None:
    names = [cls.info.name for cls in METHODS]
    assert names[:2] == ["original", "retrain"]
    assert {"opc", "opc_logits", "rl", "ga", "ft", "neggrad_plus"} <= set(names)


def test_tuned_settings_lie_under_those_given() -> None:
    opc = get_method("opc")
    tuned = create("opc", dataset="digits")
    assert tuned == opc(**tuned_settings("opc", "digits", "classes"))
    assert tuned != opc()
    assert create("opc", dataset="digits", lr=0.3) == tuned.replace(lr=0.3)
    assert create("opc", dataset="unheard-of") == opc()


@pytest.mark.parametrize("name", ["", "OPC", "opc ", 3, ["opc"], None])
def test_an_unknown_method_is_refused_with_the_known(name: Any) -> None:
    with pytest.raises(ConfigError, match=r"no method is called .*; there are: .*opc"):
        get_method(name)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConfigError, match="a method named 'opc' exists already"):

        @register("opc", title="x", paper="x", family="x", needs="forget", summary="x")
        @dataclass(frozen=True)
        class Another(Method):
            pass

    assert get_method("opc").__name__ == "OPC"


def test_a_need_nobody_can_meet_is_refused() -> None:
    with pytest.raises(ConfigError, match="method 'x' needs luck: there is no such"):
        register("x", title="x", paper="x", family="x", needs="forget luck", summary="x")


@given(st.sampled_from(METHODS), st.data())
def test_any_allowed_number_is_accepted(cls: type[Method], data: st.DataObject) -> None:
    for name, about in settings_of(cls).items():
        default = getattr(cls(), name)
        if isinstance(default, bool) or not isinstance(default, int | float):
            continue
        if about.low is None or about.high is None:
            continue
        numbers = st.integers if isinstance(default, int) else st.floats
        value = data.draw(numbers(about.low, about.high), label=name)
        assert getattr(cls.from_dict({name: value}), name) == value
