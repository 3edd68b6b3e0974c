"""A person's own records: one .npz of arrays, or a .csv beside miniSEED files.

Every record is brought to the form of the simulated ones: one component, a straight line taken off,
20 samples a second, 38.4 s from 2 s before the origin time. Amplitudes stay as they are; cm/s² are
what the screen says they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from ...common.untrusted import LIMITS, Limits
from ..base import DataError
from ..npy import read_npz
from . import simulator
from .records import Earthquakes

__all__ = ["FEWEST", "Recorded", "assembled_records", "read_records"]

FORM = (
    "An .npz of records holds waveforms (N, T) or (N, components, T), of which the first is taken, "
    "rate (Hz), onset (s from the first sample to the origin time), epicentre and station (N, 2) "
    "as longitude and latitude, depth (km) and magnitude (N,); `unit` = 'km' says that places are "
    "in km, test (N,) which records are held out, all of an event or none"
)
REQUIRED = ("waveforms", "rate", "onset", "epicentre", "station", "depth", "magnitude")
FEWEST = 40  # records, so that both splits have some
HELD_OUT = 0.15  # share of the records at most, where nobody says which
KM_A_DEGREE = 111.195
RATES = (1.0, 1000.0)  # Hz
UNITS = ("degrees", "km")  # of places
LARGEST = 1e15  # of a value: 1 g is 1e10 nm/s², and squares must fit into float32
MOST_MISSING = 0.5  # share of the window that a record may lack: it is filled with silence
RANGES = {"depth": (-10.0, 800.0), "magnitude": (-3.0, 10.0)}
FARTHEST = 2000.0  # km between any two places: beyond it the plane that they are put on is none


@dataclass(frozen=True, eq=False)
class Recorded:
    """One record as it was brought.

    Attributes:
        samples: (T,) of one component.
        rate: samples a second.
        onset: s from its first sample to the origin time; below 0 where it begins later.
    """

    samples: np.ndarray
    rate: float
    onset: float


def read_records(path: Path, limits: Limits = LIMITS) -> Earthquakes:
    """Read records and conditions; the file may come from anybody.

    Raises:
        DataError: naming the file, the array or the row, and what is wrong with it.
    """
    if path.suffix.lower() == ".csv":
        from .miniseed import read_table_of_records

        return read_table_of_records(path, limits)
    arrays, held = read_npz(path, (*REQUIRED, "unit", "test"), limits)
    if missing := [name for name in REQUIRED if name not in arrays]:
        has = ", ".join(name[:40] for name in held[:8]) or "nothing"
        raise DataError(f"{path} has no {', '.join(missing)}; it has {has}. {FORM}")
    waveforms = arrays["waveforms"]
    if waveforms.ndim == 3:
        waveforms = waveforms[:, 0] if waveforms.shape[1] else waveforms.reshape(0, 0)
    if waveforms.ndim != 2 or waveforms.dtype.kind not in "fiu":
        raise DataError(
            f"{path}, array 'waveforms': {arrays['waveforms'].dtype} of shape "
            f"{arrays['waveforms'].shape}; wants numbers (N, T) or (N, components, T)"
        )
    count = len(waveforms)
    if count > limits.max_samples:
        raise DataError(f"{path}: {count:,} records, and at most {limits.max_samples:,} are read")
    rate = _numbers(arrays["rate"], (), path, "rate").item()
    onsets = arrays["onset"]
    onsets = _numbers(onsets, () if onsets.ndim == 0 else (count,), path, "onset")
    places = [_numbers(arrays[name], (count, 2), path, name) for name in ("epicentre", "station")]
    depth, magnitude = (
        _numbers(arrays[name], (count,), path, name) for name in ("depth", "magnitude")
    )
    test = None
    if "test" in arrays:
        test = arrays["test"]
        if test.shape != (count,) or test.dtype != bool:
            raise DataError(f"{path}, array 'test': wants {count} truth values, one a record")
    kilometres = "unit" in arrays and _unit(arrays["unit"], path) == "km"
    records = [
        Recorded(each, rate, float(onset))
        for each, onset in zip(waveforms, np.broadcast_to(onsets, count), strict=True)
    ]
    conditions = np.column_stack([places[0], depth, magnitude, places[1]])
    return assembled_records(str(path), path.stem, records, conditions, kilometres, test)


def _unit(values: np.ndarray, path: Path) -> str:
    """One of `UNITS`, as text or bytes, in any case."""
    told = values.item() if values.size == 1 else values.tolist()
    unit = (told.decode("latin-1") if isinstance(told, bytes) else str(told)).strip().lower()
    if unit not in UNITS:
        raise DataError(f"{path}, array 'unit': {unit[:40]!r}; wants 'degrees' or 'km'")
    return unit


def _numbers(values: np.ndarray, shape: tuple[int, ...], path: Path, name: str) -> np.ndarray:
    if values.dtype.kind not in "fiu" or values.shape != shape:
        wants = f"shape {shape}" if shape else "one number"
        raise DataError(
            f"{path}, array '{name}': {values.dtype} of shape {values.shape}; wants numbers, "
            f"{wants}"
        )
    return values.astype(np.float64)


def assembled_records(
    where: str,
    name: str,
    records: Sequence[Recorded],
    conditions: np.ndarray,
    kilometres: bool,
    test: np.ndarray | None = None,
    origins: np.ndarray | None = None,
) -> Earthquakes:
    """A data set of records and their conditions.

    Records of one event, which share epicentre, depth and magnitude, and the origin time where it
    is known, are held out together: of a model that saw an event at other stations nobody could
    tell whether it knows the region or remembers the event.

    Args:
        where: what they were read from, for messages.
        name: of the data set.
        records: as they were brought.
        conditions: (N, 6) with places as longitude and latitude.
        kilometres: whether places are in km already.
        test: (N,) bool, which are held out; None for a fixed draw of events.
        origins: (N,) origin times in s, from whenever; None where they are not known.

    Raises:
        DataError: for too few, for a record or a condition that cannot be used, for a `test` that
            holds out a part of an event, and where there is one event only.
    """
    if len(records) < FEWEST:
        raise DataError(f"{where} holds {len(records)} records; give at least {FEWEST}")
    placed = _placed(where, conditions, kilometres)
    made = np.stack([_windowed(where, i, each) for i, each in enumerate(records)])
    event = _events(conditions, origins)
    if test is None:
        test = _drawn(where, event)
    if test.all() or not test.any():
        raise DataError(f"{where}: hold out some records and not all; 'test' does one of the two")
    if (both := np.intersect1d(event[test], event[~test])).size:
        out, kept = (int(((event == both[0]) & part).argmax()) for part in (test, ~test))
        raise DataError(
            f"{where}: records {out} and {kept} are of one event, and 'test' holds out the first "
            "alone; hold out all records of an event or none"
        )
    x = torch.from_numpy(made.astype(np.float32))[:, None]
    y, held = torch.from_numpy(placed.astype(np.float32)), torch.from_numpy(test)
    return Earthquakes(name, x[~held], y[~held], x[held], y[held])


def _events(conditions: np.ndarray, origins: np.ndarray | None) -> np.ndarray:
    """(N,) number of each record's event, in the order in which events come."""
    known = conditions[:, :4] if origins is None else np.column_stack([conditions[:, :4], origins])
    numbers: dict[tuple[float, ...], int] = {}
    return np.array([numbers.setdefault(tuple(each), len(numbers)) for each in known.tolist()])


