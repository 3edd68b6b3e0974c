"""Settings as small frozen dataclasses: one place for help, range, validation, TOML/JSON and hash.

Everything a person can choose (a data set, an architecture, a method, an attack) is a subclass of
`Config`. The command line, the controls on screen and the store read the same declaration, so a
field is described once:

    @dataclass(frozen=True)
    class Training(Config):
        epochs: int = setting(30, "passes over the data", low=1, high=1000)
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .caching import once_per_class
from .json_types import Json, Plain
from .names import NOT_TEXT, is_text, shown

__all__ = [
    "Config",
    "ConfigError",
    "IntakeError",
    "Setting",
    "fingerprint",
    "setting",
    "settings_of",
]

T = typing.TypeVar("T")


class ConfigError(ValueError):
    """A setting that cannot be used; the message names the class, the field and what is allowed."""


class IntakeError(ConfigError):
    """Something from outside that cannot be used; says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Setting:
    """What is known of one field beyond its type and default.

    Attributes:
        help: one line for a person.
        low, high: the closed range of a number (of each entry of a tuple).
        choices: the allowed values, if only some are.
        unit: what a number counts, for labels.
        advanced: shown only on request.
        log: a control should move in powers of ten.
        elided: left out of what is written while it has its default. For a field that joined after
            answers were stored: hashes of settings that do not use it stay what they were.
    """

    help: str = ""
    low: float | None = None
    high: float | None = None
    choices: Collection[object] | None = None
    unit: str = ""
    advanced: bool = False
    log: bool = False
    elided: bool = False


def setting(
    default: T,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Collection[object] | None = None,
    unit: str = "",
    advanced: bool = False,
    log: bool = False,
    elided: bool = False,
) -> T:
    """A dataclass field with its description; see `Setting` for the arguments."""
    about = Setting(help, low, high, choices, unit, advanced, log, elided)
    field: T = dataclasses.field(default=default, metadata={"setting": about})
    return field


@once_per_class
def settings_of(cls: type[Config]) -> dict[str, Setting]:
    """Field name to `Setting`, in order.

    A subclass that only changes a default (`epochs: int = 10`) keeps its parent's description.
    """
    described: dict[str, Setting] = {}
    for base in reversed(cls.__mro__):
        for field in getattr(base, "__dataclass_fields__", {}).values():
            if "setting" in field.metadata:
                described[field.name] = field.metadata["setting"]
    return {f.name: described.get(f.name, Setting()) for f in dataclasses.fields(cls)}


@once_per_class
def _defaults(cls: type[Config]) -> dict[str, Any]:
    return {f.name: f.default for f in dataclasses.fields(cls)}


@once_per_class
def _types(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


@dataclass(frozen=True)
class Config:
    """Base of every setting group: validated when made, hashable, the same as a dict."""

    def __post_init__(self) -> None:
        """Check every field against its type and `Setting`.

        Raises:
            ConfigError: naming the first field that does not fit.
        """
        about = settings_of(type(self))
        for name, kind in self._fields().items():
            value = _coerce(getattr(self, name), kind, f"{type(self).__name__}.{name}")
            object.__setattr__(self, name, value)
            _check(value, about[name], f"{type(self).__name__}.{name}")

    @classmethod
    def _fields(cls) -> dict[str, Any]:
        hints = _types(cls)
        return {f.name: hints[f.name] for f in dataclasses.fields(cls)}

    @classmethod
    def from_dict(cls, values: Json) -> typing.Self:
        """Build from a plain dict (as read from TOML or JSON).

        Raises:
            ConfigError: for an unknown field or a value that does not fit.
        """
        return cls._parsed(values)

    @classmethod
    def _parsed(cls, values: object) -> typing.Self:
        """What `from_dict` does; settings with a shorter form, or tables of others, extend it."""
        if not isinstance(values, dict):
            raise ConfigError(f"{cls.__name__} wants a table of settings, not {values!r}")
        known = cls._fields()
        for name in values:
            if name not in known:
                raise ConfigError(
                    f"{cls.__name__} has no setting '{name}'; it has: {', '.join(known) or 'none'}"
                )
        return cls(**values)

    def to_dict(self) -> Json:
        """The settings as plain JSON-ready values; what is `elided` only where it was changed."""
        return self._written()

    def all_values(self) -> dict[str, Plain]:
        """Every setting as a plain JSON-ready value, also those that `to_dict` leaves out."""
        return {name: typing.cast(Plain, _plain(getattr(self, name))) for name in self._fields()}

    def _written(self) -> Json:
        """Inverse of `_parsed`."""
        about, defaults = settings_of(type(self)), _defaults(type(self))
        return {
            name: value
            for name, value in self.all_values().items()
            if not (about[name].elided and getattr(self, name) == defaults[name])
        }

    def replace(self, **changes: object) -> typing.Self:
        """A copy with some settings changed, validated again."""
        return self._changed(changes)

    def narrowed(self, changes: Mapping[str, Plain]) -> typing.Self:
        """A copy that asks less, for a smaller suite; a class may keep what must not be empty."""
        return self._changed(dict(changes))

    def _changed(self, changes: Json) -> typing.Self:
        return type(self).from_dict({**{n: getattr(self, n) for n in self._fields()}, **changes})


def fingerprint(question: object) -> str:
    """The first 12 hex digits of the SHA-256 of a JSON-ready value: the name of its answer."""
    text = json.dumps(_plain(question), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: object) -> object:
    if isinstance(value, Config):
        return value.to_dict()
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value


def _coerce(value: Any, kind: Any, where: str) -> Any:
    """Fit a value to a type the way JSON and TOML need it: lists to tuples, ints to floats."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        return _coerce(value, next(a for a in args if a is not type(None)), where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where}: wants a list, got {value!r}")
        return tuple(_coerce(entry, args[0], where) for entry in value)
    if isinstance(kind, type) and issubclass(kind, Config):
        return value if isinstance(value, kind) else kind.from_dict(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 2**1023 else math.inf
    if kind in (int, float, str, bool):
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ConfigError(f"{where}: wants {kind.__name__}, got {value!r}")
        if kind is float and not math.isfinite(value):
            raise ConfigError(f"{where}: wants a finite number, got {value!r}")
    return value


def _check(value: Any, about: Setting, where: str) -> None:
    for entry in value if isinstance(value, tuple) else (value,):
        if entry is None:
            continue
        if isinstance(entry, str) and not is_text(entry):
            raise ConfigError(f"{where}: '{shown(entry)}' {NOT_TEXT}")
        if about.choices is not None and entry not in about.choices:
            raise ConfigError(
                f"{where}: {entry!r} is not one of {', '.join(map(str, about.choices))}"
            )
        if about.low is not None and entry < about.low:
            raise ConfigError(f"{where}: {entry!r} is below the least allowed, {about.low:g}")
        if about.high is not None and entry > about.high:
            raise ConfigError(f"{where}: {entry!r} is above the greatest allowed, {about.high:g}")
