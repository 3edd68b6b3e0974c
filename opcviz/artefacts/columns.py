"""Numbers of a kind of artefact as columns of tables, declared in code or read from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.json_types import Json

__all__ = ["Column", "Number", "columns_of", "number"]


@dataclass(frozen=True)
class Column:
    """One number of a model for tables.

    Attributes:
        name: its heading.
        value: from the documented JSON of a model to the number, None where there is none.
        format: how the number is written, as in Python's format strings.
        tables: where it stands: `show` is the table of `opcviz show`, the others are what
            `opcviz table --about` knows; a user's own kind has one of its own name in any case.
        help: what it is, with its unit.
    """

    name: str
    value: Callable[[Json], float | None]
    format: str = ",.1f"
    tables: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Number:
    """The number under some keys of a model's JSON; None where one of them is missing."""

    path: tuple[str, ...]

    def __call__(self, model: Json) -> float | None:
        """Look it up.

        Raises:
            TypeError: when what lies there is neither a number nor nothing, or is one so large
                that it has no float.
        """
        here: Any = model
        for key in self.path:
            here = here.get(key) if isinstance(here, Mapping) else None
        if here is not None and (isinstance(here, bool) or not isinstance(here, int | float)):
            where = ".".join(self.path)
            raise TypeError(f"{where} of a model is {here!r}, and a number is wanted")
        if isinstance(here, int) and abs(here) >= 2**1023:
            raise TypeError(f"{'.'.join(self.path)} of a model is too large for a table")
        return here


def number(*path: str) -> Number:
    """A `Column.value`, as in `number("margin", "mean")`."""
    return Number(path)


def columns_of(about: Json) -> tuple[Column, ...]:
    """The columns in a stored declaration, see `Kind.about`; none where it is not one.

    What they point at may have been stored by another version of the file: where no number lies
    there is none.
    """

    def lenient(path: Sequence[str]) -> Callable[[Json], float | None]:
        def value(model: Json) -> float | None:
            try:
                return Number(tuple(path))(model)
            except TypeError:
                return None

        return value

    listed = about.get("columns")
    return tuple(
        Column(each["name"], lenient(each["path"]), each["format"], help=each.get("help", ""))
        for each in (listed if isinstance(listed, list) else ())
        if _is_column(each)
    )


def _is_column(each: Any) -> bool:
    """Whether an entry of a stored declaration, which anybody may have edited, is a column."""
    try:
        texts = each["name"], each["format"], each.get("help", ""), *each["path"]
        format(0.5, each["format"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return all(isinstance(text, str) for text in texts)
