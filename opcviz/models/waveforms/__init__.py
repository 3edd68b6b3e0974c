"""Models of earthquakes' records: an autoencoder of log-spectrograms, and diffusion in its code."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .codec import Codec
    from .generator import WAVEFORM_GENERATORS, WaveformGenerator, build_waveform_generator
    from .spectrogram import Spectrogram
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "codec": "Codec",
            "generator": "WAVEFORM_GENERATORS WaveformGenerator build_waveform_generator",
            "spectrogram": "Spectrogram",
        },
    )

__all__ = [
    "WAVEFORM_GENERATORS",
    "Codec",
    "Spectrogram",
    "WaveformGenerator",
    "build_waveform_generator",
]
