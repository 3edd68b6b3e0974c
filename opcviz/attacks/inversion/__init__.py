"""Inversion: a picture from the gradient it leaves, or from what a block makes of it."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import invert
    from .copies import flushed_denormals, frozen_copy
    from .examination import examine
    from .live import LiveInversion, Rebuilt, too_large
    from .scores import class_mean_scores
    from .settings import Inversion
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "invert",
            "copies": "flushed_denormals frozen_copy",
            "examination": "examine",
            "live": "LiveInversion Rebuilt too_large",
            "scores": "class_mean_scores",
            "settings": "Inversion",
        },
    )

__all__ = [
    "Inversion",
    "LiveInversion",
    "Rebuilt",
    "class_mean_scores",
    "examine",
    "flushed_denormals",
    "frozen_copy",
    "invert",
    "too_large",
]
