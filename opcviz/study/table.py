"""One line a method over several seeds: mean ± standard deviation of every headline number."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..artefacts import Column, KindAbout, columns_of, kinds
from ..common.config import ConfigError
from ..common.json_types import Json
from ..common.records import Record
from ..methods import MethodSettings
from .model_result import ModelResult
from .naming import apart_models

__all__ = [
    "DAMAGED",
    "Summary",
    "TableRow",
    "cell_text",
    "columns",
    "damaged",
    "grouped",
    "rows",
    "shared_columns",
    "shown_columns",
    "summarised",
    "to_markdown",
]

MAIN = ("unlearning",)
TRAINING = (  # of the model itself, beside what the kinds of artefact measure
    Column("seconds", lambda m: m.training.seconds, ",.1f", MAIN, "of training"),
    Column("gradients", lambda m: m.training.gradients, ",.0f", MAIN, "sample gradients evaluated"),
    Column(
        "MiB",
        lambda m: m.training.peak_memory_mb,
        ",.0f",
        MAIN,
        "peak memory of the process, or the GPU",
    ),
)


def shown_columns(task: str) -> list[Column]:
    """The columns of the table of `opcviz show`, in the order in which their kinds are made.

    Args:
        task: whose models are shown: numbers about those of another are not theirs.
    """
    known = [*(column for kind in kinds(task) for column in kind.columns), *TRAINING]
    return [column for column in known if "show" in column.tables]


def columns(
    about: str, own: Mapping[str, KindAbout] | None = None, task: str = "classification"
) -> list[Column]:
    """The columns of one table, in the order in which their kinds are made.

    Args:
        about: which table.
        own: what users' own kinds say of themselves, see `StudyResult.own_kinds`: a table each.
        task: whose models it is about; a table that only other tasks have has no columns.

    Raises:
        ConfigError: when there is no such table; those there are, are listed.
    """
    known = [*(c for kind in kinds() for c in kind.columns), *TRAINING]
    if any(about in column.tables for column in known):
        ours = [*(c for kind in kinds(task) for c in kind.columns), *TRAINING]
        return [column for column in ours if about in column.tables]
    generic = {kind.name: kind for kind in kinds() if kind.generic and not kind.own}
    if about in generic and generic[about].columns:
        return list(generic[about].columns)
    tables = dict.fromkeys(table for column in known for table in column.tables)
    tables |= dict.fromkeys(name for name, kind in generic.items() if kind.columns)
    for name, said in (own or {}).items():
        if stored := columns_of(said):
            if name == about:
                return list(stored)
            tables[name] = None
    raise ConfigError(f"no table is about '{about}'; there are: {', '.join(tables)}")


MAX_ACCURACY_LOSS = 2.0  # points of retain test accuracy
DAMAGED = f"† more than {MAX_ACCURACY_LOSS:g} points below the retrained model's TA."


class Celled(Protocol):
    """A line of some table: cells by the names of columns."""

    @property
    def cells(self) -> Mapping[str, object]:
        """Of the columns that it is about."""


@dataclass(frozen=True)
class Summary(Record):
    """A number over seeds: its mean, standard deviation (None of a single seed) and how many.

    `who` names, of a number that is the greatest of several, whose it is on the seed where it is
    greatest.
    """

    mean: float
    sd: float | None
    n: int
    who: str | None = None


@dataclass(frozen=True)
class TableRow(Record):
    """One method and setting over its seeds.

    Attributes:
        method: with its settings.
        seeds: ascending.
        reason: of the models without numbers.
        cells: by column; None where no seed has the number.
        study: its name, where rows of several studies stand together.
        apart: what tells it from other rows of the same method.
    """

    method: MethodSettings
    seeds: tuple[int, ...]
    reason: str | None
    cells: Mapping[str, Summary | None]
    study: str = ""
    apart: str = ""

    def _written(self) -> Json:
        return {
            **({"study": self.study} if self.study else {}),
            "method": self.method.info.name,
            **({"apart": self.apart} if self.apart else {}),
            "settings": self.method.to_dict(),
            "seeds": list(self.seeds),
            "reason": self.reason,
            **{name: cell.to_dict() if cell else None for name, cell in self.cells.items()},
        }


def rows(
    models: Iterable[ModelResult],
    about: str = "unlearning",
    own: Mapping[str, KindAbout] | None = None,
    *,
    study: str = "",
) -> list[TableRow]:
    """Aggregate the numbers of models: a row a method and setting, in their order.

    Args:
        models: of one study.
        about: which table, see `columns`.
        own: as of `columns`.
        study: what to call their study.

    Raises:
        ConfigError: when there is no such table.
    """
    groups = grouped(models)
    task = next((group[0].study.task for group in groups.values()), "classification")
    wanted = columns(about, own, task)
    told = apart_models([group[0] for group in groups.values()])
    return [
        TableRow(
            method=group[0].method,
            seeds=tuple(sorted(model.seed for model in group)),
            reason=next((m.training.reason for m in group if m.training.reason), None),
            cells={column.name: _summary(column, group) for column in wanted},
            study=study,
            apart=told[group[0].key],
        )
        for group in groups.values()
    ]


def grouped(models: Iterable[ModelResult]) -> dict[str, list[ModelResult]]:
    """The models of each row: those that differ by their seed alone, by method, settings, suite."""
    groups: dict[str, list[ModelResult]] = {}
    for model in models:
        groups.setdefault(f"{model.key.rpartition('-s')[0]} {model.suite}", []).append(model)
    return groups


def _summary(column: Column, models: Iterable[ModelResult]) -> Summary | None:
    known = [(found, m) for m in models if (found := column.value(m.results)) is not None]
    if not known:
        return None
    _, greatest = max(known, key=lambda each: each[0])
    who = column.who(greatest.results) if column.who else None
    return summarised([value for value, _ in known], who)


def summarised(values: Sequence[float], who: str | None = None) -> Summary:
    """The summary of at least one number."""
    spread = statistics.stdev(values) if len(values) > 1 else None
    return Summary(statistics.fmean(values), spread, len(values), who)


def to_markdown(
    table: Sequence[TableRow],
    about: str = "unlearning",
    own: Mapping[str, KindAbout] | None = None,
) -> str:
    """The table for a README, mean ± sd; arguments as those of `rows` and `columns`.

    Studies of several tasks have the columns of all of them.
    """
    shown = shared_columns(table, about, own)
    names = [column.name for column in shown]
    lines = [f"| method | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for row in table:
        cells = [cell_text(row.cells.get(column.name), column.format) for column in shown]
        if "TA" in names and damaged(row, table):
            cells[names.index("TA")] += " †"
        if row.reason and not any(row.cells.get(name) for name in names[:2]):
            cells = [row.reason, *[""] * (len(names) - 1)]
        method = row.method.info.name + (f" ({row.apart})" if row.apart else "")
        name = f"{row.study} · {method}" if row.study else method
        lines.append(f"| {name} | {' | '.join(cells)} |")
    if any("†" in line for line in lines):
        lines += ["", DAMAGED]
    return "\n".join(lines)


def shared_columns(
    lines: Sequence[Celled],
    about: str,
    own: Mapping[str, KindAbout] | None = None,
) -> list[Column]:
    """The columns of one table that some line of it is about, whatever the lines' tasks.

    Args:
        lines: of one study or of several.
        about: which table, see `columns`.
        own: as of `columns`.
    """
    tasks = dict.fromkeys(["classification", *(kind.task for kind in kinds() if kind.task)])
    found = {c.name: c for task in tasks for c in columns(about, own, task)}
    return [c for c in found.values() if not lines or any(c.name in each.cells for each in lines)]


def damaged(row: TableRow, table: Iterable[TableRow]) -> bool:
    """Whether retain test accuracy is more than `MAX_ACCURACY_LOSS` below the retrained model's."""
    mine = [r for r in table if r.study == row.study and r.method.info.name == "retrain"]
    known = [cell.mean for r in (*mine, row) if (cell := r.cells.get("TA"))]
    return len(known) == 2 and known[0] - known[1] > MAX_ACCURACY_LOSS


def cell_text(summary: Summary | None, form: str) -> str:
    """As in `98.1 ± 0.3 (rbf on features)`; a dash where there is no number."""
    if summary is None:
        return "–"
    text = f"{summary.mean:{form}}"
    if summary.sd is not None:
        text += f" ± {summary.sd:{form.lstrip(',')}}"
    return f"{text} ({summary.who})" if summary.who else text