def _drawn(where: str, event: np.ndarray) -> np.ndarray:
    """(N,) bool: whole events, as many as fit into the share; the smallest if none does."""
    sizes = np.bincount(event)
    if len(sizes) < 2:
        raise DataError(
            f"{where}: all records are of one event, so that none can be held out; give others too"
        )
    wanted, chosen, held = max(1, round(HELD_OUT * len(event))), [], 0
    for each in np.random.RandomState(0).permutation(len(sizes)):
        if held + sizes[each] <= wanted:
            chosen.append(each)
            held += sizes[each]
    found: np.ndarray = np.isin(event, chosen or [sizes.argmin()])
    return found


def _placed(where: str, conditions: np.ndarray, kilometres: bool) -> np.ndarray:
    """Conditions in km, from the south-western corner of all places."""
    bad = ~np.isfinite(conditions).all(1)
    if bad.any():
        raise DataError(f"{where}: the condition of record {int(bad.argmax())} is no number")
    for column, name in ((2, "depth"), (3, "magnitude")):
        low, high = RANGES[name]
        outside = (conditions[:, column] < low) | (conditions[:, column] > high)
        if outside.any():
            at = int(outside.argmax())
            raise DataError(
                f"{where}: record {at} has {name} {conditions[at, column]:g}; wants {low:g} to "
                f"{high:g}"
            )
    found = conditions.astype(np.float64)
    east, north = [0, 4], [1, 5]
    if not kilometres:
        degrees = np.abs(conditions[:, east]).max() <= 360 and np.abs(found[:, north]).max() <= 90
        if not degrees:
            raise DataError(
                f"{where}: places are no longitudes and latitudes in degrees; if they are in km, "
                "say so with unit = 'km'"
            )
        # counted from the middle, not from Greenwich: the date line may lie between places
        around = np.exp(1j * np.radians(found[:, east])).mean()
        found[:, east] = (found[:, east] - math.degrees(np.angle(around)) + 180) % 360 - 180
        middle = math.radians(float(found[:, north].mean()))
        found[:, east] *= KM_A_DEGREE * math.cos(middle)
        found[:, north] *= KM_A_DEGREE
    for axis in (east, north):
        found[:, axis] -= found[:, axis].min()
        if (most := found[:, axis].max()) > FARTHEST:
            raise DataError(
                f"{where}: places lie up to {most:,.0f} km apart, and at most {FARTHEST:,.0f} "
                "fit on one plane; take a smaller area"
            )
    return found


