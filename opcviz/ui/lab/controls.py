"""Controls made from a settings dataclass: one description serves CLI, store and screen."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import streamlit as st

from ...common.config import Config, ConfigError, Setting, settings_of

__all__ = ["controls"]

C = TypeVar("C", bound=Config)
_FEW = 4  # up to so many short choices stand side by side
_NAMES = {
    "lr": "Learning rate",
    "augment": "Vary the pictures",
    "target": "What is contracted",
    "norm": "How length counts",
    "weight": "Weight of forgetting",
    "point": "Contracted to",
    "directions": "Random directions",
    "momentum": "Momentum",
}
"""Plain words for fields whose own name is short; the help says more."""
_SHORT = 11  # letters in all: what half of the lab's form shows without cutting


def controls(
    cls: type[C],
    *,
    key: str,
    defaults: Mapping[str, Any] | None = None,
    literature: Mapping[str, Any] | None = None,
    include: Collection[str] | None = None,
    columns: int = 1,
) -> C | None:
    """Draw a control for every setting and return the settings, validated.

    Values stay when the person visits another page. They belong to `key`: to show another preset's
    defaults, use another key.

    Args:
        cls: the settings; every field needs a default.
        key: prefix of the widgets' keys.
        defaults: values to start from, in place of the class's own.
        literature: values the field's papers use, named in the help text.
        include: the only fields to show; the others keep their start values.
        columns: how many stand side by side.

    Returns:
        The settings, or None while one cannot be used; the reason then stands below the controls.
    """
    start = _start(cls, defaults or {})
    about = settings_of(cls)
    shown = [name for name in about if include is None or name in include]
    values = {name: getattr(start, name) for name in about}
    plain = [n for n in shown if not about[n].advanced]
    advanced = [n for n in shown if about[n].advanced]
    problems: list[str] = []

    def draw(names: list[str]) -> None:
        places = st.columns(columns) if columns > 1 else [st.container()]
        for i, name in enumerate(names):
            with places[i % len(places)]:
                try:
                    values[name] = _control(
                        cls, name, about[name], values[name], key, (literature or {}).get(name)
                    )
                except ConfigError as error:
                    problems.append(str(error))

    draw(plain)
    if advanced:
        with st.expander("Advanced settings"):
            draw(advanced)
    try:
        settings = None if problems else cls.from_dict(values)
    except ConfigError as error:  # a browser's limits can be passed by; the dataclass decides
        problems.append(str(error))
        settings = None
    for problem in problems:
        st.error(f"These settings cannot be used. {problem}.")
    return settings


def _start(cls: type[C], defaults: Mapping[str, Any]) -> C:
    """The class with its start values; what does not fit is named and left at its own default."""
    start = cls()
    for name, value in defaults.items():
        try:
            start = start.replace(**{name: value})
        except ConfigError as error:
            st.info(f"A start value was ignored. {error}.")
    return start


def _control(
    cls: type[Config], name: str, about: Setting, value: Any, key: str, literature: Any
) -> Any:
    """One widget; its value as the dataclass wants it.

    Raises:
        ConfigError: for text that cannot be read.
    """
    kind, optional = _kind(cls, name)
    label = _NAMES.get(name, name.replace("_", " ").capitalize()) + (
        f" ({about.unit})" if about.unit else ""
    )
    common: dict[str, Any] = {
        "key": f"{key}.{name}",
        "help": _help(about, literature),
        "persist_state": "session",
    }
    if isinstance(kind, type) and issubclass(kind, Config):
        st.markdown(f"**{label}**")
        return controls(
            kind, key=common["key"], defaults=value.to_dict(), literature=literature
        ) or _unusable(cls, name)
    if about.choices is not None and typing.get_origin(kind) is tuple:
        return tuple(st.multiselect(label, about.choices, default=list(value), **common))
    if about.choices is not None:
        return _choice(label, list(about.choices), value, common)
    if kind is bool:
        return st.toggle(label, value, **common)
    if kind in (int, float):
        return _number(label, kind, about, value, optional, common)
    if typing.get_origin(kind) is tuple:
        text = st.text_input(label, ", ".join(map(str, value or ())), **common)
        return _entries(text, typing.get_args(kind)[0], f"{cls.__name__}.{name}")
    text = st.text_input(label, value or "", **common)
    return None if optional and not text else text


def _kind(cls: type[Config], name: str) -> tuple[Any, bool]:
    """A field's type without None, and whether None is allowed."""
    hint = typing.get_type_hints(cls)[name]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        args = [a for a in typing.get_args(hint) if a is not type(None)]
        return args[0], len(args) < len(typing.get_args(hint))
    return hint, False


def _help(about: Setting, literature: Any) -> str | None:
    """The field's help with its range and the literature's value."""
    parts = [about.help[:1].upper() + about.help[1:]] if about.help else []
    if about.low is not None and about.high is not None:
        parts.append(f"From {about.low:g} to {about.high:g}")
    elif about.low is not None:
        parts.append(f"At least {about.low:g}")
    elif about.high is not None:
        parts.append(f"At most {about.high:g}")
    if literature is not None and not isinstance(literature, Mapping):
        parts.append(f"In the literature: {_show(literature)}")
    return ". ".join(parts) + "." if parts else None


def _show(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_show, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _choice(label: str, options: list[Any], value: Any, common: dict[str, Any]) -> Any:
    if len(options) <= _FEW and sum(len(str(o)) for o in options) <= _SHORT:
        return st.segmented_control(label, options, default=value, required=True, **common)
    return st.selectbox(label, options, index=options.index(value), **common)


def _number(
    label: str, kind: type, about: Setting, value: Any, optional: bool, common: dict[str, Any]
) -> Any:
    low = None if about.low is None else kind(about.low)
    high = None if about.high is None else kind(about.high)
    step: float
    if kind is int:
        if low is not None and high is not None and high - low <= 20 and not optional:
            return st.slider(label, low, high, value, **common)
        step, pattern = 1, "%d"
    else:
        # a log setting moves by a tenth of its own size, never so far that it skips a decade
        step = 10.0 ** math.floor(math.log10(value) - 1e-9) if about.log and value else 0.05
        pattern = "%g"
    return st.number_input(
        label,
        low,
        high,
        value,
        step=step,
        format=pattern,
        placeholder="none" if optional else None,
        **common,
    )


def _entries(text: str, kind: type, where: str) -> tuple[Any, ...]:
    """`0, 1, 2` as a tuple.

    Raises:
        ConfigError: naming the entry that cannot be read.
    """
    entries = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    try:
        return tuple(kind(entry) for entry in entries)
    except ValueError:
        wanted = {int: "whole numbers", float: "numbers"}.get(kind, "values")
        raise ConfigError(f"{where}: wants {wanted} with commas between, not '{text}'") from None


def _unusable(cls: type[Config], name: str) -> typing.NoReturn:
    raise ConfigError(f"{cls.__name__}.{name}: see above")
