"""What the curves of a run look like, as plain data for the browser. No Streamlit here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..drawing import finite_or_none, spread_labels
from ..theme import ink

__all__ = ["CURVES", "DASHED", "DOTTED", "Curve", "Level", "build_payload", "nice_ticks"]

MAX_POINTS = 400  # points of a line: more than a chart has pixels
MAX_VALUE = 1e30  # beyond it, and below its inverse on a log axis, there is nothing to see
LABEL_GAP = 7.5  # percent between two labels at the end of lines


@dataclass(frozen=True)
class Curve:
    """How one number of a run is drawn.

    Attributes:
        label: at the line's end.
        chart: which chart it belongs to: `accuracy`, `asked` or `norm`.
        color: of the line.
        dash: of its stroke, as SVG has it; empty: none.
    """

    label: str
    chart: str
    color: str
    dash: str = ""


@dataclass(frozen=True)
class Level:
    """A number to compare accuracies with, as a line across their chart.

    Attributes:
        label: at the line's end.
        value: percent.
        dash: as SVG has it: `DASHED` for what a constant answer scores, `DOTTED` for what a
            retrained model does.
        color: of the line.
    """

    label: str
    value: float
    dash: str
    color: str = ink.reference


DASHED, DOTTED, BROKEN = "7 4", "2 4", "9 3"

CURVES = {
    "norm_ratio": Curve("norm ratio", "norm", ink.norm),
    "forget_accuracy": Curve("forget", "accuracy", ink.forget),
    "retain_accuracy": Curve("retain", "accuracy", ink.retain),
    "test_accuracy": Curve("test", "accuracy", ink.test),
    # one attack, one colour: by what it is fitted on
    "fm_retain_accuracy": Curve("FM, retain only", "accuracy", ink.fm),
    "fm_accuracy": Curve("FM, all data", "accuracy", ink.fm, BROKEN),
    "hr_accuracy": Curve("forget after HR", "accuracy", ink.hr),
    "asked_judged": Curve("judged", "asked", ink.forget),
    "asked_genuine": Curve("genuine", "asked", ink.test),
}
"""The live numbers that are drawn, by their name in `Epoch.values`."""

TITLES = {
    "loss": "Loss",
    "norm": "Norm ratio",
    "accuracy": "Accuracy (%)",
    "asked": "Asked for what is forgotten (%)",
}
PERCENT = ("accuracy", "asked")
"""Charts from 0 to 100, whose lines have their names at their ends."""


def build_payload(
    history: Sequence[Mapping[str, Any]],
    *,
    losses: Sequence[tuple[float, float | None]] = (),
    epochs: int | None = None,
    charts: Sequence[str] = ("loss", "norm", "accuracy"),
    levels: Sequence[Level] = (),
) -> dict[str, Any]:
    """Charts side by side: loss, feature norm ratio, accuracies with live recovery.

    Args:
        history: one mapping per epoch: `epoch` and any numbers of `CURVES` (percent, ratios).
            Missing ones, and those that are not finite, leave a gap.
        losses: (epochs done, as a fraction; loss there) at any number of steps.
        epochs: how many the run will have, to fix the axis from the start.
        charts: which of `loss`, `norm`, `accuracy` and `asked`.
        levels: lines across the charts of percentages, once they have a curve.

    Returns:
        JSON-ready, without NaN or infinity: `epochs` drawn, `reach` of the horizontal axis, its
        `ticks`, and per chart `title`, `log`, `percent`, `range`, `ticks`, `lines` (`label`,
        `color`, `x`, `y`, `markers`, `dash`) and labels at their `ends` (`label`, `color`, `y`).
    """
    reach = max([1, epochs or 0, *(row["epoch"] for row in history), *(x for x, _ in losses)])
    drawn = {"loss": _loss(losses), "norm": [], "accuracy": [], "asked": []}
    for name, curve in CURVES.items():
        y = [finite_or_none(row.get(name)) for row in history]
        if curve.chart == "norm":
            # 0 has no place on a log axis
            y = [v if v and 1 / MAX_VALUE < v < MAX_VALUE else None for v in y]
        if any(value is not None for value in y):
            x = [row["epoch"] for row in history]
            if curve.chart == "asked":  # looked at now and then: what lies between is no gap
                known = [(at, value) for at, value in zip(x, y, strict=True) if value is not None]
                x, y = [at for at, _ in known], [value for _, value in known]
            line = _line(curve.label, curve.color, x, y, markers=True)
            drawn[curve.chart].append(line | ({"dash": curve.dash} if curve.dash else {}))
    for name in PERCENT:
        if drawn[name]:
            drawn[name] += [_level(level, reach) for level in levels]
    return {
        "epochs": len(history),
        "reach": reach,
        "ticks": nice_ticks(0, reach, 5, whole=True),
        "charts": [_chart(name, drawn[name]) for name in charts],
    }


def _loss(losses: Sequence[tuple[float, float | None]]) -> list[dict[str, Any]]:
    every = math.ceil(len(losses) / MAX_POINTS) or 1
    kept = losses[(len(losses) - 1) % every :: every]  # the newest is always among them
    y = [
        v if v is not None and abs(v) < MAX_VALUE else None
        for v in (finite_or_none(v) for _, v in kept)
    ]
    known = any(value is not None for value in y)
    return [_line("loss", ink.loss, [x for x, _ in kept], y, markers=False)] if known else []


def _line(
    label: str, color: str, x: Sequence[float], y: Sequence[float | None], *, markers: bool
) -> dict[str, Any]:
    return {"label": label, "color": color, "x": list(x), "y": list(y), "markers": markers}


def _level(level: Level, reach: float) -> dict[str, Any]:
    across = _line(level.label, level.color, [0, reach], [level.value] * 2, markers=False)
    return {**across, "dash": level.dash}


def _chart(name: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    values = [value for line in lines for value in line["y"] if value is not None]
    low, high, ticks = _axis(name, values)
    return {
        "name": name,
        "title": TITLES[name],
        "log": name == "norm",
        "percent": name in PERCENT,
        "range": [low, high],
        "ticks": ticks,
        "lines": lines,
        "ends": _ends(lines) if name in PERCENT else [],
    }


def _axis(name: str, values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Range and ticks of a vertical axis; a log axis covers whole decades."""
    if name in PERCENT:
        return -2.0, 102.0, [0, 25, 50, 75, 100]
    if name == "norm":
        positive = [value for value in values if value > 0] or [1.0]
        first = min(math.floor(math.log10(min(positive))), -1)
        last = max(math.ceil(math.log10(max(positive))), 0)
        step = math.ceil((last - first) / 6)
        return 10.0**first, 10.0**last, [10.0**k for k in range(last, first - 1, -step)][::-1]
    top = max(values, default=1.0)
    low = min(0.0, min(values, default=0.0))
    least = 1e-9 * max(1.0, abs(low))
    ticks = nice_ticks(low, top if top - low > least else low + 1e9 * least, 4)
    return ticks[0], max(top, ticks[-1]), ticks


def _ends(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last = [next(v for v in reversed(line["y"]) if v is not None) for line in lines]
    places = spread_labels(last, LABEL_GAP, 0, 100)
    return [
        {"label": line["label"], "color": line["color"], "y": place}
        for line, place in zip(lines, places, strict=True)
    ]


def nice_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Ticks at multiples of 1, 2 or 5 times a power of ten, at most `most` steps from low to high.

    Begins at or below `low`. `whole` allows whole numbers only.
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    first = math.floor(low / step + 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]
