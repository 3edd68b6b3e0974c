"""Classification: which of C classes a sample belongs to, with a body|head split of the model."""

from .observe import (
    ModelOutputs,
    Observation,
    Room,
    answers,
    observe,
    observe_blocks,
    passes,
    pooled,
    room_of,
)
from .task import Classification, cross_entropy_of, exact_cross_entropy

__all__ = [
    "Classification",
    "ModelOutputs",
    "Observation",
    "Room",
    "answers",
    "cross_entropy_of",
    "exact_cross_entropy",
    "observe",
    "observe_blocks",
    "passes",
    "pooled",
    "room_of",
]
