"""The narrow table of a study: a line a method, its worst case, floors and the retrained band.

The worst case of a method is the attacker who came furthest beyond the retrained models, as the
verdict has it, on the seed where he came furthest; his figure is then given over all seeds. A
recovered share says nothing alone: the floors (raw pixels, the untrained network) and the band of
retrained models stand in the same table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..artefacts import kinds
from ..artefacts.columns import HEADLINE
from ..common.json_types import Json
from ..common.records import Record, defined
from ..results import Attempt, Attempts, StrongestResult
from .model_result import ModelResult
from .results import FEWEST_OTHERS, StudyResult
from .table import (
    DAMAGED,
    Summary,
    TableRow,
    cell_text,
    columns,
    damaged,
    rows,
    shared_columns,
    summarised,
)

__all__ = ["Headline", "Span", "WorstCase", "headline", "to_markdown"]

PIXELS, BAND = "raw pixels (floor)", "retrained band"
NEVER = "none"  # block from which on no attacker gets more than from the band


@dataclass(frozen=True)
class Span(Record):
    """The least and the greatest of a number over models, and how many they are."""

    low: float
    high: float
    n: int
    who: str | None = None


@dataclass(frozen=True)
class WorstCase(Record):
    """The attacker who came furthest.

    Attributes:
        attacker: in words.
        recovered: percent that he gets back, over the seeds.
        beyond: points beyond the most that he gets from any retrained model, on the seed where
            that is most; None where nobody else was retrained.
    """

    attacker: str
    recovered: Summary
    beyond: float | None


@dataclass(frozen=True)
class Headline(Record):
    """One line of the table.

    Attributes:
        name: of the method, or what else the line is about.
        study: its name, where lines of several studies stand together.
        seeds: ascending.
        settings: of the method; None for floors and band.
        reason: of models without numbers.
        cells: by column, over seeds; of the band from the least to the greatest.
        worst: the worst case; of floors the best map, of the band from the least to the
            greatest of what anybody gets.
        depth: the earliest block from which on no attacker gets more than from the band, by seed;
            `NEVER` where there is no such block. Empty where it is not known.
        fidelity: the method's mark.
        damaged: whether it costs the retained classes, see `table.DAMAGED`.
        apart: what tells it from other lines of the same method.
        places: where forgetting lives, by seed, of tasks whose verdict is that.
    """

    name: str
    study: str
    seeds: tuple[int, ...]
    settings: Mapping[str, object] | None
    reason: str | None
    cells: Mapping[str, Summary | Span | None]
    worst: WorstCase | Span | None
    depth: tuple[str, ...] = ()
    fidelity: str | None = None
    damaged: bool = False
    apart: str = ""
    places: tuple[str, ...] = ()

    def _written(self) -> Json:
        return {
            **({"study": self.study} if self.study else {}),
            "name": self.name,
            **({"apart": self.apart} if self.apart else {}),
            "seeds": list(self.seeds),
            "settings": self.settings,
            "reason": self.reason,
            **{name: cell.to_dict() if cell else None for name, cell in self.cells.items()},
            "worst": self.worst.to_dict() if self.worst else None,
            "depth": list(self.depth),
            **({"places": list(self.places)} if self.places else {}),
            "fidelity": self.fidelity,
            "damaged": self.damaged,
        }


def headline(study: StudyResult, name: str = "") -> list[Headline]:
    """The lines of one study: every method, the pixels' floor, the retrained band.

    Args:
        study: as it is stored; nothing is computed.
        name: what to call it in a table of several.
    """
    models = study.models
    made = rows(models, HEADLINE, study=name)
    lines = [replace(_line(study, row), damaged=damaged(row, made)) for row in made]
    return [*lines, *_floor(models, name), *_band(_of(models, "retrain"), name)]


def _line(study: StudyResult, row: TableRow) -> Headline:
    mine = [m for m in study.models if m.method == row.method and m.seed in row.seeds]
    beside = study.beside([m.key for m in mine])  # what was attacked quickly, by the quick suite
    depths = [
        (verdict.depth or NEVER) if verdict.furthest else None
        for verdict in map(study.verdict, mine)
    ]
    placed = [study.verdict(model).place for model in mine]
    floor = not row.method.info.needs  # given no data, it can remember nothing
    return Headline(
        name=row.method.info.name,
        study=row.study,
        seeds=row.seeds,
        settings=row.method.to_dict(),
        reason=row.reason,
        cells=row.cells,
        worst=_best_map(mine) if floor else _worst(beside, mine),
        depth=tuple(depth for depth in depths if depth),
        fidelity=row.method.info.fidelity.mark,
        apart=row.apart,
        places=tuple(place for place in placed if place),
    )


def _worst(study: StudyResult, mine: Sequence[ModelResult]) -> WorstCase | None:
    retrained = _of(study.models, "retrain")
    found: list[tuple[float, Attempt]] = []
    for model in mine:
        if furthest := study.verdict(model).furthest:
            band = _others(model, [each for each in retrained if each.suite == model.suite])
            theirs = [_of_key(_attempts(other), furthest) for other in band]
            most = max((value for value in theirs if value is not None), default=None)
            beyond = float("-inf") if most is None else furthest.recovered - most
            found.append((beyond, furthest))
    if not found:
        return None
    beyond, attempt = max(found, key=lambda each: (each[0], each[1].recovered))
    values = [_of_key(_attempts(model), attempt) for model in mine]
    recovered = summarised([value for value in values if value is not None])
    return WorstCase(attempt.words, recovered, None if beyond == float("-inf") else beyond)


def _best_map(models: Sequence[ModelResult]) -> WorstCase | None:
    """Of a floor: the best map, by whoever holds labelled pictures of every class."""
    rungs = [
        rung.attempt
        for model in models
        if defined(found := model.results.get(StrongestResult)) and (rung := found.worst("all"))
    ]
    if not rungs:
        return None
    best = max(rungs, key=lambda each: each.recovered)
    return WorstCase(best.words, summarised([each.recovered for each in rungs]), None)


def _others(model: ModelResult, retrained: Sequence[ModelResult]) -> Sequence[ModelResult]:
    """The band that a model is judged beside; a retrained one is no measure of itself."""
    others = [each for each in retrained if each.key != model.key]
    return others if len(others) >= FEWEST_OTHERS else retrained


def _of_key(attempts: Sequence[Attempt], wanted: Attempt) -> float | None:
    """What the same attacker gets; None where he did not try."""
    return max((each.recovered for each in attempts if each.key == wanted.key), default=None)


def _attempts(model: ModelResult) -> list[Attempt]:
    answers = (model.result(kind.name) for kind in kinds(model.study.task))
    return [each for found in answers if isinstance(found, Attempts) for each in found.attempts()]


def _of(models: Sequence[ModelResult], method: str) -> list[ModelResult]:
    return [model for model in models if model.method.info.name == method]


def _floor(models: Sequence[ModelResult], name: str) -> list[Headline]:
    """What a map of the raw pixels gets: the same from every model of a seed."""
    by_seed: dict[int, Attempt] = {}
    for model in models:
        found = model.results.get(StrongestResult)
        if defined(found) and (rung := found.floor("all")):
            by_seed.setdefault(model.seed, rung.attempt)
    if not by_seed:
        return []
    best = max(by_seed.values(), key=lambda each: each.recovered)
    recovered = summarised([each.recovered for each in by_seed.values()])
    worst = WorstCase(f"{best.attacker} map", recovered, None)
    return [Headline(PIXELS, name, tuple(sorted(by_seed)), None, None, {}, worst)]


def _band(retrained: Sequence[ModelResult], name: str) -> list[Headline]:
    """From the least to the greatest of every number over the retrained models."""
    if not retrained:
        return []
    cells: dict[str, Summary | Span | None] = {}
    for column in columns(HEADLINE, task=retrained[0].study.task):
        values = [v for model in retrained if (v := column.value(model.results)) is not None]
        cells[column.name] = Span(min(values), max(values), len(values)) if values else None
    most = [max(got, key=lambda each: each.recovered) for m in retrained if (got := _attempts(m))]
    seeds = tuple(sorted(model.seed for model in retrained))
    worst = None
    if most:
        best = max(most, key=lambda each: each.recovered)
        least = min(each.recovered for each in most)
        worst = Span(least, best.recovered, len(most), best.words)
    return [Headline(BAND, name, seeds, None, None, cells, worst)]


def to_markdown(lines: Sequence[Headline]) -> str:
    """The table for a README: mean ± sd over seeds, `low to high` in the band.

    Columns without any number are left out, and named below.
    """
    shown = shared_columns(lines, HEADLINE)
    known = [c for c in shown if any(line.cells.get(c.name) for line in lines)]
    names = [column.name for column in known]
    at = names.index("TA") + 1 if "TA" in names else 0  # accuracy, then what an attacker gets
    # what no line has is no column: drawing models have a place, and no attackers at blocks
    placed = any(line.places for line in lines)
    attacked = not placed or any(line.worst or line.depth for line in lines)
    most = ["furthest attacker"] if attacked else []
    ends = [*(["depth"] if attacked else []), *(["place"] if placed else []), "fidelity"]
    heads = ["method", *names[:at], *most, *names[at:], *ends]
    told = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for line in lines:
        cells = [_text(line.cells.get(c.name), c.format) for c in known]
        if line.damaged:
            cells[at - 1] += " †"
        if line.reason and not any(line.cells.values()):
            cells = [line.reason.replace("|", "/"), *[""] * (len(known) - 1)]
        who = line.name + (f" ({line.apart})" if line.apart else "")
        name = f"{line.study} · {who}" if line.study else who
        own = [line.fidelity or "–"]
        if placed:
            own.insert(0, "; ".join(dict.fromkeys(line.places)) or "–")
        if attacked:
            cells.insert(at, _worst_text(line.worst))
            own.insert(0, _depth_text(line.depth))
        told.append(f"| {' | '.join([name, *cells, *own])} |")
    notes = [DAMAGED] if any(line.damaged for line in lines) else []
    if lost := [column.name for column in shown if column not in known]:
        notes.append(f"Without a figure in any line: {', '.join(lost)}.")
    return "\n".join([*told, *(part for note in notes for part in ("", note))])


def _text(cell: Summary | Span | None, form: str) -> str:
    if isinstance(cell, Span):
        return _span(cell, form)
    return cell_text(cell, form)


def _span(span: Span, form: str) -> str:
    low, high = f"{span.low:{form}}", f"{span.high:{form}}"
    text = low if low == high else f"{low} to {high}"
    return f"{text} ({span.who})" if span.who else text


def _worst_text(worst: WorstCase | Span | None) -> str:
    if worst is None:
        return "–"
    if isinstance(worst, Span):
        return _span(worst, ".1f")
    beyond = "" if worst.beyond is None else f" ({worst.beyond:+.1f})".replace("-", "−")
    return f"{cell_text(worst.recovered, '.1f')}{beyond}: {worst.attacker}"


def _depth_text(depth: Sequence[str]) -> str:
    """As in `stage2, none`: each answer once, in the order of the seeds."""
    return ", ".join(dict.fromkeys(depth)) or "–"
