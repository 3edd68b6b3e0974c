"""What a kind of artefact is: one declaration that everything which names it derives from.

A kind joins by one file: a class with one verb, `measure`, and a decorator that says what it is.
Command line, cache keys, progress texts, tables, `show --json` and the screen read the declaration.

    @register_kind("margin", title="Margin", stage="measuring margins of", summary="…")
    class Margins(Kind):
        settings = {"margin": MarginSettings}
        fields = {"margin.mean": "mean margin of the forget data, in logits"}
        columns = (Column("margin", number("margin", "mean"), format=".2f"),)

        def measure(self, context: Context) -> Made: ...
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Never

import numpy as np
from typing_extensions import TypeVar

from ..common.config import Config, ConfigError
from ..common.json_types import Json, Plain
from ..common.records import Record
from ..common.registry import Registry
from ..results import PlainResult
from .columns import Column, ColumnAbout, KindAbout, Number
from .threat import Threat

if TYPE_CHECKING:
    from .context import Context
    from .evidence_settings import EvidenceSettings
    from .rows import Row

__all__ = [
    "CHECKS_OF_OWN",
    "KINDS",
    "MODEL",
    "Kind",
    "Made",
    "as_made",
    "get_kind",
    "kinds",
    "register_kind",
    "settings_tables",
]

ContextT = TypeVar("ContextT", bound="Context", default="Context", contravariant=True)
"""What a kind must be given: of the models of any task, or more, of those of one."""
KindClass = TypeVar("KindClass", bound="type[Kind[Never]]")

MODEL = "model"  # the trained model itself: made by training, not by a kind's `measure`


@dataclass(frozen=True)
class Made:
    """What a kind's `measure` returns, ready to be stored.

    Attributes:
        result: the numbers, as a record or JSON-ready; None with a reason beside it where there is
            none.
        arrays: npz file name to arrays by name.
        files: further files: name to what writes it.
    """

    result: Mapping[str, Plain] | Record
    arrays: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    files: Mapping[str, Callable[[Path], None]] = field(default_factory=dict)

    @property
    def record(self) -> Record:
        """The numbers; their `to_dict()` is what is stored.

        Raises:
            TypeError, ValueError: for numbers that JSON cannot hold.
        """
        if isinstance(self.result, Record):
            return self.result
        return PlainResult.from_dict(dict(self.result))


class Kind(Generic[ContextT]):
    """One kind of artefact about one model; see the top of this file.

    Attributes (declared by `register_kind`):
        name: its word in commands, files and JSON.
        title: its name on screen.
        stage: what is being done while it is made, as in "relearning from" (OPC).
        summary: one line for listings.
        version: raised when an answer changes although its question does not.
        task: the task whose models it is about, None for any.
        optional: whether a study chooses it, in `evidence.instruments`.
        default: of an optional one, whether a study has it unless it says otherwise.
        own: whether a user brought it.

    Attributes (class variables a kind may set):
        settings: tables of `[evidence]` that it reads, name to Config; several may share one.
        reads: single settings of `[evidence]` that change its answer.
        needs: of `original` (it has no answer without the original model), `retrained` (the
            retrained model of the same seed, made first), `seeds` (the references' models of
            several seeds, too) and `together` (all models of a seed in one call of
            `measure_all`).
        shares: whether its first answer of a seed makes what the others of the seed use, too.
        order: kinds are made in ascending order: what a person waits for comes first.
        fields: documentation of what it adds to a model's JSON, path to meaning.
        columns: its numbers for tables.
        rows: its measures on the page Instruments, which puts those of a group together.
        result: the record that its numbers are, for `read`; without one they are read as a
            `PlainResult`.
        family: the family of attackers it belongs to, of `opcviz.verdict.FAMILIES`. A record that
            says its `attempts()` or `signs()` counts in the verdict, whatever its family; one of a
            family that is none of those is missed nowhere.
        threat: of a kind that attacks: what the attacker holds and spends, for reports.
        scenarios: kinds of forget scenario whose studies have it whatever they choose.
        quick: settings that the quick suite changes, by table. Without any it is made there as it
            always is; None keeps it out of the quick suite.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    stage: ClassVar[str]
    summary: ClassVar[str]
    version: ClassVar[int] = 1
    task: ClassVar[str | None] = None
    optional: ClassVar[bool] = True
    default: ClassVar[bool] = False
    own: ClassVar[bool] = True

    settings: ClassVar[Mapping[str, type[Config]]] = {}
    reads: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[frozenset[str]] = frozenset()
    shares: ClassVar[bool] = False
    order: ClassVar[int] = 50
    fields: ClassVar[Mapping[str, str]] = {}
    columns: ClassVar[tuple[Column, ...]] = ()
    rows: ClassVar[tuple[Row, ...]] = ()
    result: ClassVar[type[Record]] = PlainResult
    family: ClassVar[str | None] = None
    threat: ClassVar[Threat | None] = None
    scenarios: ClassVar[tuple[str, ...]] = ()
    quick: ClassVar[Mapping[str, Mapping[str, Plain]] | None] = {}

    def looks(self, evidence: EvidenceSettings) -> Sequence[Hashable]:
        """What it asks of a subject beside `outputs`, in words that the task's subjects know.

        Told before anything is made, so that one pass over the data serves all kinds. A kind that
        does not say it gets it all the same, by a pass of its own.
        """
        return ()

    def looks_beside(self, evidence: EvidenceSettings) -> Sequence[Hashable]:
        """The same of the original model, which others are compared with."""
        return ()

    def measure(self, context: ContextT) -> Made | Record | Mapping[str, Plain]:
        """Measure one model.

        Args:
            context: the model, its references, the data, the settings; nothing else.

        Returns:
            The numbers (and arrays); finite or None, never NaN.

        Raises:
            Cancelled: from `context.progress`.
        """
        raise NotImplementedError

    def measure_all(self, contexts: Sequence[ContextT]) -> list[Made]:
        """Measure several models; only kinds that gain from it do more than one at a time."""
        return [as_made(self, self.measure(context)) for context in contexts]

    def read(self, stored: Json) -> Record:
        """The record of its stored numbers.

        Raises:
            ValueError: for numbers that are not such a record's; the message says where.
        """
        return self.result.from_dict(stored)

    def question(self, evidence: EvidenceSettings) -> Mapping[str, Plain]:
        """What its answer depends on, beyond the model: the name of the artefact is its hash."""
        asked = {name: evidence.table(name).to_dict() for name in self.settings}
        return {**asked, **{name: getattr(evidence, name) for name in self.reads}} | {
            "version": self.version
        }

    def wanted(self, evidence: EvidenceSettings, seeds: int) -> bool:
        """Whether a study with these settings and so many reference seeds asks for it."""
        return not self.optional or self.name in evidence.chosen

    def about(self) -> KindAbout:
        """The declaration as it is stored with what a user's own kind makes.

        Whoever reads the store need not have the file that made it.
        """
        columns = tuple(
            ColumnAbout(column.name, column.value.path, column.format, column.help)
            for column in self.columns
            if isinstance(column.value, Number)
        )
        return KindAbout(self.title, self.summary, self.fields, columns)

    @property
    def not_computed(self) -> str:
        """The reason that stands where it was never made."""
        return f"{self.name} was not computed yet"

    @property
    def generic(self) -> bool:
        """Whether tables and screen show its numbers as they show those of a user's own kind.

        So they do with a kind that names no table for its columns and declares no rows.
        """
        placed = self.rows or any(column.tables for column in self.columns)
        return not placed and bool(self.columns or self.fields)

    def reference_seeds(self, evidence: EvidenceSettings) -> tuple[int, ...]:
        """Further seeds whose original and retrained model it wants; they are not shown."""
        return ()

    def show(self, result: Json | None, reason: str) -> Json:
        """What it adds to a model's documented JSON.

        Args:
            result: its stored numbers, None where there are none.
            reason: why there are none.
        """
        return {self.name: {"reason": reason} if result is None else result}


