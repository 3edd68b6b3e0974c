"""Attacks on models that draw: does what was forgotten come back?"""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .doses import Unlearn, dose_map
    from .inversion import invert_concept, invert_reopened
    from .looks import Look, Looks
    from .regrowing import regrow, relearn_pictures
    from .settings import ConceptInversion, DoseMap, FewShotDrawing, Regeneration, Reopening
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "doses": "Unlearn dose_map",
            "inversion": "invert_concept invert_reopened",
            "looks": "Look Looks",
            "regrowing": "regrow relearn_pictures",
            "settings": "ConceptInversion DoseMap FewShotDrawing Regeneration Reopening",
        },
    )

__all__ = [
    "ConceptInversion",
    "DoseMap",
    "FewShotDrawing",
    "Look",
    "Looks",
    "Regeneration",
    "Reopening",
    "Unlearn",
    "dose_map",
    "invert_concept",
    "invert_reopened",
    "regrow",
    "relearn_pictures",
]
