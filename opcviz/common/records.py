"""Results as frozen dataclasses that JSON holds: `Record`, and `Undefined` for what is not there.

A record's JSON follows from its type hints, by three rules:

* A field that equals its default is left out, and a field that is left out has its default. So a
  later version may add fields, and older JSON can still be read.
* A number, sequence or table that is `Undefined` is null. The reasons stand beside, under `reason`:
  one sentence for the record, or a table by field name where a record says so; a value inside a
  table has the name "field key".
* A record that is `Undefined` is an object with a `reason` and nothing else.

    @dataclass(frozen=True)
    class Spread(Record):
        deviation: float | Undefined
        samples: int

    Spread(Undefined("one sample has no spread"), 1).to_dict()
    # {"deviation": None, "samples": 1, "reason": "one sample has no spread"}
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    TypeAlias,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from .caching import once_per_class
from .json_types import Json
from .ranges import Percent, Share, check_all

__all__ = ["Percent", "Record", "Share", "Undefined", "defined", "guard", "known"]


T = TypeVar("T")
Hint: TypeAlias = Any  # a type as `typing` gives it: a class, a union, a parametrised alias
Reasons = Literal["sentence", "table"]


@dataclass(frozen=True)
class Undefined:
    """What is not there, and why.

    Attributes:
        reason: a sentence; empty where it is given once, for a larger part of the result.
    """

    reason: str = ""


def defined(value: T | Undefined | None) -> TypeGuard[T]:
    """Whether a value is there."""
    return value is not None and not isinstance(value, Undefined)


def known(value: T | Undefined | None) -> T | None:
    """A value, or None where it is not there: for those who need no reason."""
    return value if defined(value) else None


def guard(*conditions: tuple[object, str]) -> Undefined | None:
    """The first reason whose condition holds; None where nothing is in the way.

    As in `guard((not len(x), "there are no samples")) or compute(x)`.

    Args:
        conditions: pairs of a condition and the reason that stands where it holds.
    """
    return next((Undefined(reason) for holds, reason in conditions if holds), None)


class Record:
    """Base of frozen dataclasses that JSON holds; see the top of this file.

    Class arguments:
        reasons: how `reason` is written: one "sentence" for the record, or a "table" by name.
        always: whether `reason` is written, as null, where there is none.

    A record with a field of its own called `reason` writes that, and holds no `Undefined` values.
    """

    _reasons: ClassVar[Reasons] = "sentence"
    _always: ClassVar[bool] = False

    def __init_subclass__(cls, *, reasons: Reasons = "sentence", always: bool = False) -> None:
        """Take the class arguments."""
        super().__init_subclass__()
        cls._reasons, cls._always = reasons, always

    def to_dict(self) -> Json:
        """The record as JSON holds it."""
        return self._written()

    def _written(self) -> Json:
        """The form of `to_dict`; a record whose JSON is no table of its fields has its own."""
        found: Json = {}
        told: dict[str, str] = {}
        for name, (field, hint) in _declared(_hashable(type(self))).items():
            value = getattr(self, name)
            if field.default is not MISSING and _same(value, field.default):
                continue
            found[name] = _plain(value, hint)
            if not (isinstance(value, Undefined) and _records(hint)):
                told |= dict(_undefined(name, value))
        if "reason" in found:
            return found
        if told:
            one = "; ".join(dict.fromkeys(told.values()))
            found["reason"] = told if self._reasons == "table" else one
        elif self._always:
            found["reason"] = None
        return found

    @classmethod
    def from_dict(cls, data: Json, *, strict: bool = False) -> Self:
        """Read the record from JSON.

        Args:
            data: as `to_dict` gives it; fields that have a default may be missing.
            strict: refuse names that the record does not know.

        Raises:
            ValueError: for missing or (where strict) unknown names, and for values of other types;
                the message says where.
        """
        return cls._parsed(data, strict, cls.__name__)

    @classmethod
    def _parsed(cls, data: object, strict: bool, where: str) -> Self:
        """Inverse of `_written`."""
        return _read_record(cls, data, strict, where)


@once_per_class
def _declared(cls: Any) -> dict[str, tuple[Field[Any], Hint]]:
    """The fields of a record, a dataclass, and their types, by name."""
    # a value of plain JSON is read as it is; its alias names itself, which nothing here resolves
    hints = get_type_hints(cls, localns={"Plain": Any}, include_extras=True)
    return {field.name: (field, hints[field.name]) for field in fields(cls)}


def _hashable(cls: type) -> Any:
    """The class itself: a type checker takes its instances' `__hash__` for its own."""
    return cls


