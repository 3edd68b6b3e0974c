"""The transfer probe: does what a model computes still serve classes near the forgotten ones?"""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import transfer
    from .downstream import Downstream, downstream_of, nearest
    from .settings import Transfer
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "transfer",
            "downstream": "Downstream downstream_of nearest",
            "settings": "Transfer",
        },
    )

__all__ = ["Downstream", "Transfer", "downstream_of", "nearest", "transfer"]
