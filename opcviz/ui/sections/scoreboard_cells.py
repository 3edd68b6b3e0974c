"""The scoreboard's cells in words: numbers, what they are read beside, why one is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ...artefacts.verdicts import NEVER_SAW
from ...common.records import Undefined
from ...common.text import capital
from ...methods import MARKS
from ...methods.declaration import BROUGHT
from ...results import FORGOTTEN_WORDS
from ...study.table import Summary, cell_text
from ...verdict import Consensus
from ...verdict.returning import RETURNED
from ..charts.palette import method_colour
from ..charts.table_component import Cell, Head, TableRow
from ..reading.board import Line, Measure, heat
from ..reading.board_view import GONE_IN_WORDS, NAME, NO_VERDICT, gone_words
from ..reading.measure_words import ARROWS, MeasureWords
from .generators.places import SAID
from .verdicts import COLOURS

__all__ = ["BAND", "CORNER", "OPCS", "for_hall", "heads", "measure_help", "table_rows"]

CORNER = Head(
    NAME,
    "Method",
    help=("Method", "Its family, and how closely it follows what its authors published."),
    words=True,
)
VERDICT = Head(
    "verdict",
    "Verdict over seeds",
    help=(
        "Verdict over seeds",
        "Is it gone, is that noticeable, is the rest kept: against all retrained models. The rule "
        "in full stands on Instruments. Sorted by it the best stand first: what is gone, then what "
        "does not show, then how far the figure that decided lies from its line.",
    ),
    words=True,
)
ATTACKED = ("worst", "recovery", "relearning")
"""Groups of measures that the verdict weighs by a line of each attacker's own."""
NEARER = (
    "Beyond the few retrained models here, but not beyond the verdict's line, which allows for how "
    "further ones may vary, for luck and for what bare pixels give."
)
"""Why a figure is coloured beside a verdict that nothing is clearly left."""
OPCS = "contraction"  # family of OPC and its kin
BAND = "band"  # key of the row from the lowest to the highest retrained model
PLACES = (*SAID, NEVER_SAW, RETURNED, *FORGOTTEN_WORDS)
"""What a verdict of a task other than classification says first."""
HEATED = "original"  # of the fixed rows; what the others are measured by has no colours itself


def heads(measures: Sequence[Measure]) -> list[Head]:
    """The heads of all columns after the first."""
    return [VERDICT, *(_head(each) for each in measures)]


def _head(measure: Measure) -> Head:
    sign, good = ARROWS[measure.better]
    told = list(measure_help(measure.words, good))
    if measure.band:
        told.append(f"Here: {_band(measure)}.")
    return Head(measure.key, measure.words.head, sign, tuple(told), measure.group_name)


def measure_help(words: MeasureWords, good: str) -> tuple[str, ...]:
    """What a measure is: name, sentence, formula, range, good direction, source."""
    parts = (
        ("Formula", words.formula),
        ("Range", words.range),
        ("Good direction", good),
        ("Source", words.source),
    )
    return (words.head, words.what, *(f"{label}: {text}." for label, text in parts if text))


def table_rows(
    lines: Sequence[Line],
    measures: Sequence[Measure],
    judged: Mapping[str, Consensus],
    ticks: Collection[str],
) -> list[TableRow]:
    """All rows, with the band of the retrained models below their mean.

    Args:
        lines: in order.
        measures: columns.
        judged: verdicts by line's key.
        ticks: keys of the rows whose box is ticked.
    """
    found = []
    for line in lines:
        verdict = _verdict(line, judged.get(line.key))
        within = _within(judged.get(line.key))
        cells = [_number(line, each, within=within) for each in measures]
        found.append(
            TableRow(
                line.key,
                _name(line),
                (verdict, *cells),
                fixed=line.fixed,
                ticked=None if line.fixed else line.key in ticks,
                opens=bool(line.models),
                marked=line.family == OPCS,
            )
        )
        if line.method == "retrain":
            found.append(_band_row(line, measures))
    return found


def for_hall(row: TableRow) -> TableRow:
    """A row without a box to tick, and a method's without second lines but the verdict's."""
    if row.fixed:
        return replace(row, ticked=None)
    verdict, *numbers = row.cells
    cells = (verdict, *(replace(number, below="") for number in numbers))
    return replace(row, head=replace(row.head, below=""), cells=cells, ticked=None)


def _name(line: Line) -> Cell:
    colour = method_colour(line.method) if line.method else ""
    if line.fixed:
        return Cell(line.title, colour=colour, help=_about(line))
    mark = "" if line.family == BROUGHT else f" · {line.mark}"
    return Cell(line.title, f"{line.family}{mark}", colour=colour, help=_about(line))


