"""Classification: which of C classes a sample belongs to, with a body|head split of the model."""

from .observe import (
    LARGE_BATCH,
    ModelOutputs,
    Observation,
    Room,
    answers,
    observe,
    observe_blocks,
    passes,
    pooled,
    quickly,
    room_of,
)
from .task import Classification, cross_entropy_of, exact_cross_entropy

__all__ = [
    "LARGE_BATCH",
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
    "quickly",
    "room_of",
]
