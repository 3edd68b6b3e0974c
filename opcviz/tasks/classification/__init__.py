"""Classification: which of C classes a sample belongs to, with a body|head split of the model."""

from .observe import ModelOutputs, Observation, observe, observe_blocks, passes, pooled
from .task import Classification, cross_entropy_of

__all__ = [
    "Classification",
    "ModelOutputs",
    "Observation",
    "cross_entropy_of",
    "observe",
    "observe_blocks",
    "passes",
    "pooled",
]