def _same(value: object, default: object) -> bool:
    return type(value) is type(default) and value == default


@once_per_class
def _plain_fields(cls: Any) -> dict[str, tuple[frozenset[type], list[Any]]]:
    """By field the classes whose values are read as they stand, and the ranges that they must keep.

    Most of what is read are such: numbers and words, which no reason can replace.
    """
    found: dict[str, tuple[frozenset[type], list[Any]]] = {}
    for name, (_, hint) in _declared(cls).items():
        held = [each for each in _choices(hint) if each not in (Undefined, types.NoneType)]
        kinds = _plain_types(held[0]).difference(_NULL) if len(held) == 1 else frozenset[type]()
        found[name] = kinds, _ranges(hint)
    return found


@cache
def _choices(hint: Hint) -> tuple[Hint, ...]:
    """The members of a union; of another type itself alone."""
    return get_args(hint) if _origin(hint) in (Union, types.UnionType) else (hint,)


@cache
def _origin(hint: Hint) -> Any:
    """`Mapping` of `Mapping[str, int]`; None of a plain class."""
    return get_origin(hint)


@cache
def _records(hint: Hint) -> bool:
    return any(isinstance(each, type) and issubclass(each, Record) for each in _choices(hint))


# ---- writing ------------------------------------------------------------------------------------


def _plain(value: object, hint: Hint) -> object:
    if isinstance(value, Undefined):
        return {"reason": value.reason} if _records(hint) else None
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Mapping):
        inner = _value_hint(hint)
        return {key: _plain(each, inner) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each, None) for each in value]
    return value


def _value_hint(hint: Hint) -> Hint:
    """What a table of this type holds."""
    for each in _choices(hint):
        if _origin(each) is not None and issubclass(_origin(each), Mapping):
            return get_args(each)[1]
    return None


def _undefined(name: str, value: object) -> Iterator[tuple[str, str]]:
    """The reasons in a value: its own, or those inside a table, under its name and the key."""
    if isinstance(value, Undefined):
        if value.reason:
            yield name, value.reason
    elif isinstance(value, Mapping):
        for key, each in value.items():
            for _, reason in _undefined("", each):
                yield f"{name} {key}", reason


R = TypeVar("R", bound=Record)
_NULL = (types.NoneType,)  # whose meaning depends on the reasons beside it


# ---- reading ------------------------------------------------------------------------------------


def _read_record(cls: type[R], data: object, strict: bool, where: str) -> R:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where}: wants an object, got {data!r}")
    declared = _declared(_hashable(cls))
    unknown = set(data) - declared.keys() - {"reason"}
    if strict and unknown:
        raise ValueError(f"{where}: unknown {', '.join(sorted(unknown))}")
    reasons, plain = data.get("reason"), _plain_fields(_hashable(cls))
    values = {}
    for name, (field, hint) in declared.items():
        if name in data:
            value = data[name]
            kinds, ranges = plain[name]
            if type(value) not in kinds:
                at = f"{where}.{name}"
                value = _read(hint, value, _Reasons(name, reasons), strict, at)
            elif ranges:
                for each in ranges:
                    each.check(value, f"{where}.{name}")
            values[name] = value
        elif field.default is MISSING:
            raise ValueError(f"{where}: {name} is missing")
    return cls(**values)


