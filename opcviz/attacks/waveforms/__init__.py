"""Attacks on models that make records of earthquakes."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .regrowing import train_on_retained
    from .settings import WaveformDimra
else:
    __getattr__, __dir__ = face(
        __name__, {"regrowing": "train_on_retained", "settings": "WaveformDimra"}
    )

__all__ = ["WaveformDimra", "train_on_retained"]
