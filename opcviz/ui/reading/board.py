"""Every method and measure of a study, as `opcviz table` has them, with what they are read beside.

The numbers are those of `study.table.rows`; here they are put beside the retrained band, the floors
and the reason where there is none. Nothing is judged: verdicts take longer and come by themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...artefacts import Column, kinds
from ...common.records import Undefined
from ...study import ModelResult, StudyResult
from ...study.table import Summary, TableRow, columns, grouped, rows
from ..charts.bands import Band
from .board_floors import floor_of
from .measure_words import GROUPS, OWN, Better, MeasureWords, words_of

__all__ = [
    "FIXED",
    "Board",
    "Line",
    "Measure",
    "board_of",
    "cell_name",
    "declared_columns",
    "heat",
]

TABLES = ("unlearning", "headline", "ground_truth", "clients", "inversion")
"""Of `opcviz table --about`; what stands in several is shown once."""

FIXED = ("original", "retrain", "untrained")
"""Methods whose rows stand at the top: what the others are read beside."""


@dataclass(frozen=True)
class Measure:
    """One column.

    Attributes:
        key: its word in links.
        name: as its column is declared.
        about: the table it stands in.
        format: of its numbers.
        group: what it belongs to, by key; `OWN` and the kind for a user's.
        group_name: the same in words.
        words: what it means.
        better: the good direction in this study.
        band: lowest and highest of the retrained models; None where none has it.
    """

    key: str
    name: str
    about: str
    format: str
    group: str
    group_name: str
    words: MeasureWords
    better: Better
    band: Band | None = None


@dataclass(frozen=True)
class Line:
    """One row.

    Attributes:
        key: its word in links.
        row: of the table, cells by the declared names of all measures; None of what is no method.
        title: on screen, with what tells it from others of its method.
        method: registered name; empty where it is no method.
        family: of the method.
        mark: its fidelity.
        deviations: what differs from what its authors published.
        models: keys of its models by seed.
        cells: by measure's key; None where there is no number.
        missing: why there is none, by measure's key.
        fixed: whether it stands at the top.
    """

    key: str
    title: str
    cells: Mapping[str, Summary | None]
    row: TableRow | None = None
    method: str = ""
    family: str = ""
    mark: str = ""
    deviations: tuple[str, ...] = ()
    models: Mapping[int, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    fixed: bool = False


@dataclass(frozen=True)
class Board:
    """The whole table.

    Attributes:
        measures: columns, those of a group side by side.
        lines: rows, the fixed ones first.
    """

    measures: tuple[Measure, ...]
    lines: tuple[Line, ...]

    def measure(self, key: str) -> Measure | None:
        """The measure with this word in links, or None."""
        return next((each for each in self.measures if each.key == key), None)

    @property
    def groups(self) -> dict[str, str]:
        """Keys and names of the groups of columns, in order."""
        return {each.group: each.group_name for each in self.measures}

    def rows(self) -> list[TableRow]:
        """Those of `opcviz table`, one a method, cells of all tables together."""
        return [line.row for line in self.lines if line.row]


def board_of(study: StudyResult) -> Board:
    """The table of one study, as it is stored.

    Args:
        study: as `opcviz table` opens it.
    """
    declared = declared_columns(study)
    models = grouped(study.models)
    tables = {
        about: rows(study.models, about, study.own_kinds)
        for about in dict.fromkeys(about for about, _ in declared)
    }
    made = [
        _line(f"{key.split(' ')[0]}{'' if key.endswith(' full') else '.quick'}", group, found)
        for (key, group), found in zip(
            models.items(), _merged(tables, declared, len(models)), strict=True
        )
    ]
    retrained = [m for m in study.models if m.method.info.name == "retrain"]
    measures = tuple(
        _measure(about, column, study, retrained)
        for about, column in declared
        if _counts(column, about, made)
    )
    by_name = {(m.about, m.name): m for m in measures}
    why = _Reasons(study, by_name)
    lines = [why.told(line, group) for line, group in zip(made, models.values(), strict=True)]
    known = sorted(
        (line for line in lines if line.fixed), key=lambda line: FIXED.index(line.method)
    )
    floors = [line for name in ("constant", "pixels") if (line := _floor(name, study, measures))]
    return Board(measures, (*known, *floors, *(line for line in lines if not line.fixed)))


def heat(measure: Measure, value: float | None, spread: float | None = None) -> float:
    """How far beyond the retrained models a number lies: −1 to 1, 0 inside their band.

    Above 0 on the side that speaks of memory, costs more or harms. The square root of the
    difference by the measure's scale, so that small ones show; of costs and norms the scale is a
    factor of hundred.

    Args:
        measure: whose band and direction count.
        value: the number, None where there is none.
        spread: standard deviation over seeds; what reaches the band within it is inside.
    """
    band, scale = measure.band, measure.words.scale
    if value is None or band is None or not measure.better or band.low <= value <= band.high:
        return 0.0
    edge = band.high if value > band.high else band.low
    if spread is not None and abs(value - edge) <= spread:
        return 0.0
    if scale is not None:
        share = abs(value - edge) / scale
    elif min(value, edge) <= 0:
        share = 1.0
    else:
        share = abs(math.log10(value / edge)) / 2
    if share < 1e-9:  # rounding of a mean over the very models of the band
        return 0.0
    worse = (value < edge) if measure.words.better == "more" else (value > edge)
    return math.copysign(min(1.0, math.sqrt(share)), 1 if worse else -1)


def declared_columns(study: StudyResult) -> list[tuple[str, Column]]:
    """Table and column of every measure, once each, those of a group side by side."""
    found: dict[str, tuple[str, Column]] = {}
    for about in TABLES:
        for column in columns(about, task=study.study.task):
            found.setdefault(column.name, (about, column))
    order = [key for key in GROUPS if key != "cost"]
    order += [OWN, "cost"]  # what another task's kinds declare with its own words, then the cost
    ours = sorted(found.values(), key=lambda each: order.index(words_of(each[1].name).group))
    generic = {kind.name for kind in kinds(study.study.task) if kind.generic and kind.columns}
    own = {name for name, about in study.own_kinds.items() if about.columns}
    theirs = [
        (name, column)
        for name in sorted(generic | own)
        for column in columns(name, study.own_kinds)
    ]
    return [*ours, *theirs]


def _merged(
    tables: Mapping[str, Sequence[TableRow]], declared: Sequence[tuple[str, Column]], count: int
) -> list[tuple[TableRow, dict[tuple[str, str], Summary | None]]]:
    """Per row: one table's row with the cells of all, and cells by table and name."""
    found = []
    for i in range(count):
        cells = {
            (about, column.name): tables[about][i].cells[column.name] for about, column in declared
        }
        plain = {_name_of(about, name): cell for (about, name), cell in cells.items()}
        row = next(iter(tables.values()))[i]
        found.append((replace(row, cells=plain), cells))
    return found


