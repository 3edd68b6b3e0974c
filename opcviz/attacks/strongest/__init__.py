"""Worst-case recovery: every block, pooled and not, attacked by affine, kernel and MLP maps."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import Knowledge, climb, strongest
    from .maps import Lesson, fit_map
    from .settings import Strongest
    from .views import View, observe_views
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "Knowledge climb strongest",
            "maps": "Lesson fit_map",
            "settings": "Strongest",
            "views": "View observe_views",
        },
    )

__all__ = [
    "Knowledge",
    "Lesson",
    "Strongest",
    "View",
    "climb",
    "fit_map",
    "observe_views",
    "strongest",
]