KINDS: Registry[Kind] = Registry("kind of artefact")
CHECKS_OF_OWN: list[Callable[[Kind], None]] = []  # of a user's kind, before it is known; see `own`


def register_kind(
    name: str,
    *,
    title: str,
    stage: str,
    summary: str,
    version: int = 1,
    task: str | None = None,
    optional: bool = True,
    default: bool = False,
) -> Callable[[KindClass], KindClass]:
    """Class decorator that makes a kind known; see `Kind` for the arguments.

    Raises:
        ConfigError: when the name, or one of its settings' tables, is taken.
        TypeError: of a user's own kind, when something else does not fit; see `own.check_own`.
    """

    def enter(cls: KindClass) -> KindClass:
        # which context it wants Python forgets; `task` says whose models it can be asked about
        declared: object = cls
        if not isinstance(declared, type) or not issubclass(declared, Kind):
            raise ConfigError(f"kind '{name}': {cls!r} does not derive from Kind")
        if name == MODEL or not name.isidentifier():
            raise ConfigError(f"a kind of artefact cannot be called '{name}'")
        loaded = KINDS.snapshot().values()  # not what stands in for this very kind
        tables = {table: config for kind in loaded for table, config in kind.settings.items()}
        for table, config in cls.settings.items():
            known = tables.get(table, config)
            if known is not config:
                raise ConfigError(
                    f"kind '{name}': the settings '{table}' are {known.__name__} already"
                )
        cls.name, cls.title, cls.stage, cls.summary = name, title, stage, summary
        cls.version, cls.task, cls.optional, cls.default = version, task, optional, default
        cls.own = not cls.__module__.startswith("opcviz.")
        kind = declared()
        KINDS.add(name, kind)
        if cls.own:
            try:
                for check in CHECKS_OF_OWN:
                    check(kind)
            except Exception:
                KINDS.discard(name)
                raise
        return cls

    return enter


def kinds(task: str | None = None) -> list[Kind]:
    """All kinds in the order in which they are made, or those about the models of one task."""
    known = sorted(KINDS.values(), key=lambda kind: (kind.order, kind.name))
    return [kind for kind in known if task is None or kind.task in (None, task)]


def get_kind(name: str) -> Kind:
    """The kind behind a name.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    return KINDS.get(name)


def settings_tables() -> dict[str, type[Config]]:
    """Every table of settings that some kind reads, by its name in `[evidence]`."""
    return {name: cls for kind in kinds() for name, cls in kind.settings.items()}


def as_made(kind: Kind[Never], returned: Made | Record | Mapping[str, Plain]) -> Made:
    """What `measure` returned as `Made`.

    Raises:
        TypeError: when it is neither that nor a dict, naming the kind.
    """
    if isinstance(returned, Made):
        return returned
    if isinstance(returned, dict | Record):
        return Made(returned)
    raise TypeError(
        f"'{kind.name}': measure() must return a dict of numbers, a Record or Made, not "
        f"{type(returned).__name__}"
    )
