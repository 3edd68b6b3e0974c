"""A kind of artefact as plain data, for a process that does not load the file that defines it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..common.config import Config
from ..common.described import Field, declared, described
from ..common.json_types import Json
from .columns import Column, Number
from .kind import KINDS, Kind, settings_tables

__all__ = ["declare_kinds", "describe_kind"]

WORDS = ("name", "title", "stage", "summary", "version", "task", "optional", "default")
LISTS = ("reads", "needs")


def describe_kind(kind: Kind) -> Json:
    """The declaration of a kind as JSON; `declare_kinds` reads it.

    Columns that are no `number(...)` of the model's JSON are left out: they are code.

    Raises:
        ConfigError: for a setting that cannot be written as JSON.
    """
    return {
        "class": type(kind).__name__,
        **{word: getattr(kind, word) for word in WORDS},
        **{name: sorted(getattr(kind, name)) for name in LISTS},
        "order": kind.order,
        "asks_its_own": type(kind).question is not Kind.question,
        "fields": dict(kind.fields),
        "columns": [
            {**vars(column), "value": column.value.path}
            for column in kind.columns
            if isinstance(column.value, Number)
        ],
        "settings": {
            table: {"class": cls.__name__, "fields": [f.to_dict() for f in described(cls)]}
            for table, cls in kind.settings.items()
        },
    }


def declare_kinds(source: str, listed: list[Json]) -> None:
    """Let declarations stand for kinds that are not loaded here, in place of the source's last."""
    KINDS.stand_in(source, {})  # its tables of settings may have changed, too
    KINDS.stand_in(source, {values["name"]: _kind(values) for values in listed})


def _kind(values: Json) -> Kind:
    about: dict[str, Any] = {word: values[word] for word in WORDS}
    about |= {
        "reads": tuple(values["reads"]),
        "needs": frozenset(values["needs"]),
        "order": values["order"],
        "fields": values["fields"],
        "columns": tuple(_column(column) for column in values["columns"]),
        "settings": {name: _table(name, table) for name, table in values["settings"].items()},
        "own": True,
    }
    if values["asks_its_own"]:  # what it asks is code: whatever was answered counts
        about["question"] = lambda self, evidence: {}
    made: type[Kind] = type(values["class"], (Kind,), {**about, "__doc__": values["summary"]})
    return made()


def _column(values: Mapping[str, Any]) -> Column:
    about = {"value": Number(tuple(values["value"])), "tables": tuple(values["tables"])}
    return Column(**{**values, **about})


def _table(name: str, values: Mapping[str, Any]) -> type[Config]:
    """The settings of a table: those of another kind, where it shares them."""
    known = settings_tables().get(name)
    if known is not None:
        return known
    return declared(values["class"], [Field.from_dict(field) for field in values["fields"]])
