"""Architectures, the body|head split, and safe checkpoint files."""

from typing import TYPE_CHECKING

from ..common.lazy import face

if TYPE_CHECKING:
    from .architectures import build_network
    from .body_head import Activations, BlockNet, BodyHead, as_body_head
    from .checkpoint import CheckpointError, load_weights, save_weights
    from .classifier import Classifier, build_classifier, wrap_network
    from .own import register_network
    from .settings import Architecture, list_architectures
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "architectures": "build_network",
            "body_head": "Activations BlockNet BodyHead as_body_head",
            "checkpoint": "CheckpointError load_weights save_weights",
            "classifier": "Classifier build_classifier wrap_network",
            "own": "register_network",
            "settings": "Architecture list_architectures",
        },
    )

__all__ = [
    "Activations",
    "Architecture",
    "BlockNet",
    "BodyHead",
    "CheckpointError",
    "Classifier",
    "as_body_head",
    "build_classifier",
    "build_network",
    "list_architectures",
    "load_weights",
    "register_network",
    "save_weights",
    "wrap_network",
]
