"""A kind of artefact as plain data, for a process that does not load the file that defines it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.config import Config
from ..common.described import Field, declared, described
from ..common.json_types import Plain
from ..common.records import Record
from .columns import Column, Number
from .kind import KINDS, Kind, settings_tables

__all__ = ["KindDeclaration", "declare_kinds", "describe_kind"]


@dataclass(frozen=True)
class ColumnDeclaration(Record):
    """A `Column` whose value is a `number(...)` by its path."""

    name: str
    value: tuple[str, ...]
    format: str
    tables: tuple[str, ...]
    help: str


@dataclass(frozen=True)
class TableDeclaration(Record):
    """A table of settings: its class's name, and its fields."""

    cls: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class KindDeclaration(Record):
    """What a kind declares.

    Attributes:
        cls: the name of its class.
        asks_its_own: whether its question is code of its own.
        settings: tables by name.
        quick: settings that the quick suite changes, by table.
        only_full: whether it stays out of the quick suite.

    The others are those of `Kind`.
    """

    cls: str
    name: str
    title: str
    stage: str
    summary: str
    version: int
    task: str | None
    optional: bool
    default: bool
    reads: tuple[str, ...]
    needs: tuple[str, ...]
    order: int
    asks_its_own: bool
    fields: Mapping[str, str]
    columns: tuple[ColumnDeclaration, ...]
    settings: Mapping[str, TableDeclaration]
    quick: Mapping[str, Mapping[str, Plain]]
    only_full: bool


def describe_kind(kind: Kind) -> KindDeclaration:
    """The declaration of a kind; `declare_kinds` reads it.

    Columns that are no `number(...)` of the model's JSON are left out: they are code.

    Raises:
        ConfigError: for a setting that cannot be written as JSON.
    """
    columns = tuple(
        ColumnDeclaration(each.name, each.value.path, each.format, each.tables, each.help)
        for each in kind.columns
        if isinstance(each.value, Number)
    )
    return KindDeclaration(
        cls=type(kind).__name__,
        name=kind.name,
        title=kind.title,
        stage=kind.stage,
        summary=kind.summary,
        version=kind.version,
        task=kind.task,
        optional=kind.optional,
        default=kind.default,
        reads=tuple(sorted(kind.reads)),
        needs=tuple(sorted(kind.needs)),
        order=kind.order,
        asks_its_own=type(kind).question is not Kind.question,
        fields=dict(kind.fields),
        columns=columns,
        settings={
            table: TableDeclaration(cls.__name__, tuple(described(cls)))
            for table, cls in kind.settings.items()
        },
        quick={table: dict(changes) for table, changes in (kind.quick or {}).items()},
        only_full=kind.quick is None,
    )


def declare_kinds(source: str, listed: Sequence[KindDeclaration]) -> None:
    """Let declarations stand for kinds that are not loaded here, in place of the source's last."""
    KINDS.stand_in(source, {})  # its tables of settings may have changed, too
    KINDS.stand_in(source, {about.name: _kind(about) for about in listed})


def _kind(declared: KindDeclaration) -> Kind:
    words = ("name", "title", "stage", "summary", "version", "task", "optional", "default")
    about: dict[str, Any] = {word: getattr(declared, word) for word in words}
    about |= {
        "reads": declared.reads,
        "needs": frozenset(declared.needs),
        "order": declared.order,
        "fields": declared.fields,
        "columns": tuple(
            Column(each.name, Number(each.value), each.format, each.tables, each.help)
            for each in declared.columns
        ),
        "settings": {name: _table(name, table) for name, table in declared.settings.items()},
        "quick": None if declared.only_full else declared.quick,
        "own": True,
    }
    if declared.asks_its_own:  # what it asks is code: whatever was answered counts
        about["question"] = lambda self, evidence: {}
    made: type[Kind] = type(declared.cls, (Kind,), {**about, "__doc__": declared.summary})
    return made()


def _table(name: str, table: TableDeclaration) -> type[Config]:
    """The settings of a table: those of another kind, where it shares them."""
    known = settings_tables().get(name)
    if known is not None:
        return known
    return declared(table.cls, table.fields, base=Config)
