"""What the bars of recovery attacks look like, as plain data for the browser. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..bands import BAND_FILL, RETRAINED, Band, line_names
from ..drawing import (
    Interval,
    axis_title,
    bar_number,
    bar_words,
    finite_or_none,
    spread_labels,
)
from ..theme import STAGES, ink, scaled, text_size

__all__ = ["Bars", "build_payload"]

STRENGTH = {"before": "66", "HR": "A6"}
"""Opacity of a stage's bar in a model's own colour, the last two digits of `#RRGGBBAA`."""
LABEL_GAP = 11.0  # percent between two names of lines, at the height of a row


@dataclass(frozen=True, eq=False)
class Bars:
    """Forget accuracy of one model before and after each recovery attack.

    Attributes:
        title: the model's name.
        forget_accuracy: percent by stage, in order: `before`, `FM`, `HR`. None where there is none.
        intervals: (low, high) in percent by stage, drawn as whiskers where known.
        constant: percent that answering one forgotten class for everything scores (dashed).
        retrained: the retrained models' lowest and highest percent by stage (shaded).
        floor: percent that the best map gets from raw pixels, beside the attacks (dotted).
        in_sample: whether the attacks are scored on what they were fitted on, which the axis says.
        reason: shown in place of bars when no stage has a number.
        file: name of the picture when it is saved, without its ending.
        color: the model's own, `#RRGGBB`, in which all its bars are drawn; empty: by stage.
    """

    title: str
    forget_accuracy: Mapping[str, float | None]
    intervals: Mapping[str, Interval | None] = field(default_factory=dict)
    constant: float | None = None
    retrained: Mapping[str, Band] = field(default_factory=dict)
    floor: float | None = None
    in_sample: bool = False
    reason: str = ""
    file: str = "recovery"
    color: str = ""


def build_payload(charts: Sequence[Bars], *, height: int) -> dict[str, Any]:
    """A row of bar charts, ready for JSON: without NaN or infinity.

    Returns:
        `height` and size of `text` in pixels, and per chart `title`, `file`, `bars` (`stage`,
        `value`, `low`, `high`, `number`, `words`, `color`), the heights of the lines `constant` and
        `floor`, `retrained` (lowest and highest, or None, one a stage), `labels` of the lines
        (`text`, `y`, `color`), `axis`, `note` in place of bars, and the colours of the lines.
    """
    return {
        "height": scaled(height),
        "text": text_size(),
        "ink": {
            "constant": ink.reference,
            "retrained": RETRAINED,
            "band": BAND_FILL,
            "whisker": ink.reference,
        },
        "charts": [_chart(one) for one in charts],
    }


def _chart(one: Bars) -> dict[str, Any]:
    bars = [
        _bar(stage, value, one.intervals, one.retrained.get(stage), one.color)
        for stage, value in one.forget_accuracy.items()
    ]
    constant, floor = finite_or_none(one.constant), finite_or_none(one.floor)
    bands = [one.retrained.get(bar["stage"]) for bar in bars]
    names = line_names(constant, floor, bands)
    places = spread_labels([value for _, value, _ in names], LABEL_GAP, 0, 102)
    nothing = all(bar["value"] is None for bar in bars)
    return {
        "title": one.title,
        "file": one.file,
        "bars": bars,
        "constant": constant,
        "floor": floor,
        "retrained": [(band.low, band.high) if band else None for band in bands],
        "axis": axis_title(one.in_sample),
        "labels": [
            {"text": text, "y": place, "color": color}
            for (text, _, color), place in zip(names, places, strict=True)
        ],
        "note": (one.reason or "not computed") if nothing else "",
    }


def _bar(
    stage: str,
    accuracy: float | None,
    intervals: Mapping[str, Interval | None],
    band: Band | None,
    color: str,
) -> dict[str, Any]:
    value = finite_or_none(accuracy)
    span = None if value is None else intervals.get(stage)
    return {
        "stage": stage,
        "value": value,
        "low": span[0] if span else None,
        "high": span[1] if span else None,
        "number": bar_number(value),
        "words": bar_words(stage, value, span, band.words() if band else ""),
        "color": f"{color}{STRENGTH.get(stage, '')}" if color else STAGES.get(stage, ink.before),
    }
