"""Attacks on models that draw: does what was forgotten come back?"""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .doses import Unlearn, dose_map
    from .inversion import invert_concept
    from .looks import Look, Looks
    from .regrowing import regrow, relearn_pictures
    from .settings import ConceptInversion, DoseMap, FewShotDrawing, Regeneration
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "doses": "Unlearn dose_map",
            "inversion": "invert_concept",
            "looks": "Look Looks",
            "regrowing": "regrow relearn_pictures",
            "settings": "ConceptInversion DoseMap FewShotDrawing Regeneration",
        },
    )

__all__ = [
    "ConceptInversion",
    "DoseMap",
    "FewShotDrawing",
    "Look",
    "Looks",
    "Regeneration",
    "Unlearn",
    "dose_map",
    "invert_concept",
    "regrow",
    "relearn_pictures",
]
