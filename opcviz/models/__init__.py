"""Architectures, the body|head split, and safe checkpoint files."""

from typing import TYPE_CHECKING

from ..common.lazy import face

if TYPE_CHECKING:
    from .architectures import build_network
    from .checkpoint import CheckpointError, load_weights, save_weights
    from .classifier import Activations, Classifier, build_classifier
    from .settings import Architecture, list_architectures
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "architectures": "build_network",
            "checkpoint": "CheckpointError load_weights save_weights",
            "classifier": "Activations Classifier build_classifier",
            "settings": "Architecture list_architectures",
        },
    )

__all__ = [
    "Activations",
    "Architecture",
    "CheckpointError",
    "Classifier",
    "build_classifier",
    "build_network",
    "list_architectures",
    "load_weights",
    "save_weights",
]
