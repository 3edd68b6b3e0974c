"""What a type hint says of the values that JSON may hold for it; asked again and again."""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias, Union, get_args, get_origin

__all__ = ["Hint", "choices_of", "origin_of", "plain_types", "ranges_of", "value_hint"]

Hint: TypeAlias = Any  # a type as `typing` gives it: a class, a union, a parametrised alias


@cache
def choices_of(hint: Hint) -> tuple[Hint, ...]:
    """The members of a union; of another type itself alone."""
    return get_args(hint) if origin_of(hint) in (Union, types.UnionType) else (hint,)


@cache
def origin_of(hint: Hint) -> Any:
    """`Mapping` of `Mapping[str, int]`; None of a plain class."""
    return get_origin(hint)


def value_hint(hint: Hint) -> Hint:
    """What a table of this type holds."""
    for each in choices_of(hint):
        if origin_of(each) is not None and issubclass(origin_of(each), Mapping):
            return get_args(each)[1]
    return None


@cache
def plain_types(hint: Hint) -> frozenset[type]:
    """Classes of which any value is one of this type, as it stands in JSON."""
    bare = {getattr(each, "__origin__", each) for each in choices_of(hint)}
    found = frozenset[type]({float, int, str, bool, types.NoneType} & bare)
    return found | {int} if float in found else found


@cache
def ranges_of(hint: Hint) -> list[Any]:
    """What its numbers must keep within."""
    return [each for one in choices_of(hint) for each in getattr(one, "__metadata__", ())]
