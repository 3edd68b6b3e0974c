"""Caches of what is derived from a class."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

__all__ = ["once_per_class"]

V = TypeVar("V")


def once_per_class(function: Callable[[Any], V]) -> Callable[[Any], V]:
    """`functools.cache` for a function of a class.

    mypy checks the hash of a class against that of its instances and would refuse every call.
    """
    return cast(Callable[[Any], V], cache(function))
