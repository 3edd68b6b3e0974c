"""Recovery in closed form: affine maps from what is left to what was there."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import ThreatModel, recover
    from .live import LiveRecovery
    from .settings import Recovery
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "ThreatModel recover",
            "live": "LiveRecovery",
            "settings": "Recovery",
        },
    )

__all__ = ["LiveRecovery", "Recovery", "ThreatModel", "recover"]