def cell_name(about: str, column: Column) -> str:
    """The name of a measure in files: with its kind where a user declared it."""
    return _name_of(about, column.name)


def _name_of(about: str, name: str) -> str:
    return name if about in TABLES else f"{about}: {name}"


def _key_of(about: str, name: str) -> str:
    words = name if about in TABLES else f"{about} {name}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _line(
    key: str,
    group: Sequence[ModelResult],
    found: tuple[TableRow, Mapping[tuple[str, str], Summary | None]],
) -> Line:
    row, cells = found
    info = row.method.info
    return Line(
        key=key,
        title=info.title + (f" ({row.apart})" if row.apart else ""),
        cells={_key_of(*name): cell for name, cell in cells.items()},
        row=row,
        method=info.name,
        family=info.family,
        mark=info.fidelity.mark,
        deviations=info.fidelity.deviations,
        models={model.seed: model.key for model in group},
        fixed=info.name in FIXED,
    )


def _measure(
    about: str, column: Column, study: StudyResult, retrained: Sequence[ModelResult]
) -> Measure:
    words = words_of(
        column.name if about in TABLES else "", column.help, column.better, column.scale
    )
    own = words.group == OWN
    said = study.own_kinds.get(about)
    if own and about in TABLES:
        kind = next((k for k in kinds(study.study.task) if column in k.columns), None)
        group, title = (about, about) if kind is None else (kind.name, kind.title)
    else:
        group = about
        title = said.title if said else next((k.title for k in kinds() if k.name == about), about)
    return Measure(
        key=_key_of(about, column.name),
        name=column.name,
        about=about,
        format=column.format,
        group=_key_of(group, "") if own else words.group,
        group_name=title if own else GROUPS[words.group],
        words=replace(words, head=column.name) if own else words,
        better=words.goal,
        band=Band.of(column.value(model.results) for model in retrained),
    )


def _counts(column: Column, about: str, lines: Sequence[Line]) -> bool:
    """Whether any row has a number; a planted flaw's columns belong to studies with one."""
    return any(line.cells[_key_of(about, column.name)] for line in lines)


class _Reasons:
    """Why numbers are not there, by the kind of artefact that would have made them."""

    def __init__(self, study: StudyResult, measures: Mapping[tuple[str, str], Measure]) -> None:
        self._kinds = {
            column.name: kind for kind in kinds(study.study.task) for column in kind.columns
        }
        self._measures = measures

    def told(self, line: Line, group: Sequence[ModelResult]) -> Line:
        """The line with a reason for each number that it lacks."""
        missing = {
            each.key: self._why(each, group)
            for each in self._measures.values()
            if line.cells[each.key] is None
        }
        return replace(line, missing=missing)

    def _why(self, measure: Measure, group: Sequence[ModelResult]) -> str:
        if reason := next((m.training.reason for m in group if m.training.reason), None):
            return reason
        kind = self._kinds.get(measure.name)
        name = measure.about if kind is None else kind.name
        answers = [model.result(name) for model in group] if kind or name in _names() else []
        for answer in answers:
            if isinstance(answer, Undefined) and answer.reason:
                return answer.reason
        return "what was measured of this model has no such number"


def _names() -> set[str]:
    return {kind.name for kind in kinds()}


def _floor(name: str, study: StudyResult, measures: Sequence[Measure]) -> Line | None:
    """What needs no model at all: a constant answer or a guess, and the raw pixels."""
    titles = {"constant": "Constant answer, or a guess", "pixels": "Raw pixels, no model"}
    cells = {each.key: floor_of(name, each.name, study.models) for each in measures}
    if not any(cells.values()):
        return None
    why = "this figure has no such floor, or it was not measured"
    missing = {key: why for key, cell in cells.items() if cell is None}
    return Line(f"floor-{name}", titles[name], cells, missing=missing, family="floor", fixed=True)
