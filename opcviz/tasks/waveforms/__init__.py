"""Waveforms: make the record of an earthquake that is asked for."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .task import Waveforms, as_waveform_generator
else:
    __getattr__, __dir__ = face(__name__, {"task": "Waveforms as_waveform_generator"})

__all__ = ["Waveforms", "as_waveform_generator"]