def _about(line: Line) -> str:
    if line.row is None:
        return "What is had without any model that was trained on the data."
    info = line.row.method.info
    seeds = ", ".join(map(str, line.row.seeds))
    some = f"seed {seeds}" if len(line.row.seeds) == 1 else f"seeds {seeds}"
    told = f"{info.title}: {info.summary} ({info.paper}); {some}."
    if line.family in ("reference", BROUGHT):
        return told
    apart = " ".join(line.deviations)
    return f"{told} {line.mark}: {MARKS[line.mark]}. {apart}".strip()


def _verdict(line: Line, consensus: Consensus | None) -> Cell:
    if not line.models:
        return Cell("")
    if consensus is None:
        return Cell("…", help="This verdict is still being made.")
    answers = gone_words(consensus)
    first = next(iter(answers), NO_VERDICT)
    seeds = len(consensus.seeds)
    told = "; ".join(
        f"{'no verdict' if words == 'none' else words}: {count} of {seeds} seeds"
        for words, count in consensus.counts.items()
    )
    said = " / ".join(GONE_IN_WORDS[each] for each in answers)
    both = consensus.verdict if isinstance(consensus.verdict, str) else ""
    below = both.partition(", ")[2] or ("seeds disagree" if len(consensus.counts) > 1 else "")
    told_places = (each.partition(", ") for each in consensus.counts)
    placed = [each for each in told_places if each[0] in PLACES]
    if placed:  # a task's own words: where it is forgotten
        words_of = {place: words for place, (words, _, _) in SAID.items()}
        said = " / ".join(dict.fromkeys(words_of.get(each[0], each[0]) for each in placed))
        return Cell(capital(said), placed[0][2] if len(placed) == 1 else below, help=f"{told}.")
    more = f" {consensus.confidence} confidence."
    if isinstance(consensus.verdict, Undefined) and not answers.keys() - {NO_VERDICT}:
        more = " The evidence is incomplete; Side by side says what is missing."
    return Cell(said, below, help=f"{told}.{more}", colour=COLOURS.get(first, ""))


def _within(consensus: Consensus | None) -> bool:
    """Whether no attacker gets clearly more than from retrained models, whatever the seed."""
    return bool(consensus) and gone_words(consensus).keys() <= {"as in retrained models", "beyond"}


def _number(line: Line, measure: Measure, *, within: bool = False) -> Cell:
    cell = line.cells.get(measure.key)
    if cell is None:
        return Cell("–", help=f"No number: {line.missing.get(measure.key, 'not measured')}.")
    told = cell_text(cell, measure.format)
    varies = cell.sd is not None
    if line.row is None:  # what needs no model may be one number, whatever the seed
        varies = bool(cell.sd)
        told = f"{told}, {_seeds(cell.n)}" if varies else _same(cell, measure)
    else:
        asked = len(line.row.seeds)
        told += f" over {cell.n} of {asked} seeds" if cell.n < asked else f", {_seeds(cell.n)}"
    if measure.band and line.method != "retrain":
        told += f". {_band(measure)}"
    colours = not line.fixed or line.method == HEATED
    warm = heat(measure, cell.mean, cell.sd) if colours else 0.0
    apart = f" {NEARER}" if within and warm > 0 and measure.group in ATTACKED else ""
    return Cell(
        _short(cell.mean, measure.format),
        f"± {_short(cell.sd, measure.format)}" if varies and cell.sd is not None else "",
        warm,
        f"{told}.{apart}",
    )


def _same(cell: Summary, measure: Measure) -> str:
    """A figure without a deviation."""
    said = _short(cell.mean, measure.format)
    return said if cell.n == 1 else f"{said}, the same for all {cell.n} seeds"


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"mean and deviation over {count} seeds"


def _band_row(line: Line, measures: Sequence[Measure]) -> TableRow:
    """From the lowest to the highest of the retrained models: what a colour is measured by."""
    cells = []
    for each in measures:
        band = each.band
        if band is None:
            cells.append(Cell("–", help="No retrained model has this number."))
            continue
        low, high = _short(band.low, each.format), _short(band.high, each.format)
        same = low == high
        cells.append(Cell(low, "" if same else f"to {high}", help=f"{_band(each)}."))
    some = len(line.models)
    title = Cell("Retrained, lowest to highest", help="Within it a method is as if retrained.")
    beside = Cell("1 model: no spread" if some == 1 else f"{some} models")
    return TableRow(BAND, title, (beside, *cells), fixed=True)


def _band(measure: Measure) -> str:
    band = measure.band
    assert band is not None
    who = "1 retrained model" if band.models == 1 else f"{band.models} retrained models"
    low, high = _short(band.low, measure.format), _short(band.high, measure.format)
    return f"{who}: {low if low == high else f'{low} to {high}'}"


def _short(value: float, form: str) -> str:
    return format(value, form).replace("-", "−")
