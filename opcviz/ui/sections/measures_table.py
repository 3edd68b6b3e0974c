"""Everything else that was measured, in one table: a row a measure, a column a model."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import streamlit as st

from ...artefacts import ModelResults, Row, kinds
from ...study import StudyResult
from ..charts import table_component as component
from ..charts.bands import Band
from ..charts.table_component import Cell, Head, TableRow
from ..reading import state
from ..reading.board_view import NAME, SortBy
from ..reading.measure_words import ARROWS, Better
from ..reading.row_words import beside_band, direction_of, number_in
from ..reading.store_reader import Column
from ..reading.store_reader import retrained as retrained_of
from .missing import unknown_words
from .presentation import presenting
from .sentences import no_retrained

__all__ = ["AGAIN", "declared", "rows_of", "table"]

SHORT: dict[Better, str] = {"less": "less", "more": "more", "same": "as retrained", "": ""}
AGAIN = "for the same reason"  # in place of a reason that the row told already
SHORT_REASON = 60  # characters that do no harm told twice
TOLD = ". Beside it: "  # before the retrained models' figures, under the pointer
NO_DIRECTION = "none"
GOOD = Head("good", "Good direction", words=True, sorts=False)
READ = Head("read", "How to read it", words=True, sorts=False)
FIGURE = re.compile(r"[−-]?[\d,]*\.?\d+(?: %)?(?= |,|$)")


def declared(task: str = "classification", scenario: str = "") -> list[Row]:
    """The rows that the kinds of artefact declare; those of a group stand together.

    Args:
        task: of the study.
        scenario: kind of its forget scenario; rows about others are left out.
    """
    ours = (kind for kind in kinds(task) if not kind.own)
    asked = (kind for kind in ours if not kind.scenarios or scenario in kind.scenarios)
    grouped: dict[str, list[Row]] = {}
    for row in chain.from_iterable(kind.rows for kind in asked):
        grouped.setdefault(row.group, []).append(row)
    return list(chain.from_iterable(grouped.values()))


def _cell(row: Row, seed: int, model: ModelResults, retrained: ModelResults | None) -> str:
    """The text of one cell: the value, or why there is none."""
    if row.compares and retrained is None:
        return no_retrained(seed)
    return row.value(model, retrained or model) or "not computed"


def rows_of(
    shown: Sequence[tuple[int, ModelResults]],
    retrained: Mapping[int, ModelResults],
    task: str = "classification",
    scenario: str = "",
) -> list[list[str]]:
    """The table's texts: group, measure, a column a model, how to read it.

    Args:
        shown: seed and results of the models.
        retrained: the results of the retrained models by seed; each model is compared with its own.
        task, scenario: of the study, see `declared`.
    """
    return [
        [
            row.group,
            row.name,
            *(_cell(row, seed, model, retrained.get(seed)) for seed, model in shown),
            row.read,
        ]
        for row in declared(task, scenario)
    ]


@st.fragment
def table(study: StudyResult, shown: Sequence[Column]) -> None:
    """All measures of all models shown, each beside the retrained models of all seeds.

    Args:
        study: on the page.
        shown: the columns.
    """
    models = [(column.model.seed, column.results) for column in shown]
    retrained, about = retrained_of(study), study.study
    theirs = [(seed, results) for seed, results in retrained.items()]
    ours = rows_of([*models, *theirs], retrained, about.task, about.forget.kind)
    lines = [_line(row, len(models)) for row in ours]
    by = SortBy.read(state.option("order"))
    heads = (NAME, *(c.model.key for c in shown))
    if by.key and by.key not in heads:
        unknown_words("order", "model among those shown", [by.key], heads)
        by = SortBy()
    ordered = _ordered(lines, by, [column.model.key for column in shown])
    columns, drawn = [*map(_head, shown), GOOD, READ], [line.row for line in ordered]
    if presenting():  # a wall has room for the figures, and nobody scrolls sideways there
        columns, drawn = columns[:-2], list(map(_for_hall, drawn))
    component.table(
        columns,
        drawn,
        key=f"measures.{study.place}",
        corner=Head(NAME, "Measure", words=True),
        sort=by.key,
        down=by.down,
        label="Measures of the models shown",
        on_sort=lambda key: state.choose(
            order=SortBy.read(state.option("order")).pressed(key).word
        ),
    )
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(
        "Yellow: worse than every retrained model, or above them where the measure has no better "
        "side (≈). Turquoise: better, or below them. Plain: within their range, or nothing to "
        "compare with. Press a model's name to sort by how far it lies from them."
    )
    right.download_button(
        "Measures (CSV)",
        lambda: _csv(ordered, shown),
        f"measures-{study.place}.csv",
        "text/csv",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
        key="measures.csv",
        help="This table, in this order.",
    )


@dataclass(frozen=True)
class _Line:
    """A row with what it is sorted by: its name, and each model's distance from the retrained."""

    row: TableRow
    heats: tuple[float, ...]


