"""Relearning: how fast forgotten data come back when training goes on."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import relearn
    from .settings import Relearning
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "relearn",
            "settings": "Relearning",
        },
    )

__all__ = ["Relearning", "relearn"]
