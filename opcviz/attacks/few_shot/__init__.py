"""Few-shot recovery: what a handful of pictures of each forgotten class is enough for."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import few_shot
    from .maps import Whitened
    from .settings import FewShot
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "few_shot",
            "maps": "Whitened",
            "settings": "FewShot",
        },
    )

__all__ = ["FewShot", "Whitened", "few_shot"]