def _head(column: Column) -> Head:
    told = (column.label, "Press: by how far it is from the retrained models, on the worse side.")
    return Head(column.model.key, column.label, help=told)


def _line(texts: Sequence[str], count: int) -> _Line:
    """A row of the table from its texts: those of the models shown, then the retrained ones'."""
    group, name, *cells, read = texts
    better, scale = direction_of(name)
    band = Band.of(number_in(text) for text in cells[count:])
    heats = tuple(beside_band(number_in(text), band, better, scale) for text in cells[:count])
    sign, _ = ARROWS[better]
    beside = "" if band is None else f"{TOLD}{band.words('', 3)}."
    shown = [
        Cell(_first(text), _below(text, cells[:at]), heat, f"{text}{beside}")
        for at, (text, heat) in enumerate(zip(cells, heats, strict=False))
    ]
    direction = Cell(
        f"{sign} {SHORT[better]}" if sign else NO_DIRECTION, help=f"{name}: {ARROWS[better][1]}"
    )
    row = TableRow(
        f"{group}: {name}", Cell(name, group, help=read), (*shown, direction, Cell(read))
    )
    return _Line(row, heats)


def _for_hall(row: TableRow) -> TableRow:
    """A row without its words: the sign of the good direction stands behind the measure's name."""
    *figures, good, _ = row.cells
    sign = good.text.partition(" ")[0] if good.text != NO_DIRECTION else ""
    head = replace(row.head, text=f"{row.head.text} {sign}".strip())
    return replace(row, head=head, cells=tuple(figures))


def _first(text: str) -> str:
    """The figure that a text begins with, with its unit; a dash where it begins with words."""
    found = FIGURE.match(text)
    return found.group() if found else "–"


def _rest(text: str) -> str:
    found = FIGURE.match(text)
    return text[found.end() :].lstrip(" ,") if found else text


def _below(text: str, before: Sequence[str]) -> str:
    """What follows the figure; a reason that the row told already is named, not repeated."""
    repeats = text in before and FIGURE.match(text) is None and len(text) > SHORT_REASON
    return AGAIN if repeats else _rest(text)


def _ordered(lines: Sequence[_Line], by: SortBy, keys: Sequence[str]) -> list[_Line]:
    """Rows by name, or by a model's distance; in the declared order where nobody chose."""
    if not by.key:
        return list(lines)
    if by.key == NAME:
        return sorted(lines, key=lambda line: line.row.head.text.casefold(), reverse=by.down)
    at = keys.index(by.key)
    return sorted(lines, key=lambda line: line.heats[at], reverse=not by.down)  # worst first


def _csv(lines: Sequence[_Line], shown: Sequence[Column]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    labels = [column.label for column in shown]
    writer.writerow(["group", "measure", *labels, "good direction", "how to read it"])
    for line in lines:
        *cells, good, read = line.row.cells
        texts = (cell.help.split(TOLD)[0] for cell in cells)
        writer.writerow([line.row.head.below, line.row.head.text, *texts, good.text, read.text])
    return out.getvalue()
