"""Worst-case recovery: every block, pooled and not, attacked by affine, kernel and MLP maps."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import Knowledge, climb, strongest
    from .maps import Lesson, fit_map
    from .settings import Sight, Strongest
    from .views import Seen, View, observe_together, observe_views
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "Knowledge climb strongest",
            "maps": "Lesson fit_map",
            "settings": "Sight Strongest",
            "views": "Seen View observe_together observe_views",
        },
    )

__all__ = [
    "Knowledge",
    "Lesson",
    "Seen",
    "Sight",
    "Strongest",
    "View",
    "climb",
    "fit_map",
    "observe_together",
    "observe_views",
    "strongest",
]
