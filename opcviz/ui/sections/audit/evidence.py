"""Every attack of an audit in tables: the unlearned model beside band, original and floor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from ....audit.exhibit import band, called, number
from ....audit.records import Figure, Report
from ....results import HOLDS
from ...charts import table_component as component
from ...charts.table_component import Cell, Head, TableRow

__all__ = ["attacks"]

BEYOND = 0.5  # heat of a figure that lies beyond the band
HOLDS_SHORT = {
    "nothing": "asks the model as it is",
    "retain": "holds kept data alone",
    "all": "holds every class",
    "shots": "holds a few forgotten pictures",
    "other": "holds other pictures",
}
ANEW = re.compile(r" with the last( \d+)? blocks? anew")


@dataclass(frozen=True)
class _Part:
    """A table: which figures it has, and what makes two of them the same attack.

    Attributes:
        name: of the table.
        unit: of its figures.
        read: how to read it, in a line.
        has: whether a figure belongs to it.
        attack: what the same attack at other places shares; None: each figure has its row.
    """

    name: str
    unit: str
    read: str
    has: Callable[[Figure], bool]
    attack: Callable[[Figure], object] | None = None


PARTS = (
    _Part(
        "What attackers get back",
        "% of the forgotten pictures",
        "Of each attacker the place where he came furthest. Rows are in the order of how far each "
        "is beyond what retrained models give him, not of his figure. Yellow: by the rule of the "
        "verdict clearly more than from every retrained model, than luck, and than the floor, "
        "which is what the same attacker gets from the bare pixels without any of these networks. "
        "The row that says ‘decides’ is the one that the verdict rests on.",
        lambda f: f.unit == "%" and f.holds is not None and f.holds != "nothing",
        lambda f: (ANEW.sub("", f.name.split(" on ")[0]), f.holds),
    ),
    _Part(
        "What gives it away",
        "AUC",
        "How well forgotten pictures are told from others; 0.5 is guessing. Yellow: by the rule of "
        "the verdict clearly further from what the retrained models give.",
        lambda f: f.unit == "AUC",
        lambda f: (f.kind, f.name.split(" on ")[0]),
    ),
    _Part(
        "What the models answer",
        "% right",
        "Of forgotten data the retrained models are the goal, not nothing.",
        lambda f: f.unit == "%" and f.holds is None,
    ),
    _Part(
        "Pictures rebuilt",
        "PSNR in dB",
        "More is sharper. A picture can be rebuilt from a model that never saw it, too: what "
        "the retrained models give, where there are any, stands beside it. "
        "These are averages over a few pictures, without an interval: the verdict does not use "
        "them.",
        lambda f: f.unit == "dB",
    ),
)


def attacks(report: Report) -> None:
    """Every attack's furthest figure beside original, retrained models and floor."""
    st.header("What every attack found", anchor=False)
    drawn = False
    for at, part in enumerate(PARTS):
        figures = _furthest(filter(part.has, report.figures), part.attack)
        if figures:
            drawn = True
            _table(at, part, figures)
    if not drawn:
        st.info("No attack gave a figure; below stands why.")
    else:
        st.caption("All figures, at every place of the network, are in the report.")


def _table(at: int, part: _Part, figures: Sequence[Figure]) -> None:
    st.markdown(f"**{part.name}** ({part.unit})")
    component.table(
        [
            Head("value", "Unlearned", sorts=False),
            Head("retrained", "Retrained", sorts=False),
            Head("original", "Original", sorts=False),
            Head("floor", "Floor", sorts=False),
        ],
        [_row(number, each, part) for number, each in enumerate(figures)],
        key=f"audit.attacks.{at}",
        corner=Head("name", "Attack" if part.attack else "On", words=True, sorts=False),
        label=part.name,
    )
    st.caption(part.read)


def _furthest(figures: Iterable[Figure], attack: Callable[[Figure], object] | None) -> list[Figure]:
    """Of the same attack at several places the figure furthest beyond its line, furthest first: by
    the rule of the verdict, so that what decided stands at the top of its table."""
    found = list(figures)
    if attack is None:
        return found
    best: dict[object, Figure] = {}
    for figure in found:
        key = attack(figure)
        if key not in best or _beyond(figure) > _beyond(best[key]):
            best[key] = figure
    return sorted(best.values(), key=_beyond, reverse=True)


def _beyond(figure: Figure) -> tuple[bool, bool, float]:
    """How far it came by the verdict's rule; what no retrained model is beside comes last, by how
    far it lies above what needs no model."""
    known = figure.margin is not None
    above = figure.value - (figure.floor or figure.constant or 0.0)
    return figure.decides, known, figure.margin if figure.margin is not None else above


def _row(at: int, figure: Figure, part: _Part) -> TableRow:
    heat = BEYOND if part.attack and (figure.margin or 0.0) > 0 else 0.0
    told = _told(figure)
    return TableRow(
        f"row-{at}",
        Cell(_called(figure), _second_line(figure), help=told),
        (
            Cell(number(figure.value, figure.unit), heat=heat, help=told),
            Cell(band(figure.retrained, figure.unit), help=_models(figure)),
            _optional(figure.original, figure, "There is no original with this figure."),
            _optional(figure.floor, figure, "There is no floor of this figure."),
        ),
    )


def _second_line(figure: Figure) -> str:
    """What stands small below a name: what the attacker holds, and whether the figure decides."""
    holds = HOLDS_SHORT.get(figure.holds or "", "")
    return " · ".join(filter(None, ("decides" if figure.decides else "", holds)))


def _called(figure: Figure) -> str:
    """Its name; what all rows of a table share stands above it."""
    return called(figure.name.removeprefix("answered right: "))


def _told(figure: Figure) -> str:
    """Its interval, over how many pictures, and what the attacker had."""
    parts = []
    if figure.interval is not None:
        low, high = (number(end, figure.unit) for end in figure.interval)
        parts.append(f"95 %: {low} to {high}.")
    if figure.samples is not None:
        parts.append(f"Over {figure.samples:,} pictures.")
    if holds := HOLDS.get(figure.holds or ""):
        parts.append(f"The attacker holds {holds}.")
    if figure.budget:
        parts.append(f"{figure.budget[:1].upper()}{figure.budget[1:]}.")
    return " ".join(parts)


def _models(figure: Figure) -> str:
    if figure.retrained is None:
        return "No retrained model has this figure."
    count = figure.retrained.count
    return f"Lowest to highest of {count} retrained model{'s' if count > 1 else ''}."


def _optional(value: float | None, figure: Figure, why: str) -> Cell:
    return Cell(number(value, figure.unit), help=why if value is None else "")
