"""Settings as plain JSON, and settings classes made from it.

A `Config` class may stand in a file that also holds the mathematics, or in a user's own file that
this process should not run. Its declaration (names, types, defaults, `Setting`s) is all that forms,
validation and hashes need; this is how it travels.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .config import Config, ConfigError, Setting, settings_of
from .records import Record

__all__ = ["Field", "declared", "described"]

Leaf = bool | int | float | str
LEAVES: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
C = typing.TypeVar("C", bound=Config)


@dataclass(frozen=True)
class Field(Record):
    """One field of a settings class.

    Attributes:
        name: of the field.
        type: `int`, `float`, `str`, `bool`; with `[]` a tuple of those, with `?` or None.
        default: JSON-ready.
        about: what `Setting` says of it, without what is Setting's own default; empty where the
            class that it derives from says it already.
    """

    name: str
    type: str
    default: Leaf | list[Leaf] | None
    about: Mapping[str, Leaf | list[Leaf] | None]


def described(cls: type[Config], base: type[Config] = Config) -> list[Field]:
    """The fields in which a settings class differs from one that it derives from, in order.

    Raises:
        ConfigError: for a field of a type that has no short name, or without a default.
    """
    known = {field.name: field for field in _all(base)}
    return [
        dataclasses.replace(field, about={}) if same and same.about == field.about else field
        for field in _all(cls)
        if (same := known.get(field.name)) != field
    ]


def _all(cls: type[Config]) -> list[Field]:
    hints, settings, defaults = typing.get_type_hints(cls), settings_of(cls), cls().all_values()
    return [
        Field(
            field.name,
            _type_name(hints[field.name], f"{cls.__name__}.{field.name}"),
            typing.cast(Leaf | list[Leaf] | None, defaults[field.name]),
            _said(settings[field.name]),
        )
        for field in dataclasses.fields(cls)
    ]


def declared(
    name: str,
    fields: typing.Iterable[Field],
    *,
    base: type[C],
    doc: str = "",
    **namespace: object,
) -> type[C]:
    """A settings class with these fields: it validates and hashes like the one described.

    Args:
        name: of the class, as its error messages begin.
        fields: in order.
        base: what it derives from.
        doc: its docstring.
        namespace: class variables.

    Raises:
        ConfigError: for a type that is not known.
    """
    made = [(field.name, _type_of(field.type), _field_of(field)) for field in fields]
    about = {**namespace, "__doc__": doc, "__module__": __name__}
    found: type[C] = dataclasses.make_dataclass(
        name, made, bases=(base,), namespace=about, frozen=True
    )
    return found


def _said(about: Setting) -> dict[str, Any]:
    """What differs from an empty `Setting`."""
    known = {f.name: getattr(about, f.name) for f in dataclasses.fields(Setting)}
    if known["choices"] is not None:
        known["choices"] = list(known["choices"])
    return {name: value for name, value in known.items() if value != getattr(Setting(), name)}


def _field_of(field: Field) -> Any:
    about: dict[str, Any] = dict(field.about)
    if "choices" in about:
        about["choices"] = tuple(about["choices"])
    default = tuple(field.default) if isinstance(field.default, list) else field.default
    metadata = {"setting": Setting(**about)} if about else {}
    return dataclasses.field(default=default, metadata=metadata)


def _type_name(hint: Any, where: str) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType) and type(None) in args and len(args) == 2:
        return _type_name(next(a for a in args if a is not type(None)), where) + "?"
    if origin is tuple and len(args) == 2 and args[1] is ...:
        return _type_name(args[0], where) + "[]"
    for name, kind in LEAVES.items():
        if hint is kind:
            return name
    raise ConfigError(
        f"{where}: a setting is int, float, str, bool, a tuple of one of them, or None, not {hint}"
    )


def _type_of(name: str) -> Any:
    if name.endswith("?"):
        return _type_of(name[:-1]) | None
    if name.endswith("[]"):
        return tuple[_type_of(name[:-2]), ...]  # type: ignore[misc]  # made at run time
    if name not in LEAVES:
        raise ConfigError(f"no setting is of type '{name}'; there are: {', '.join(LEAVES)}")
    return LEAVES[name]
