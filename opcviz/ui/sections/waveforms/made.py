"""What each model makes of an earthquake: records, spectrograms and a section."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ....common.records import Undefined
from ....results import WaveformResult
from ...charts.theme import projected
from ...charts.waves_component import (
    Place,
    Trace,
    record_board,
    records_payload,
    section_payload,
    section_plots,
)
from ...reading.seismograms import Asked, Made, made_by, regrown_by
from ...reading.store_reader import Column
from ..paint import paint
from ..sentences import title

__all__ = ["HOW_RECORDS", "PARTS", "first_of", "records", "sections"]

HOW_RECORDS = (
    "Choose an epicentre on the map, or go from one to the next with the arrow keys (of several in "
    "one place each further press chooses the next): every model "
    "is asked for the same earthquake at the same station, and begins from the same noise. The "
    "lines are when P and S arrive in truth; a model that knows the place puts its waves there. "
    "Each record is drawn to its own peak, which stands beside it. The one that is chosen first "
    "was to be forgotten, lies well inside the region if there is one, and has errors of S that "
    "are nearest to the mean errors of the models shown."
)
HOW_SECTION = (
    "One earthquake at all stations, the nearest above: P and S come the later the farther away a "
    "station is. Waves that leave the lines say how much later or earlier a model thinks they "
    "come, and noise without order that it puts none there."
)
INSIDE = 5.0  # km from the border of the region, of the record that is chosen first
LEAST_ERROR = 0.1  # s that errors are compared with, at least
FAR = 10.0  # of an arrival that was not found, in mean errors
PARTS = ("records", "spectrograms")
"""Of the row of records, for a screen each in a hall."""
GROUND_MOTION = {True: "simulated", False: "held-out"}


def records(asked: Asked, shown: Sequence[Column], parts: Sequence[str] = PARTS) -> None:
    """The map of epicentres, and what each model makes of the chosen one.

    Args:
        asked: what the models were asked for.
        shown: the columns.
        parts: of `PARTS`, what is drawn.
    """
    title(f"One earthquake, asked of every model ({GROUND_MOTION[asked.simulated]})", HOW_RECORDS)
    made = [made_by(column, asked) for column in shown]
    chosen = asked.conditions[asked.shown]
    truth = Trace(f"{asked.truth} record", "", asked.held_out)
    data = records_payload(
        [truth, *(_records_of(column, asked, color) for column, color in _painted(shown))],
        Place(
            chosen[:, :2],
            chosen[:, 4:6],
            asked.forgotten[asked.shown],
            _told(chosen, asked.forgotten[asked.shown]),
            asked.stations,
            asked.box or (),
        ),
        p=asked.p[asked.shown],
        s=asked.s[asked.shown],
        rate=asked.rate,
        onset=asked.onset,
        parts=parts,
        at=first_of(asked, [each for each in made if each is not None]),
    )
    high = max(360, 30 + 70 * (len(shown) + 1))
    record_board(data, key="waveforms.records", height=high)
    st.caption(_whose(asked))


def first_of(asked: Asked, made: Sequence[Made]) -> int:
    """The record that is chosen first: a forgotten one that is typical of what models make.

    At the border of a region its neighbours tell what was to be forgotten, so that one is taken
    that lies `INSIDE` it, if any does. Of these it is the one whose errors of S are, relative to
    them, nearest to the mean errors of the models in what was to be forgotten.

    Args:
        asked: what the models were asked for.
        made: what each made of it.
    """
    gone = asked.forgotten[asked.shown]
    able = gone if gone.any() else ~gone
    inside = able & _inside(asked.conditions[asked.shown], asked.box)
    able = inside if inside.any() else able
    off = np.zeros(len(able))
    for each in made:
        errors = np.abs(each.s_shift.astype(np.float64))
        known = errors[asked.forgotten & np.isfinite(errors)]
        if len(known):
            usual = max(float(known.mean()), LEAST_ERROR)
            off += np.minimum(np.nan_to_num(np.abs(errors[asked.shown] / usual - 1), nan=FAR), FAR)
    return int(np.where(able, off, np.inf).argmin())


def _inside(conditions: NDArray[np.float64], box: tuple[float, ...] | None) -> NDArray[np.bool_]:
    """Which epicentres lie `INSIDE` a region; all where there is none."""
    if box is None:
        return np.ones(len(conditions), bool)
    (x, y), (west, east, south, north) = conditions[:, :2].T, box
    gap = np.stack([x - west, east - x, y - south, north - y]).min(0)
    found: NDArray[np.bool_] = gap >= INSIDE
    return found


def _away(conditions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) km from the source to the station."""
    gap = conditions[:, :2].astype(np.float64) - conditions[:, 4:6]
    away: NDArray[np.float64] = np.sqrt((gap**2).sum(1) + conditions[:, 2] ** 2)
    return away


