"""What the command line prints: tables of numbers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..common.config import ConfigError
from ..common.records import defined
from ..results import EvidenceResult

if TYPE_CHECKING:
    from ..study import StudyResult
    from ..verdict import Verdict

__all__ = [
    "expected_errors",
    "in_a_row",
    "listing",
    "numbers_table",
    "reading",
    "width_of",
    "without_model",
]

WIDEST_NAME = 36  # of a listing's first column, before it folds


def reading(study: StudyResult) -> str:
    """How the numbers are read."""
    return (
        "Accuracies in percent. After FM: accuracy on forget data that an affine map of "
        "the features restores (fit set all). A constant answer alone scores "
        f"{_percent(_constant(study))}. PSNR of gradient inversion in dB."
    )


def _constant(study: StudyResult) -> float | None:
    for model in study.models:
        found = model.results.get(EvidenceResult)
        fit = found.recovery.fm.get("all") if defined(found) else None
        if fit and fit.constant_predictor is not None:
            return fit.constant_predictor
    return None


def numbers_table(study: StudyResult) -> Table:
    """The headline numbers of a study, a line a model."""
    from ..study.naming import apart_models
    from ..study.table import shown_columns  # late, as it brings torch along

    title = f"{study.study.title} ({study.place})"
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown = shown_columns(study.study.task)
    told = apart_models(study.models)
    rows = [
        (
            _named(model.method.info.name, told[model.key]),
            str(model.seed),
            *(_number(column.value(model.results), column.format) for column in shown),
            _verdict(study.verdict(model)),
        )
        for model in study.models
    ]
    heads = ("model", "seed", *("\n".join(c.name.split()) for c in shown), "verdict")
    for at, name in enumerate(heads):
        if name in ("model", "verdict"):  # words may take several lines
            table.add_column(name, overflow="fold", min_width=8)
        else:  # a number is never cut, however narrow the window
            widest = max(map(len, (*name.split(), *(row[at] for row in rows))))
            table.add_column(name, justify="right", no_wrap=True, min_width=widest)
    for row in rows:
        table.add_row(*map(Text, row))  # a reason may hold brackets, which are no markup
    return table


def width_of(table: Table, window: int) -> int:
    """In how many letters a table is printed: as the window has, or more if columns got lost."""
    columns = sum((column.min_width or 0) + 1 for column in table.columns) + 2
    return Console(width=10_000).measure(table).maximum if columns > window else window


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


def _named(method: str, apart: str) -> str:
    return f"{method} ({apart})" if apart else method


def _verdict(verdict: Verdict) -> str:
    if verdict.gone is None and verdict.place is None:
        return f"{verdict.words} (missing: {verdict.missing[0]})" if verdict.missing else "–"
    return verdict.words


def without_model(study: StudyResult) -> list[str]:
    """A line on each training that left no model: how it ended, and why."""
    from ..study.naming import apart_models

    told = apart_models(study.models)
    return [
        f"{_named(model.method.info.name, told[model.key])}, seed {model.seed}: "
        f"{model.training.status}: {model.training.reason}"
        for model in study.models
        if model.training.reason
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def listing(rows: Sequence[Mapping[str, object]]) -> Table:
    """Plain values of rows that share their keys."""
    table = Table()
    plain = [{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in rows]
    for i, name in enumerate(plain[0] if plain else ("none yet",)):
        # folded, never cut: the first column is what a person has to type
        table.add_column(name, overflow="fold", min_width=_width(plain, name) if i == 0 else None)
    for row in plain:
        table.add_row(*(Text(str(value)) for value in row.values()))
    return table


def _width(rows: Sequence[Mapping[str, object]], name: str) -> int:
    return min(max((len(str(row[name])) for row in rows), default=0), WIDEST_NAME)


def expected_errors() -> tuple[type[Exception], ...]:
    """Errors whose message is the whole answer.

    Where no weights file was opened none is at fault, and nobody waits two seconds for torch, which
    comes with that error, to be told of a mistyped name.
    """
    from ..data import DataError
    from ..engine import EngineError
    from ..study import StoreError

    known = (ConfigError, DataError, StoreError, EngineError)
    if "opcviz.models.checkpoint" not in sys.modules:
        return known
    from ..models import CheckpointError

    return *known, CheckpointError


def in_a_row(studies: Sequence[StudyResult], as_json: bool) -> str:
    """The tables of the requests in a row that these studies are steps of.

    Raises:
        ConfigError: for a study that is none.
    """
    from ..study.sequence import sequence_of
    from ..study.sequence_table import to_json, to_markdown

    found = [sequence_of(study) for study in studies]
    if alone := [s.place for s, row in zip(studies, found, strict=True) if row is None]:
        raise ConfigError(f"--about sequence: '{alone[0]}' is no step of requests in a row")
    rows = [row for row in found if row is not None]
    if as_json:
        return to_json(rows)
    return "\n\n".join(to_markdown(row) for row in rows)
