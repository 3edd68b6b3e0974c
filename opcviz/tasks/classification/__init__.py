"""Classification: which of C classes a sample belongs to, with a body|head split of the model."""

from .observe import ModelOutputs, Observation, observe, observe_blocks, passes, pooled
from .task import Classification, cross_entropy_of, exact_cross_entropy

__all__ = [
    "Classification",
    "ModelOutputs",
    "Observation",
    "cross_entropy_of",
    "exact_cross_entropy",
    "observe",
    "observe_blocks",
    "passes",
    "pooled",
]