def _windowed(where: str, number: int, record: Recorded) -> np.ndarray:
    """(SAMPLES,) of a record, detrended, at `simulator.RATE`, from ONSET before the origin time."""
    from scipy.signal import detrend, resample_poly

    x = np.asarray(record.samples, np.float64)
    told = f"{where}, record {number}"
    if not RATES[0] <= record.rate <= RATES[1] or not math.isfinite(record.onset):
        raise DataError(
            f"{told}: {record.rate:g} samples a second, {record.onset:g} s before the origin time; "
            f"wants {RATES[0]:g} to {RATES[1]:,g} a second, and a time that is a number"
        )
    if not np.isfinite(x).all():
        raise DataError(f"{told} holds NaN or infinite values, first at {_first_bad(x)}")
    if (most := np.abs(x).max(initial=0)) > LARGEST:
        raise DataError(f"{told} has a value of {most:.3g}, and at most {LARGEST:g} are read")
    if len(x) < 2 or not np.any(x != x[0]):
        raise DataError(f"{told} is a straight line; leave out records of dead channels")
    ratio = Fraction(simulator.RATE / record.rate).limit_denominator(1000)
    x = resample_poly(detrend(x), ratio.numerator, ratio.denominator)
    first = round((record.onset - simulator.ONSET) * simulator.RATE)  # of the window, in x
    made = np.zeros(simulator.SAMPLES)
    low, high = max(first, 0), min(first + simulator.SAMPLES, len(x))
    if high - low < (1 - MOST_MISSING) * simulator.SAMPLES:
        lasts = simulator.SAMPLES / simulator.RATE
        raise DataError(
            f"{told} has {max(high - low, 0) / simulator.RATE:.1f} s of the {lasts:g} s from "
            f"{simulator.ONSET:g} s before the origin time; cut it around the event"
        )
    made[low - first : high - first] = x[low:high]
    return made


def _first_bad(x: np.ndarray) -> int:
    return int((~np.isfinite(x)).argmax())
