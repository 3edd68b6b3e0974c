"""Measures of records of earthquakes: arrivals, amplitudes, spectra, and how much was forgotten.

All of them are numpy's alone: the screen may ask them, too.
"""

from .forgetting import forgetting_index, word_of
from .picking import pick_p, pick_s
from .scores import RecordErrors, baselines, errors_of, scores
from .spectrum import BANDS, fourier_levels, response, smooth_envelope, spectrogram

__all__ = [
    "BANDS",
    "RecordErrors",
    "baselines",
    "errors_of",
    "forgetting_index",
    "fourier_levels",
    "pick_p",
    "pick_s",
    "response",
    "scores",
    "smooth_envelope",
    "spectrogram",
    "word_of",
]