@dataclass(frozen=True)
class _Reasons:
    """What stands under `reason` beside a value."""

    name: str
    told: object

    def find(self) -> str | None:
        if isinstance(self.told, Mapping):
            found = self.told.get(self.name)
            return found if isinstance(found, str) else None
        return self.told if isinstance(self.told, str) else None

    def inside(self, key: str) -> _Reasons:
        """For a value in a table; deeper ones share the name of the first key."""
        return self if " " in self.name else _Reasons(f"{self.name} {key}", self.told)


def _read(hint: Hint, value: Any, reasons: _Reasons, strict: bool, where: str) -> Any:
    if type(value) is hint:  # a plain number, word or flag
        return value
    if type(value) is float and (ranges := getattr(hint, "__metadata__", ())):
        for each in ranges:
            each.check(value, where)
        return value
    choices = _choices(hint)
    if value is None:
        return _read_null(choices, reasons, where)
    if (
        Undefined in choices
        and _records(hint)
        and isinstance(value, Mapping)
        and set(value) == {"reason"}
    ):
        return Undefined(value["reason"])
    problems = []
    for choice in choices:
        if choice in (Undefined, types.NoneType):
            continue
        try:
            return _read_one(choice, value, reasons, strict, where)
        except ValueError as problem:
            problems.append(str(problem))
    raise ValueError("; ".join(problems))


def _read_null(choices: tuple[Hint, ...], reasons: _Reasons, where: str) -> Undefined | None:
    reason = reasons.find()
    if Undefined in choices and (reason is not None or types.NoneType not in choices):
        return Undefined(reason or "")
    if types.NoneType in choices or Any in choices:
        return None
    raise ValueError(f"{where}: is null")


def _read_one(hint: Hint, value: Any, reasons: _Reasons, strict: bool, where: str) -> Any:
    """A value of one type that is no union."""
    origin, inner = _origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin is Annotated:
        found = _read_one(inner[0], value, reasons, strict, where)
        for each in inner[1:]:
            each.check(found, where)
        return found
    if origin is Literal:
        if value in inner:
            return value
    elif origin is not None and issubclass(origin, Mapping):
        if isinstance(value, Mapping):
            if _plain_types(inner[1]).difference(_NULL).issuperset(map(type, value.values())):
                for each in _ranges(inner[1]):
                    for key, number in value.items():
                        each.check(number, f"{where}.{key}")
                return dict(value)
            return {
                key: _read(inner[1], each, reasons.inside(key), strict, f"{where}.{key}")
                for key, each in value.items()
            }
    elif origin in (tuple, list):
        if isinstance(value, Sequence) and not isinstance(value, str):
            return origin(_items(inner, value, strict, where))
    elif issubclass(hint, Record):
        return hint._parsed(value, strict, where)
    elif isinstance(value, (int, float) if hint is float else hint) and (
        hint is bool or not isinstance(value, bool)
    ):
        return value
    raise ValueError(f"{where}: wants {getattr(hint, '__name__', hint)}, got {value!r}")


@cache
def _plain_types(hint: Hint) -> frozenset[type]:
    """Classes of which any value is one of this type, as it stands in JSON."""
    bare = {getattr(each, "__origin__", each) for each in _choices(hint)}
    found = frozenset[type]({float, int, str, bool, types.NoneType} & bare)
    return found | {int} if float in found else found


@cache
def _ranges(hint: Hint) -> list[Any]:
    return [each for one in _choices(hint) for each in getattr(one, "__metadata__", ())]


def _items(
    inner: tuple[Hint, ...], value: Sequence[Any], strict: bool, where: str
) -> Iterator[Any]:
    hints = inner if len(inner) > 1 and inner[1] is not Ellipsis else inner[:1] * len(value)
    if len(hints) != len(value):
        raise ValueError(f"{where}: wants {len(hints)} values, got {len(value)}")
    if len(set(hints)) == 1 and _plain_types(hints[0]).issuperset(map(type, value)):
        check_all(_ranges(hints[0]), value, where)
        yield from value  # long rows of numbers are most of what is read
        return
    for i, (hint, each) in enumerate(zip(hints, value, strict=True)):
        yield _read(hint, each, _Reasons("", None), strict, f"{where}[{i}]")
