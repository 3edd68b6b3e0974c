"""One piece of evidence as a report shows it, and figures as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..common.json_types import Json
from .charts import dots
from .records import Figure, Range
from .seen import Row

__all__ = [
    "CAPTIONS",
    "PERCENT",
    "Exhibit",
    "Table",
    "band",
    "called",
    "dotted",
    "number",
    "table_of",
]

PERCENT = (-2.0, 102.0)
NUMBER = re.compile(r"–|−?[\d.,]+( to −?[\d.,]+)?")
SPELT = {
    "fm": "feature mapping (FM)",
    "hr_labels": "head recovery (HR) on labels",
    "affine": "affine map",
    "rbf": "RBF kernel",
    "mlp": "small network (MLP)",
    "linear": "straight line",
    "knn": "nearest neighbours",
    "boosted": "boosted trees",
}
SPELT_WHOLE = {"asked as it is": "the model, simply asked"}
CAPTIONS = {
    "answers": "Percent of pictures answered right. Good: of forgotten data as the retrained "
    "models, of retained data as the original.",
    "%": "Percent of unseen forgotten pictures that the attacker answers right. Lower is better, "
    "down to the retrained models.",
    "AUC": "AUC of telling forgotten pictures from others: 0.5 is guessing, 1 is certain. The "
    "nearer to the retrained models the better.",
    "planted": "Percent of unseen pictures on which the model still shows what was planted. Lower "
    "is better, down to the retrained models.",
    "dB": "Likeness (PSNR) of the rebuilt to the true picture in decibels (dB); more is closer. "
    "The nearer to the retrained models the better.",
}
"""By unit: what a table of figures holds, and which way is good."""
MOST_DOTS = 14  # rows of a chart that fits on a page below its heading


@dataclass(frozen=True)
class Table:
    """Rows of text below a row of headings.

    Attributes:
        heads: of the columns.
        rows: the cells.
        caption: what the figures are, in which unit, and which way is good.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers and ranges alone."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.heads)
        return tuple(all(NUMBER.fullmatch(cell) for cell in column) for column in columns)


@dataclass(frozen=True)
class Exhibit:
    """One piece of evidence.

    Attributes:
        title: of it.
        text: what is seen, and how to read it.
        chart: Plotly JSON; None for none.
        table: the same figures, readable without a program.
        pictures: rows of them.
    """

    title: str
    text: str
    chart: Json | None = None
    table: Table | None = None
    pictures: tuple[Row, ...] = ()


def called(name: str) -> str:
    """An attacker's name as a report writes it, from `Attempt.words` or a judge's name."""
    if name in SPELT_WHOLE:
        return SPELT_WHOLE[name]
    first, space, rest = name.partition(" ")
    return SPELT.get(first, first) + space + rest


def number(value: float | None, unit: str = "%") -> str:
    """As in "83.2", "0.97" or a dash: the unit stands in the table's head."""
    if value is None:
        return "–"
    return f"{value:.2f}" if unit == "AUC" else f"{value:.1f}"


def table_of(figures: Sequence[Figure]) -> Table:
    """Figures of one unit, a row each, beside what they must be read with."""
    units = dict.fromkeys(each.unit for each in figures)
    heads = (
        f"figure ({', '.join(units)})",
        "audited",
        "95 %",
        "original",
        "retrained",
        "floor",
        "constant",
        "pictures",
    )
    about = dict.fromkeys(_about(each) for each in figures)
    caption = " ".join(CAPTIONS[each] for each in about)
    return Table(heads, tuple(_row(each) for each in figures), caption)


def _about(figure: Figure) -> str:
    """The caption that tells of a figure."""
    if figure.kind == "ground_truth":
        return "planted"
    return "answers" if figure.unit == "%" and figure.holds is None else figure.unit


def _row(f: Figure) -> tuple[str, ...]:
    low_high = "–"
    if f.interval:
        low_high = f"{number(f.interval[0], f.unit)} to {number(f.interval[1], f.unit)}"
    return (
        called(f.name) + (", decides" if f.decides else ""),
        number(f.value, f.unit),
        low_high,
        number(f.original, f.unit),
        band(f.retrained, f.unit),
        number(f.floor, f.unit),
        number(f.constant, f.unit),
        "–" if f.samples is None else f"{f.samples:,}",
    )


def band(found: Range | None, unit: str = "%") -> str:
    """As in "38.8 to 48.6"; a dash where there is none."""
    if found is None:
        return "–"
    low, high = number(found.low, unit), number(found.high, unit)
    return low if low == high else f"{low} to {high}"


def dotted(
    figures: Sequence[Figure],
    title: str,
    text: str,
    axis: str,
    span: tuple[float, float] = PERCENT,
) -> Iterator[Exhibit]:
    """Figures of one unit as a dot chart and a table; none without figures."""
    for start in range(0, len(figures), MOST_DOTS):
        some = figures[start : start + MOST_DOTS]
        name = title if start == 0 else f"{title}, continued"
        yield Exhibit(
            name,
            text,
            dots([replace(f, name=called(f.name)) for f in some], title=axis, span=span),
            table_of(some),
        )
