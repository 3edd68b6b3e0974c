"""Numbers of a kind of artefact as columns of tables, declared in code or read from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ..common.records import Record, Undefined, known

if TYPE_CHECKING:
    from .model_results import ModelResults

__all__ = [
    "HEADLINE",
    "Column",
    "ColumnAbout",
    "KindAbout",
    "Number",
    "columns_of",
    "figure",
    "number",
]

HEADLINE = "headline"
"""The narrow table of a study: what a reader wants first, its worst case beside it."""

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Column:
    """One number of a model for tables.

    Attributes:
        name: its heading.
        value: from what is known of a model to the number, None where there is none.
        format: how the number is written, as in Python's format strings.
        tables: where it stands: `show` is the table of `opcviz show`, the others are what
            `opcviz table --about` knows; a user's own kind has one of its own name in any case.
        help: what it is, with its unit.
        who: of a number that is the greatest of several: whose it is, in words.
        better: which way is good: `less`, `more`, or the `same` as retrained models have it, of
            what more of speaks of memory (`same, less`: of what less of does); empty where no way
            is, or where the screen knows it.
        scale: difference that counts as a large one, in its unit; None: 100 % of what is the
            `same`, of others a ratio.
    """

    name: str
    value: Callable[[ModelResults], float | None]
    format: str = ",.1f"
    tables: tuple[str, ...] = ()
    help: str = ""
    who: Callable[[ModelResults], str | None] | None = None
    better: str = ""
    scale: float | None = None


@dataclass(frozen=True)
class Number:
    """A kind's number by the keys that lead to it in its JSON, the kind's name first.

    None where one of them is missing.
    """

    path: tuple[str, ...]

    def __call__(self, model: ModelResults) -> float | None:
        """Look it up.

        Raises:
            TypeError: when what lies there is neither a number nor nothing, or is one so large
                that it has no float.
        """
        kind, *keys = self.path
        answer = model.answer(kind)
        here: object = None if isinstance(answer, Undefined) else answer.to_dict()
        for key in keys:
            here = here.get(key) if isinstance(here, Mapping) else None
        if here is None:
            return None
        where = ".".join(self.path)
        if isinstance(here, bool) or not isinstance(here, int | float):
            raise TypeError(f"{where} of a model is {here!r}, and a number is wanted")
        if isinstance(here, int) and abs(here) >= 2**1023:
            raise TypeError(f"{where} of a model is too large for a table")
        return here


def number(*path: str) -> Number:
    """A `Column.value` of a kind whose numbers have no record: `number("margin", "mean")`."""
    return Number(path)


def figure(
    record: type[R], value: Callable[[R], float | Undefined | None]
) -> Callable[[ModelResults], float | None]:
    """A `Column.value` of a kind that declares a record: `figure(MarginResult, lambda m: m.mean)`.

    Args:
        record: the kind's record.
        value: the number in it.
    """

    def look_up(model: ModelResults) -> float | None:
        found = model.get(record)
        return None if isinstance(found, Undefined) else known(value(found))

    return look_up


@dataclass(frozen=True)
class ColumnAbout(Record):
    """A column of a user's own kind as it is stored; see `Column`."""

    name: str
    path: tuple[str, ...]
    format: str
    help: str


@dataclass(frozen=True)
class KindAbout(Record):
    """What a user's own kind says of itself, stored beside its answers.

    Attributes:
        title, summary, fields: as of `Kind`.
        columns: those that are a number by its path.
    """

    title: str
    summary: str
    fields: Mapping[str, str]
    columns: tuple[ColumnAbout, ...]


def columns_of(about: KindAbout) -> tuple[Column, ...]:
    """The columns in a stored declaration.

    What they point at may have been stored by another version of the file: where no number lies
    there is none.
    """

    def lenient(path: tuple[str, ...]) -> Callable[[ModelResults], float | None]:
        def value(model: ModelResults) -> float | None:
            try:
                return Number(path)(model)
            except TypeError:
                return None

        return value

    return tuple(
        Column(each.name, lenient(each.path), each.format, help=each.help)
        for each in about.columns
        if _writes(each.format)
    )


def _writes(form: str) -> bool:
    """Whether a stored format, which anybody may have edited, writes a number."""
    try:
        format(0.5, form)
    except ValueError:
        return False
    return True
