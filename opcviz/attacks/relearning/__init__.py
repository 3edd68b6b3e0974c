"""Relearning: how fast forgotten data come back when training goes on."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import relearn
    from .settings import Relearning, StrongestRelearning
    from .strongest import reinitialise, relearn_strongest
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "relearn",
            "settings": "Relearning StrongestRelearning",
            "strongest": "reinitialise relearn_strongest",
        },
    )

__all__ = ["Relearning", "StrongestRelearning", "reinitialise", "relearn", "relearn_strongest"]
