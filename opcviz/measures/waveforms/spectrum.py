"""Amplitudes of records: envelope, Fourier spectrum, response spectrum, spectrogram."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["BANDS", "fourier_levels", "response", "smooth_envelope", "spectrogram"]

BANDS = ((0.5, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 8.0))
"""Of the Fourier amplitude, Hz."""
PERIOD, DAMPING = 0.5, 0.05  # s and share of the critical damping, of the response spectrum
WINDOW, HOP = 32, 8  # samples of a spectrogram that is looked at


def smooth_envelope(records: np.ndarray, rate: float) -> np.ndarray:
    """Mean of the absolute value over one second around each sample, (N, T)."""
    width = max(1, round(rate))
    total = np.cumsum(np.pad(np.abs(np.asarray(records, np.float64)), ((0, 0), (1, 0))), axis=1)
    at = np.arange(total.shape[1] - 1)
    low = np.maximum(at - width // 2, 0)
    high = np.minimum(at + width - width // 2, total.shape[1] - 1)
    found: np.ndarray = (total[:, high] - total[:, low]) / (high - low)
    return found


def fourier_levels(records: np.ndarray, rate: float) -> np.ndarray:
    """log10 of the rms Fourier amplitude in each of `BANDS`, (N, bands), cm/s."""
    x = np.asarray(records, np.float64)
    power = np.abs(np.fft.rfft(x, axis=1) / rate) ** 2
    f = np.fft.rfftfreq(x.shape[1], 1 / rate)
    levels = [power[:, (f >= low) & (f < high)].mean(1) for low, high in BANDS]
    found: np.ndarray = 0.5 * np.log10(np.stack(levels, 1) + 1e-30)
    return found


def response(
    records: np.ndarray, rate: float, period: float = PERIOD, damping: float = DAMPING
) -> np.ndarray:
    """Pseudo-spectral acceleration, (N,) cm/s²: ω² times the greatest swing of an oscillator.

    The oscillator u'' + 2ζω u' + ω² u = −a is solved by its transfer function; records are followed
    by as much silence, so that the end does not run into the beginning.

    Args:
        records: (N, T) ground acceleration.
        rate: samples a second.
        period: of the oscillator without damping, s.
        damping: ζ.
    """
    x = np.asarray(records, np.float64)
    length = 2 * x.shape[1]
    omega = 2 * math.pi * np.fft.rfftfreq(length, 1 / rate)
    own = 2 * math.pi / period
    transfer = -1 / (own**2 - omega**2 + 2j * damping * own * omega)
    swing = np.fft.irfft(np.fft.rfft(x, length, axis=1) * transfer, length, axis=1)
    found: np.ndarray = own**2 * np.abs(swing).max(1)
    return found


def spectrogram(record: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A record's log10 amplitude over time and frequency, to be looked at.

    Args:
        record: (T,).
        rate: samples a second.

    Returns:
        Times (frames,) in s from the first sample, frequencies (F,) in Hz, and (F, frames).
    """
    x = np.pad(np.asarray(record, np.float64), WINDOW // 2)
    starts = np.arange(0, len(x) - WINDOW + 1, HOP)
    pieces = x[starts[:, None] + np.arange(WINDOW)] * np.hanning(WINDOW + 1)[:-1]
    levels = np.log10(np.abs(np.fft.rfft(pieces, axis=1)) + 1e-4)
    return starts / rate, np.fft.rfftfreq(WINDOW, 1 / rate), levels.T
