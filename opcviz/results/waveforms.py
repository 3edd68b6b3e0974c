"""Results about models that make seismograms: what they know of a place, and what brings it back.

A model is asked for the ground motion of an earthquake (epicentre, depth, magnitude) at a station,
and its record is compared with the held-out one of the same condition. Residuals are logarithms to
base 10, made over held out; times are in seconds. For forgetting, no error is right or wrong by
itself: what is wanted is the error of the model that never saw the forgotten records.

Beside the results of the kind `waveforms` lies `waveforms.npz` (R records shown, the forgotten
ones first; N records measured; S stations; T samples):

    made (R, T) float16 cm/s², section (2, S, T) float16, and by measured record
    p_shift, s_shift (N,) float16 s, pga (N,) float16 log10 residual, envelope (N,) float16

and, beside the original's alone, `conditions.npz`, which all models of a seed share:

    conditions (N, 6) float32 (see `CONDITIONS`), forgotten (N,) bool,
    p, s (N,) float32 s after the origin time, shown (R,) int64 positions among the N,
    held_out, another (R, T) float16 (another simulation of the same source; own data have none),
    section_conditions (2, S, 6): an event that is forgotten and one that is kept at all stations,
    nearest first, section_p, section_s (2, S) s, section_held_out (2, S, T) float16,
    stations (K, 2) km, rate () Hz, onset () s from the first sample to the origin time

where `section_held_out`, `section_p` and `section_s` are there for simulated data alone. Beside
those of the kind `waveform_dimra` lies `regrown.npz` with `section` (S, T) float16: the forgotten
event after the last step of the attack.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..common.records import Record, Undefined, defined

__all__ = [
    "CONDITIONS",
    "FORGOTTEN_WORDS",
    "ArrivalBaseline",
    "ForgettingIndex",
    "ForgettingResult",
    "ForgettingWord",
    "PickerScores",
    "WaveformRegrowth",
    "WaveformRegrowthResult",
    "WaveformResult",
    "WaveformScores",
]

CONDITIONS = ("source_x", "source_y", "depth", "magnitude", "station_x", "station_y")
"""What a model is asked for, in this order: km, but for the magnitude."""

ForgettingWord = Literal["knows", "partly", "as retrained", "beyond retrained", "over-forgotten"]

FORGOTTEN_WORDS: Mapping[ForgettingWord, str] = {
    "knows": "F to 0.3: its error is hardly more than the original's",
    "partly": "F above 0.3, to 0.7: some of the way to the retrained model's error",
    "as retrained": "F above 0.7, to 1.4: it errs as the model that never saw the records",
    "beyond retrained": "F above 1.4, to 2: it errs more than the model that never saw them",
    "over-forgotten": "F above 2: its error grew more than twice as much as the retrained model's",
}


@dataclass(frozen=True)
class WaveformScores(Record):
    """How records that were made agree with the held-out ones of the same conditions.

    Attributes:
        p_error, s_error: mean absolute error of the arrival that is picked, s.
        p_bias, s_bias: mean of the same with its sign: below 0 is too early.
        pga_bias, pga_deviation: mean and standard deviation of the residual of the peak ground
            acceleration, log10.
        envelope: mean correlation of the envelopes, smoothed over 1 s.
        spectrum: mean residual of the Fourier amplitude, log10, by band in Hz, as `0.5–1`.
        response_bias, response_deviation: of the response spectrum at 0.5 s and 5 % damping, log10.
        records: how many.
    """

    p_error: float
    s_error: float
    p_bias: float
    s_bias: float
    pga_bias: float
    pga_deviation: float
    envelope: float
    spectrum: Mapping[str, float]
    response_bias: float
    response_deviation: float
    records: int


@dataclass(frozen=True)
class PickerScores(Record):
    """How far the pickers can be trusted: their mean absolute error on the held-out records, s."""

    p_error: float
    s_error: float
    records: int


@dataclass(frozen=True)
class ArrivalBaseline(Record):
    """Somebody who knows no more than the retained records, and uses no model that makes records.

    Attributes:
        forgotten, retained: mean absolute error of S, s.
    """

    forgotten: float
    retained: float


@dataclass(frozen=True)
class WaveformResult(Record):
    """What a model makes of the conditions of held-out records.

    Attributes:
        forgotten, retained, everywhere: by where the conditions lie; `everywhere` is all of them.
        codec_forgotten, codec_retained: of the held-out records themselves, sent through the
            model's own autoencoder: what the rest of the model cannot be blamed for.
        floor_forgotten, floor_retained: of another simulation of the same sources, the least that
            any model can reach; own data have none.
        picker: of the pickers against the true arrivals; own data have no truth.
        baselines: by name: `one curve` asks a line of arrival time against distance fitted to the
            retained records; `nearest record` gives the arrival of the nearest retained record.
        truth: of arrivals: `simulated` where they are known, else `picked` from held-out records.
        simulated: whether the records are a simulator's.
        steps: of the sampler.
    """

    forgotten: WaveformScores
    retained: WaveformScores
    everywhere: WaveformScores
    codec_forgotten: WaveformScores
    codec_retained: WaveformScores
    floor_forgotten: WaveformScores | Undefined
    floor_retained: WaveformScores | Undefined
    picker: PickerScores | Undefined
    baselines: Mapping[str, ArrivalBaseline]
    truth: Literal["simulated", "picked"]
    simulated: bool
    steps: int


@dataclass(frozen=True)
class ForgettingIndex(Record):
    """F = (model − original) / (retrained − original) of one measure in the forgotten part.

    Attributes:
        original, retrained, model: the measure itself.
        index: F: 0 knows what the original does, 1 errs as the retrained model does, above 2 is
            over-forgotten. Not there where original and retrained hardly differ.
        low, high: 95 % interval of F over the measured records (bootstrap).
        word: see `FORGOTTEN_WORDS`; by the index.
    """

    original: float
    retrained: float
    model: float
    index: float | Undefined
    low: float | Undefined
    high: float | Undefined
    word: ForgettingWord | Undefined


@dataclass(frozen=True)
class ForgettingResult(Record):
    """How much was forgotten, by several measures; no one of them is the truth.

    Attributes:
        s_error: of the absolute error of S: the headline.
        p_error: of the absolute error of P.
        envelope: of the correlation of the envelopes.
        pga: of the absolute residual of the peak ground acceleration, log10: too weak and too
            strong count alike.
        s_retained: mean absolute error of S elsewhere, of the model and of the retrained one: what
            forgetting cost.
        s_retained_retrained: the latter.
    """

    s_error: ForgettingIndex
    p_error: ForgettingIndex
    envelope: ForgettingIndex
    pga: ForgettingIndex
    s_retained: float
    s_retained_retrained: float

    @property
    def measures(self) -> Mapping[str, ForgettingIndex]:
        """F by the name of its measure, the headline first."""
        return {
            "S arrival": self.s_error,
            "P arrival": self.p_error,
            "envelope": self.envelope,
            "peak acceleration": self.pga,
        }

    @property
    def worst(self) -> tuple[str, ForgettingIndex] | None:
        """The measure with the greatest F: who looks at that one sees the most; None without any.

        A model that errs by one measure as the retrained one does may be far from it by another.
        """
        known = {name: each for name, each in self.measures.items() if defined(each.index)}
        if not known:
            return None
        name = max(known, key=lambda each: _value(known[each]))
        return name, known[name]


@dataclass(frozen=True)
class WaveformRegrowth(Record):
    """What a model makes after some steps of an attack.

    Attributes:
        steps: of the attack; 0 before it.
        s_error, envelope: on forgotten conditions, as in `WaveformScores`.
        s_retained, envelope_retained: on the others.
        index: F of `s_error`, see `ForgettingIndex`; original and retrained are those before any
            attack.
        low, high: its 95 % interval over the measured records (bootstrap).
    """

    steps: int
    s_error: float
    envelope: float
    s_retained: float
    envelope_retained: float
    index: float | Undefined
    low: float | Undefined | None = None
    high: float | Undefined | None = None


@dataclass(frozen=True)
class WaveformRegrowthResult(Record):
    """The DiMRA curve: training on with retained records only.

    Attributes:
        curve: by steps of the attack.
        records: measured at each point, of the forgotten part; as many of the other.
        reason: why the curve is not whole, if it is not.
    """

    curve: tuple[WaveformRegrowth, ...]
    records: int
    reason: str | None = None

    @property
    def nearest(self) -> WaveformRegrowth:
        """The point with the least error in the forgotten part: attackers stop there."""
        return min(self.curve, key=lambda point: point.s_error)

    @property
    def least(self) -> WaveformRegrowth | None:
        """The point with the least F after at least one step; None without any."""
        known = [point for point in self.after if defined(point.index)]
        return min(known, key=_value, default=None)

    @property
    def after(self) -> tuple[WaveformRegrowth, ...]:
        """The points after at least one step, which alone are the attack's doing."""
        return tuple(point for point in self.curve if point.steps)


def _value(found: ForgettingIndex | WaveformRegrowth) -> float:
    return found.index if defined(found.index) else -math.inf
