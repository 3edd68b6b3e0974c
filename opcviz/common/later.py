"""What is computed when somebody first looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TypeVar, cast, overload

__all__ = ["later"]

T = TypeVar("T")


def later(make: Callable[[], Iterable[T]]) -> tuple[T, ...]:
    """A row that is made when first looked at, and equals, prints and pickles as its tuple does.

    Args:
        make: what is in it; called once at most.
    """
    return cast("tuple[T, ...]", _Later(make))


class _Later(Sequence[T]):
    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self._make = make

    @cached_property
    def _row(self) -> tuple[T, ...]:
        return tuple(self._make())

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        return self._row[at]

    def __len__(self) -> int:
        return len(self._row)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Later | tuple) and self._row == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._row)

    def __reduce__(self) -> tuple[type, tuple[tuple[T, ...]]]:
        return tuple, (self._row,)
