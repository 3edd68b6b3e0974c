"""Recovery in closed form: affine maps from what is left to what was there."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import ThreatModel, recover
    from .each_sample import Restored, restored_answers
    from .live import LiveRecovery
    from .settings import Recovery
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "ThreatModel recover",
            "each_sample": "Restored restored_answers",
            "live": "LiveRecovery",
            "settings": "Recovery",
        },
    )

__all__ = [
    "LiveRecovery",
    "Recovery",
    "Restored",
    "ThreatModel",
    "recover",
    "restored_answers",
]