def _painted(shown: Sequence[Column]) -> list[tuple[Column, str]]:
    colors = paint(shown)
    return [(column, colors[column.label]) for column in shown]


def _records_of(column: Column, asked: Asked, color: str) -> Trace:
    made = made_by(column, asked)
    if made is None:
        return Trace(column.label, color, reason=_why(column))
    shifts = zip(made.p_shift[asked.shown], made.s_shift[asked.shown], strict=True)
    told = [f"P {_shift(p)}, S {_shift(s)}" for p, s in shifts]
    return Trace(column.label, color, made.records, told)


def _why(column: Column) -> str:
    found = column.results.get(WaveformResult)
    why = found.reason if isinstance(found, Undefined) else "its records were not kept"
    return f"No records: {column.model.training.reason or why}."


def _shift(seconds: float) -> str:
    if not np.isfinite(seconds):
        return "not found"
    return f"{'−' if round(seconds, 1) < 0 else '+'}{abs(seconds):.1f} s"


def _told(conditions: NDArray[np.float64], forgotten: NDArray[np.bool_]) -> list[str]:
    """A line an earthquake."""
    lines = []
    each = zip(conditions, _away(conditions), forgotten, strict=True)
    for (_, _, depth, magnitude, *_), away, gone in each:
        lines.append(
            f"Magnitude {magnitude:.1f}, {depth:.0f} km deep, {away:.0f} km from the station: "
            f"{'to be forgotten' if gone else 'kept'}."
        )
    return lines


def _whose(asked: Asked) -> str:
    if asked.simulated:
        return (
            "Simulated: no record on this page was measured. A stochastic point source makes "
            "them, with a velocity, a stress drop and an attenuation of its own in each quarter "
            "of the area; nothing amplifies them in the crust, so that peaks are low."
        )
    return "Records of your own: arrivals are those picked from the held-out records."


def sections(asked: Asked, shown: Sequence[Column]) -> None:
    """Records by distance and time, a plot a model.

    Args:
        asked: what the models were asked for.
        shown: the columns.
    """
    title(f"One earthquake at every station ({GROUND_MOTION[asked.simulated]})", HOW_SECTION)
    made = [(column, color, made_by(column, asked)) for column, color in _painted(shown)]
    if all(each is None for _, _, each in made):
        st.caption("No model has kept records of all stations.")
        return
    views = []
    for i, name in enumerate(("Forgotten earthquake", "Kept earthquake")):
        traces = _truth(asked, i)
        for column, color, each in made:
            one = Trace(column.label, color, reason=_why(column))
            traces.append(one if each is None else Trace(column.label, color, each.section[i]))
        views.append((name, traces, *_section_axes(asked, i)))
    regrown = [
        Trace(column.label, color, found)
        for column, color, _ in made
        if (found := regrown_by(column, asked)) is not None
    ]
    if regrown:
        views.append(
            ("Forgotten, after the attack", [*_truth(asked, 0), *regrown], *_section_axes(asked, 0))
        )
    told = [_event(asked.section[i][0]) for i in (0, 1, 0)]
    data = section_payload(views, rate=asked.rate, onset=asked.onset, told=told[: len(views)])
    high = 330 if projected() else 400
    section_plots(data, key="waveforms.sections", height=high)
    st.caption(
        "Each record is drawn to its own peak. *After the attack*: trained on with retained "
        "records alone."
        if regrown
        else "Each record is drawn to its own peak."
    )


def _event(condition: NDArray[np.float64]) -> str:
    x, y, depth, magnitude, *_ = condition
    return (
        f"Magnitude {magnitude:.1f}, {depth:.0f} km deep, its epicentre {x:.0f} km east and "
        f"{y:.0f} km north of the map's corner."
    )


def _truth(asked: Asked, event: int) -> list[Trace]:
    if asked.section_held_out is None:
        return []
    return [Trace(asked.truth, "", asked.section_held_out[event])]


def _section_axes(
    asked: Asked, event: int
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, NDArray[np.float64] | None]:
    p, s = (None if t is None else t[event] for t in (asked.section_p, asked.section_s))
    return _away(asked.section[event]), p, s
