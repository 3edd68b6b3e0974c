"""Records of earthquakes, sections and maps of errors as plain data for the browser.

A sample is sent as one byte, the root of its share of the record's peak: what is 80 dB below the
peak is still there, and a trace is drawn as from the numbers themselves. No Streamlit here.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Errors", "Place", "Trace", "errors_payload", "packed", "records_payload"]
__all__ += ["section_payload"]

Array = NDArray[Any]
CELLS = 12  # of a map of errors, along each side
FULL = 127  # what stands for a record's peak


@dataclass(frozen=True, eq=False)
class Trace:
    """Records of one maker: a model, or whatever stands beside the models.

    Attributes:
        label: its name.
        color: of the model; empty for what is none.
        records: (..., T) cm/s²; empty where there is a reason.
        told: a line a record, or none.
        reason: why there are none.
    """

    label: str
    color: str
    records: Array = field(default_factory=lambda: np.empty((0, 0)))
    told: Sequence[str] = ()
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Place:
    """Where records come from.

    Attributes:
        sources: (R, 2) km east and north of each record's epicentre.
        of_station: (R, 2) of the station that recorded it.
        forgotten: (R,) whether it was to be forgotten.
        told: a line a record.
        stations: (K, 2) km.
        box: west, east, south and north end of what is forgotten, km; none where it is no region.
    """

    sources: Array
    of_station: Array
    forgotten: Array
    told: Sequence[str]
    stations: Array
    box: Sequence[float] = ()


@dataclass(frozen=True, eq=False)
class Errors:
    """How far one model is off, by epicentre.

    Attributes:
        label, color: of the model.
        values: (N,) absolute errors; empty where there is a reason.
        told: a line below its map.
        reason: why there is no map.
    """

    label: str
    color: str
    values: Array = field(default_factory=lambda: np.empty(0))
    told: str = ""
    reason: str = ""


def packed(records: Array) -> tuple[str, list[float]]:
    """Records as text, a byte a sample, and the peak of each.

    Args:
        records: (..., T); what is not finite is drawn as nothing.
    """
    x = np.nan_to_num(np.asarray(records, np.float64), posinf=0, neginf=0)
    x = x.reshape(-1, x.shape[-1])
    peaks = np.abs(x).max(1)
    share = x / np.where(peaks > 0, peaks, 1)[:, None]
    rooted = np.round(FULL * np.sign(share) * np.sqrt(np.abs(share))).astype(np.int8)
    return base64.b64encode(rooted.tobytes()).decode("ascii"), [float(f"{p:.3g}") for p in peaks]


def records_payload(
    traces: Sequence[Trace],
    place: Place,
    *,
    p: Array,
    s: Array,
    rate: float,
    onset: float,
    parts: Sequence[str] = ("records", "spectrograms"),
    at: int = 0,
) -> dict[str, Any]:
    """Records of several makers for the same conditions.

    Args:
        traces: records (R, T) each.
        place: of the R conditions.
        p, s: (R,) arrivals, s after the origin time.
        rate: samples a second.
        onset: s from the first sample to the origin time.
        parts: what is drawn beside the map.
        at: the record that is chosen first.

    Raises:
        ValueError: for traces of several shapes.
    """
    count, samples = _shape(traces, 2)
    if any(len(each) != count for each in (place.sources, place.forgotten, place.told, p, s)):
        raise ValueError(f"{count} records are not as many as conditions and arrivals")
    return {
        "samples": samples,
        "rate": rate,
        "onset": onset,
        "parts": list(parts),
        "at": int(at),
        "p": _rounded(p),
        "s": _rounded(s),
        "sources": np.round(place.sources.astype(float), 1).tolist(),
        "ofStation": np.round(place.of_station.astype(float), 1).tolist(),
        "forgotten": [bool(each) for each in place.forgotten],
        "told": list(place.told),
        "stations": np.round(place.stations.astype(float), 1).tolist(),
        "extent": _extent(place.sources, place.stations, place.box),
        "box": list(map(float, place.box)),
        "tracks": [_track(trace) for trace in traces],
    }


def section_payload(
    views: Sequence[tuple[str, Sequence[Trace], Array, Array | None, Array | None]],
    *,
    rate: float,
    onset: float,
    told: Sequence[str] = (),
) -> dict[str, Any]:
    """Records of one event at all stations, by distance, for each of some views.

    Args:
        views: name, traces of records (S, T) each, distances (S,) km, and when P and S arrive (S,).
        rate, onset: as in `records_payload`.
        told: a line a view about its event, or none.

    Raises:
        ValueError: for traces of several shapes.
    """
    made = []
    for i, (name, traces, distances, p, s) in enumerate(views):
        count, samples = _shape(traces, 2)
        if len(distances) != count:
            raise ValueError(f"{name}: {count} records but {len(distances)} distances")
        made.append(
            {
                "name": name,
                "told": told[i] if told else "",
                "samples": samples,
                "distances": _rounded(distances),
                "p": [] if p is None else _rounded(p),
                "s": [] if s is None else _rounded(s),
                "tracks": [_track(trace) for trace in traces],
            }
        )
    return {"rate": rate, "onset": onset, "views": made}


def errors_payload(
    maps: Sequence[Errors],
    sources: Array,
    *,
    stations: Array,
    box: Sequence[float] = (),
    most: float,
    unit: str = "s",
) -> dict[str, Any]:
    """Mean error in each cell of a grid over the area, a map a model.

    Args:
        maps: values (N,) each.
        sources: (N, 2) km.
        stations: (K, 2) km.
        box: see `Place`.
        most: what has the strongest colour, and all above it.
        unit: of the errors.

    Raises:
        ValueError: for a map that has not a value for each epicentre.
    """
    west, east, south, north = extent = _extent(sources, stations, box)
    x = np.clip((sources[:, 0] - west) / (east - west) * CELLS, 0, CELLS - 1).astype(int)
    y = np.clip((sources[:, 1] - south) / (north - south) * CELLS, 0, CELLS - 1).astype(int)
    cell = y * CELLS + x
    many = np.bincount(cell, minlength=CELLS**2)
    sent = []
    for each in maps:
        if len(each.values) not in (0, len(sources)):
            raise ValueError(f"{each.label}: {len(each.values)} values, not {len(sources)}")
        cells: list[float | None] = []
        if len(each.values):
            found = np.asarray(each.values, np.float64)
            there = np.isfinite(found)
            known = np.bincount(cell[there], minlength=CELLS**2)
            total = np.bincount(cell[there], found[there], minlength=CELLS**2)
            cells = [round(t / k, 2) if k else None for t, k in zip(total, known, strict=True)]
        sent.append(
            {
                "label": each.label,
                "color": each.color,
                "cells": cells,
                "told": each.told,
                "reason": each.reason,
            }
        )
    return {
        "across": CELLS,
        "records": many.tolist(),
        "extent": extent,
        "stations": np.round(stations.astype(float), 1).tolist(),
        "box": list(map(float, box)),
        "most": float(most),
        "unit": unit,
        "maps": sent,
    }


def _shape(traces: Sequence[Trace], axes: int) -> tuple[int, ...]:
    shapes = {trace.records.shape for trace in traces if trace.records.size}
    if len(shapes) != 1 or any(len(shape) != axes for shape in shapes):
        raise ValueError(f"records of one shape with {axes} axes are wanted, not {sorted(shapes)}")
    return next(iter(shapes))


def _track(trace: Trace) -> dict[str, Any]:
    data, peaks = packed(trace.records) if trace.records.size else ("", [])
    if len(trace.told) not in (0, len(peaks)):
        raise ValueError(f"{trace.label}: {len(trace.told)} lines but {len(peaks)} records")
    return {
        "label": trace.label,
        "color": trace.color,
        "records": data,
        "peaks": peaks,
        "told": list(trace.told),
        "reason": trace.reason,
    }


def _extent(sources: Array, stations: Array, box: Sequence[float]) -> list[float]:
    """A square that holds everything, on tens of km: west, east, south, north."""
    x = [*sources[:, 0], *stations[:, 0], *box[:2]]
    y = [*sources[:, 1], *stations[:, 1], *box[2:]]
    low = [10 * np.floor(min(each) / 10) for each in (x, y)]
    high = [10 * np.ceil(max(each) / 10) for each in (x, y)]
    side = max(10.0, high[0] - low[0], high[1] - low[1])
    return [float(each) for each in (low[0], low[0] + side, low[1], low[1] + side)]


def _rounded(values: Array) -> list[float | None]:
    return [round(float(v), 2) if np.isfinite(v) else None for v in np.asarray(values, float)]
