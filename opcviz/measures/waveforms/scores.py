"""How records that were made agree with held-out ones of the same conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...results import ArrivalBaseline, WaveformScores
from .picking import pick_p, pick_s
from .spectrum import BANDS, fourier_levels, response, smooth_envelope

__all__ = ["RecordErrors", "baselines", "errors_of", "scores"]

TINY = 1e-12


@dataclass(frozen=True, eq=False)
class RecordErrors:
    """Of each of N records: what was made against what was held out.

    Attributes:
        p_shift, s_shift: (N,) the pick less the true arrival, s.
        pga: (N,) log10 residual of the peak ground acceleration.
        envelope: (N,) correlation of the smoothed envelopes.
        spectrum: (N, bands) log10 residuals of the Fourier amplitude.
        response: (N,) log10 residual of the response spectrum.
    """

    p_shift: np.ndarray
    s_shift: np.ndarray
    pga: np.ndarray
    envelope: np.ndarray
    spectrum: np.ndarray
    response: np.ndarray


def errors_of(
    made: np.ndarray,
    held_out: np.ndarray,
    arrivals: tuple[np.ndarray, np.ndarray],
    rate: float,
    onset: float,
) -> RecordErrors:
    """Compare records one by one.

    Args:
        made, held_out: (N, T) of the same conditions.
        arrivals: true P and S, (N,) s after the origin time.
        rate: samples a second.
        onset: s from the first sample to the origin time.
    """
    ours, theirs = smooth_envelope(made, rate), smooth_envelope(held_out, rate)
    ours, theirs = (each - each.mean(1, keepdims=True) for each in (ours, theirs))
    lengths = np.sqrt((ours**2).sum(1) * (theirs**2).sum(1)) + TINY
    return RecordErrors(
        p_shift=pick_p(made, rate, onset) - arrivals[0],
        s_shift=pick_s(made, rate, onset) - arrivals[1],
        pga=_residual(np.abs(made).max(1), np.abs(held_out).max(1)),
        envelope=(ours * theirs).sum(1) / lengths,
        spectrum=fourier_levels(made, rate) - fourier_levels(held_out, rate),
        response=_residual(response(made, rate), response(held_out, rate)),
    )


def _residual(made: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.log10((made.astype(np.float64) + TINY) / (held_out + TINY))
    return found


def scores(errors: RecordErrors, which: np.ndarray | None = None) -> WaveformScores:
    """Means over records, or over those for which `which` (N,) is true; at least one."""
    which = np.ones(len(errors.pga), bool) if which is None else which
    p, s, pga = errors.p_shift[which], errors.s_shift[which], errors.pga[which]
    swing, spectrum = errors.response[which], errors.spectrum[which].mean(0)
    return WaveformScores(
        p_error=float(np.abs(p).mean()),
        s_error=float(np.abs(s).mean()),
        p_bias=float(p.mean()),
        s_bias=float(s.mean()),
        pga_bias=float(pga.mean()),
        pga_deviation=float(pga.std()),
        envelope=float(errors.envelope[which].mean()),
        spectrum={
            f"{low:g}–{high:g}": float(each)
            for (low, high), each in zip(BANDS, spectrum, strict=True)
        },
        response_bias=float(swing.mean()),
        response_deviation=float(swing.std()),
        records=int(which.sum()),
    )


def baselines(
    retained: tuple[np.ndarray, np.ndarray],
    asked: tuple[np.ndarray, np.ndarray],
    forgotten: np.ndarray,
) -> dict[str, ArrivalBaseline]:
    """What somebody says of S who has the retained records and no model.

    Args:
        retained: conditions (R, 6) and true S (R,) of the retained train records.
        asked: the same of the records to be measured.
        forgotten: (N,) bool, which of these are forgotten.
    """
    away, at = _distance(retained[0]), retained[1]
    slope, start = np.polyfit(away, at, 1)

    def curve(conditions: np.ndarray) -> np.ndarray:
        found: np.ndarray = start + slope * _distance(conditions)
        return found

    def nearest(conditions: np.ndarray) -> np.ndarray:
        places = retained[0][:, [0, 1, 2, 4, 5]]
        chosen = [
            int(((places - each) ** 2).sum(1).argmin()) for each in conditions[:, [0, 1, 2, 4, 5]]
        ]
        found: np.ndarray = at[chosen]
        return found

    def judged(guess: Callable[[np.ndarray], np.ndarray]) -> ArrivalBaseline:
        error = np.abs(guess(asked[0]) - asked[1])
        return ArrivalBaseline(float(error[forgotten].mean()), float(error[~forgotten].mean()))

    return {"one curve": judged(curve), "nearest record": judged(nearest)}


def _distance(conditions: np.ndarray) -> np.ndarray:
    """(N,) km from source to station."""
    gap = conditions[:, :2] - conditions[:, 4:6]
    found: np.ndarray = np.sqrt((gap**2).sum(1) + conditions[:, 2] ** 2)
    return found
